-- Carries out what a person decided on the held e-mails of a broadcast, and moves the counts of their chunks.
-- Parameters: broadcast_id, again (true: they wait again from the start, and closed chunks open; false: they have failed),
-- reason (what is noted on those that failed). Returns: how many there were.
-- A sender that holds such a chunk finds the chunk's row locked for that moment, and reads the e-mails at its next claim.
-- Relies on the index of chunks by broadcast and on email_rare_status.
WITH chunk AS (
    SELECT id, lo, hi
    FROM broadcasts_chunk
    WHERE broadcast_id = %(broadcast_id)s AND counts[9] > 0
    ORDER BY id
    FOR UPDATE
), decided AS (
    UPDATE broadcasts_email AS email
    SET status = CASE WHEN %(again)s THEN 0 ELSE 6 END,
        attempts = CASE WHEN %(again)s THEN 0 ELSE email.attempts END,
        next_attempt_at = NULL,
        reply = CASE WHEN %(again)s THEN email.reply ELSE %(reason)s END
    FROM chunk
    WHERE email.broadcast_id = %(broadcast_id)s
      AND email.status = 8
      AND email.id BETWEEN chunk.lo AND chunk.hi
    RETURNING chunk.id
), number AS (
    SELECT id, count(*)::int AS decided FROM decided GROUP BY id
), moved AS (
    UPDATE broadcasts_chunk
    SET counts[1] = counts[1] + CASE WHEN %(again)s THEN number.decided ELSE 0 END,
        counts[7] = counts[7] + CASE WHEN %(again)s THEN 0 ELSE number.decided END,
        counts[9] = counts[9] - number.decided,
        state = CASE WHEN %(again)s AND state = 2 THEN 0 ELSE state END,
        due_at = CASE WHEN %(again)s THEN NULL ELSE due_at END
    FROM number
    WHERE broadcasts_chunk.id = number.id
)
SELECT coalesce(sum(decided), 0)::int FROM number
