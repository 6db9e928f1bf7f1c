-- Gives a chunk back: closed when none of its e-mails waits any more, else open and due when the first of them is.
-- Parameters: broadcast_id, chunk_id, epoch, lo, hi, pause (seconds that must pass at least).
-- Returns: nothing; a sender that no longer holds the chunk changes nothing.
-- Relies on the e-mails' primary key.
WITH waiting AS (
    SELECT count(*) AS number, min(coalesce(next_attempt_at, clock_timestamp())) AS due_at
    FROM broadcasts_email
    WHERE id BETWEEN %(lo)s AND %(hi)s AND broadcast_id = %(broadcast_id)s AND status IN (0, 1)
)
UPDATE broadcasts_chunk
SET state = CASE WHEN waiting.number = 0 THEN 2 ELSE 0 END,
    due_at = CASE WHEN waiting.number > 0
                  THEN greatest(waiting.due_at, clock_timestamp() + %(pause)s * interval '1 second') END,
    owner = '',
    lease = NULL
FROM waiting
WHERE id = %(chunk_id)s AND epoch = %(epoch)s AND state = 1
