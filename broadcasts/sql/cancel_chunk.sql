-- Cancels every e-mail of a claimed chunk that waits, moves the chunk's counts by as much, and closes it. One that may
-- have arrived keeps the words that say so.
-- Parameters: chunk_id, epoch, reason. Returns: nothing; changes nothing of a chunk that is another's by now.
-- Relies on the primary keys of chunks and e-mails.
-- "+ 0" keeps the planner from walking the whole broadcast, by the index that has it second, for each chunk.
WITH held AS (
    SELECT id, broadcast_id, lo, hi
    FROM broadcasts_chunk
    WHERE id = %(chunk_id)s AND epoch = %(epoch)s AND state = 1
    FOR UPDATE
), canceled AS (
    UPDATE broadcasts_email AS email
    SET status = 9, reply = CASE WHEN email.maybe_twice THEN email.reply ELSE %(reason)s END, next_attempt_at = NULL
    FROM held
    WHERE email.id BETWEEN held.lo AND held.hi
      AND email.broadcast_id + 0 = held.broadcast_id
      AND email.status = 0
    RETURNING email.id
)
UPDATE broadcasts_chunk AS chunk
SET state = 2,
    owner = '',
    lease = NULL,
    due_at = NULL,
    counts = ARRAY[
        chunk.counts[1] - (SELECT count(*)::int FROM canceled), chunk.counts[2], chunk.counts[3], chunk.counts[4],
        chunk.counts[5], chunk.counts[6], chunk.counts[7], chunk.counts[8], chunk.counts[9],
        chunk.counts[10] + (SELECT count(*)::int FROM canceled)
    ]
FROM held
WHERE chunk.id = held.id
