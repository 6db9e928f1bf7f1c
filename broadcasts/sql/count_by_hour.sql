-- Counts by the hour when recipients first opened a broadcast, first clicked in it, first unsubscribed by its links.
-- A click tells of an open as well, if opens are counted; what machines did isn't, nor what is still to be judged.
-- Parameters: broadcast_id, began_at, hours (how many from then on). Returns, for each hour in which anything happened:
-- its number from 0, opened, clicked, unsubscribed.
-- Relies on event_of_email and the e-mails' primary key.
WITH first AS (
    SELECT min(event.at) FILTER (WHERE event.kind IN ('opened', 'clicked') AND span.track_opens) AS opened,
           min(event.at) FILTER (WHERE event.kind = 'clicked') AS clicked,
           min(event.at) FILTER (WHERE event.kind = 'unsubscribed') AS unsubscribed
    FROM (
        SELECT min(chunk.lo) AS lo, max(chunk.hi) AS hi, bool_and(broadcast.track_opens) AS track_opens
        FROM broadcasts_chunk AS chunk
        JOIN broadcasts_broadcast AS broadcast ON broadcast.id = chunk.broadcast_id
        WHERE chunk.broadcast_id = %(broadcast_id)s
    ) AS span
    JOIN broadcasts_emailevent AS event ON event.email_id BETWEEN span.lo AND span.hi
    JOIN broadcasts_email AS email ON email.id = event.email_id AND email.broadcast_id = %(broadcast_id)s
    WHERE event.kind IN ('opened', 'clicked', 'unsubscribed') AND NOT event.by_machine AND NOT event.to_fold
    GROUP BY event.email_id
), happened AS (
    SELECT what.kind, floor(extract(epoch FROM what.at - %(began_at)s::timestamptz) / 3600)::int AS hour
    FROM first
    CROSS JOIN LATERAL (
        VALUES ('opened', first.opened), ('clicked', first.clicked), ('unsubscribed', first.unsubscribed)
    ) AS what (kind, at)
    WHERE what.at IS NOT NULL
)
SELECT hour,
       count(*) FILTER (WHERE kind = 'opened'),
       count(*) FILTER (WHERE kind = 'clicked'),
       count(*) FILTER (WHERE kind = 'unsubscribed')
FROM happened
WHERE hour >= 0 AND hour < %(hours)s
GROUP BY hour
ORDER BY hour
