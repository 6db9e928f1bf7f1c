-- Claims the first chunk of a broadcast that is open and due, or whose sender's lease has run out, and takes it over:
-- what an earlier sender had handed to the relay without noting the answer is put back, marked as maybe sent twice;
-- one that had been in doubt before is given up.
-- Parameters: broadcast_id, owner, lease (seconds), given_up (words for those given up). Returns: id, lo, hi, epoch of the chunk; nothing when none is to be had.
-- Relies on the chunk's foreign key index and the e-mails' primary key.
WITH next AS (
    SELECT id
    FROM broadcasts_chunk
    WHERE broadcast_id = %(broadcast_id)s
      AND (
          (state = 0 AND (due_at IS NULL OR due_at <= clock_timestamp()))
          OR (state = 1 AND lease < clock_timestamp())
      )
    ORDER BY id
    LIMIT 1
    FOR UPDATE SKIP LOCKED
), claimed AS (
    UPDATE broadcasts_chunk AS chunk
    SET state = 1,
        owner = %(owner)s,
        epoch = chunk.epoch + 1,
        lease = clock_timestamp() + %(lease)s * interval '1 second',
        due_at = NULL
    FROM next
    WHERE chunk.id = next.id
    RETURNING chunk.id, chunk.broadcast_id, chunk.lo, chunk.hi, chunk.epoch
), doubted AS (
    UPDATE broadcasts_email AS email
    SET status = CASE WHEN email.maybe_twice THEN 6 ELSE 0 END,
        reply = CASE WHEN email.maybe_twice THEN %(given_up)s ELSE email.reply END,
        maybe_twice = true
    FROM claimed
    WHERE email.id BETWEEN claimed.lo AND claimed.hi
      AND email.broadcast_id = claimed.broadcast_id
      AND email.status = 1
)
SELECT id, lo, hi, epoch FROM claimed
