-- Counts the e-mails of a broadcast's chunks anew, after the ledger was changed for all of them at once.
-- Parameters: broadcast_id. Returns: nothing.
-- Reads the broadcast's part of the ledger once; relies on the index of chunks by broadcast and the e-mails' primary key.
-- "+ 0" keeps the planner from walking the whole broadcast, by the index that has it second, for each chunk.
UPDATE broadcasts_chunk AS chunk
SET counts = counted.counts,
    maybe_twice = counted.maybe_twice
FROM broadcasts_chunk AS own
CROSS JOIN LATERAL (
    SELECT ARRAY[
               count(*) FILTER (WHERE status = 0), count(*) FILTER (WHERE status = 1),
               count(*) FILTER (WHERE status = 2), count(*) FILTER (WHERE status = 3),
               count(*) FILTER (WHERE status = 4), count(*) FILTER (WHERE status = 5),
               count(*) FILTER (WHERE status = 6), count(*) FILTER (WHERE status = 7),
               count(*) FILTER (WHERE status = 8), count(*) FILTER (WHERE status = 9)
           ]::int[] AS counts,
           count(*) FILTER (WHERE email.maybe_twice)::int AS maybe_twice
    FROM broadcasts_email AS email
    WHERE email.id BETWEEN own.lo AND own.hi AND email.broadcast_id + 0 = own.broadcast_id
) AS counted
WHERE chunk.id = own.id AND own.broadcast_id = %(broadcast_id)s
