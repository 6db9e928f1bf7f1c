-- Recounts every frozen broadcast of one team, or of all.
-- Parameters: team_id (null: all). Returns, per broadcast: id, name or subject, status, audience_size, sum of excluded,
-- e-mails, e-mails in its chunks, e-mails that wait although their chunk is closed or the broadcast over (after a cancel,
-- what a sender holds still waits until it gives its chunk back).
-- Reads the whole ledger twice, once by the e-mails' primary key: an operator's question, not a page's.
-- "+ 0" keeps the planner from walking the whole broadcast, by the index that has it second, for each chunk.
WITH broadcast AS (
    SELECT id, coalesce(nullif(name, ''), subject) AS title, status, audience_size,
           status IN ('sent', 'failed') AS over,
           (SELECT coalesce(sum(value::bigint), 0) FROM jsonb_each_text(excluded)) AS excluded
    FROM broadcasts_broadcast
    WHERE audience_size IS NOT NULL AND (%(team_id)s::bigint IS NULL OR team_id = %(team_id)s)
), ledger AS (
    SELECT broadcast_id, count(*) AS emails, count(*) FILTER (WHERE status IN (0, 1)) AS waiting
    FROM broadcasts_email
    WHERE broadcast_id IN (SELECT id FROM broadcast)
    GROUP BY broadcast_id
), chunked AS (
    SELECT chunk.broadcast_id, sum(inside.emails) AS emails,
           coalesce(sum(inside.waiting) FILTER (WHERE chunk.state = 2), 0) AS forgotten
    FROM broadcasts_chunk AS chunk
    CROSS JOIN LATERAL (
        SELECT count(*) AS emails, count(*) FILTER (WHERE status IN (0, 1)) AS waiting
        FROM broadcasts_email AS email
        WHERE email.id BETWEEN chunk.lo AND chunk.hi AND email.broadcast_id + 0 = chunk.broadcast_id
    ) AS inside
    WHERE chunk.broadcast_id IN (SELECT id FROM broadcast)
    GROUP BY chunk.broadcast_id
)
SELECT broadcast.id, broadcast.title, broadcast.status, broadcast.audience_size, broadcast.excluded,
       coalesce(ledger.emails, 0), coalesce(chunked.emails, 0),
       coalesce(CASE WHEN broadcast.over THEN ledger.waiting ELSE chunked.forgotten END, 0)
FROM broadcast
LEFT JOIN ledger ON ledger.broadcast_id = broadcast.id
LEFT JOIN chunked ON chunked.broadcast_id = broadcast.id
ORDER BY broadcast.id
