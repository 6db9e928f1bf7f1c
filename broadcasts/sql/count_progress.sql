-- Tells how far each of some broadcasts has come, as their chunks have counted it.
-- Parameters: broadcast_ids. Returns: broadcast, e-mails that wait no longer, e-mails.
-- Relies on the index of chunks by broadcast.
SELECT chunk.broadcast_id,
       coalesce(sum(each.number) FILTER (WHERE each.status > 2), 0)::bigint,
       sum(each.number)::bigint
FROM broadcasts_chunk AS chunk
CROSS JOIN LATERAL unnest(chunk.counts) WITH ORDINALITY AS each (number, status)
WHERE chunk.broadcast_id = ANY(%(broadcast_ids)s)
GROUP BY chunk.broadcast_id
