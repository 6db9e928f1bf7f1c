-- Claims the first chunk of a broadcast that is open and due, or whose sender's lease has run out.
-- Parameters: broadcast_id, after (a chunk's id: look beyond it), owner, lease (seconds).
-- Returns: id, lo, hi, epoch, whether an earlier sender left outcomes to fold; nothing when none is to be had.
-- Relies on the chunk's foreign key index.
WITH next AS (
    SELECT id
    FROM broadcasts_chunk
    WHERE broadcast_id = %(broadcast_id)s
      AND id > %(after)s
      AND (
          (state = 0 AND (due_at IS NULL OR due_at <= clock_timestamp()))
          OR (state = 1 AND lease < clock_timestamp())
      )
    ORDER BY id
    LIMIT 1
    FOR UPDATE SKIP LOCKED
)
UPDATE broadcasts_chunk AS chunk
SET state = 1,
    owner = %(owner)s,
    epoch = chunk.epoch + 1,
    lease = clock_timestamp() + %(lease)s * interval '1 second',
    due_at = NULL
FROM next
WHERE chunk.id = next.id
RETURNING chunk.id, chunk.lo, chunk.hi, chunk.epoch, chunk.out IS NOT NULL
