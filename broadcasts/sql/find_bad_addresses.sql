-- Finds the e-mails of a held chunk whose address the relay called bad, as the chunk's bytes say, and not folded yet.
-- Parameters: chunk_id, epoch. Returns: id and address of each; nothing for a sender that lost the chunk.
-- Relies on the primary keys of chunks and e-mails; most chunks have none, which their bytes alone tell.
-- "+ 0" keeps the planner from walking the whole broadcast, by the index that has it second, for each chunk.
WITH held AS MATERIALIZED (
    SELECT broadcast_id, lo, hi, out
    FROM broadcasts_chunk
    WHERE id = %(chunk_id)s AND epoch = %(epoch)s AND state = 1 AND position('\x04'::bytea IN out) > 0
)
SELECT email.id, email.address
FROM held
JOIN broadcasts_email AS email
  ON email.id BETWEEN held.lo AND held.hi AND email.broadcast_id + 0 = held.broadcast_id
WHERE email.status IN (0, 1) AND get_byte(held.out, (email.id - held.lo)::int) = 4
ORDER BY email.address
