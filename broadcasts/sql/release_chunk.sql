-- Gives a folded chunk back: closed when none of its e-mails waits any more, else open and due when the first of them is.
-- Parameters: chunk_id, epoch, pause (seconds that must pass at least).
-- Returns: nothing; a sender that no longer holds the chunk changes nothing.
-- Relies on the primary keys of chunks and e-mails.
-- "+ 0" keeps the planner from walking the whole broadcast, by the index that has it second, for each chunk.
UPDATE broadcasts_chunk AS chunk
SET state = CASE WHEN chunk.counts[1] + chunk.counts[2] = 0 THEN 2 ELSE 0 END,
    due_at = CASE
        WHEN chunk.counts[1] + chunk.counts[2] > 0 THEN greatest(
            clock_timestamp() + %(pause)s * interval '1 second',
            (SELECT min(coalesce(email.next_attempt_at, clock_timestamp()))
             FROM broadcasts_email AS email
             WHERE email.id BETWEEN chunk.lo AND chunk.hi
               AND email.broadcast_id + 0 = chunk.broadcast_id
               AND email.status IN (0, 1))
        )
    END,
    owner = '',
    lease = NULL
WHERE chunk.id = %(chunk_id)s AND chunk.epoch = %(epoch)s AND chunk.state = 1
