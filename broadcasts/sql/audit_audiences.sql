-- Recounts the contacts of the standing audiences of one team, or of all.
-- Parameters: team_id (null: all). Returns, per audience whose counters are wrong: name, the four counters, the four
-- counts (subscribed, unsubscribed, bounced, complained).
-- Reads every contact of the team once: an operator's question, not a page's.
SELECT audience.name,
       audience.subscribed, audience.unsubscribed, audience.bounced, audience.complained,
       counted.subscribed, counted.unsubscribed, counted.bounced, counted.complained
FROM audiences_audience AS audience
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE status = 0) AS subscribed,
           count(*) FILTER (WHERE status = 1) AS unsubscribed,
           count(*) FILTER (WHERE status = 2) AS bounced,
           count(*) FILTER (WHERE status = 3) AS complained
    FROM contacts_contact
    WHERE audience_id = audience.id
) AS counted
WHERE audience.deleted_at IS NULL
  AND (%(team_id)s::bigint IS NULL OR audience.team_id = %(team_id)s)
  AND (audience.subscribed, audience.unsubscribed, audience.bounced, audience.complained)
      IS DISTINCT FROM (counted.subscribed, counted.unsubscribed, counted.bounced, counted.complained)
ORDER BY audience.id
