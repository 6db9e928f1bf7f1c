-- Tells how far each of some broadcasts has come, without counting the ledger.
-- Parameters: broadcast_ids. Returns: broadcast, ids in its chunks that are settled, ids in its chunks.
-- Only chunks that a sender has in hand, or had, are looked into; so the cost doesn't grow with the broadcast. Ids of a
-- broadcast frozen at the same time may lie between and count along: this is a percentage, not an account.
-- Relies on the index of chunks by broadcast and the e-mails' primary key.
SELECT chunk.broadcast_id,
       sum(CASE
           WHEN chunk.state = 2 THEN chunk.hi - chunk.lo + 1
           WHEN chunk.epoch > 0 THEN (
               SELECT count(*)
               FROM broadcasts_email AS email
               WHERE email.id BETWEEN chunk.lo AND chunk.hi
                 AND email.broadcast_id = chunk.broadcast_id
                 AND email.status > 1
           )
           ELSE 0
       END)::bigint,
       sum(chunk.hi - chunk.lo + 1)::bigint
FROM broadcasts_chunk AS chunk
WHERE chunk.broadcast_id = ANY(%(broadcast_ids)s)
GROUP BY chunk.broadcast_id
