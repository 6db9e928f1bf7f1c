-- Tells a sender whether to go on with a broadcast.
-- Parameters: broadcast_id. Returns: its status; whether another broadcast waits for a sender: one that is being sent,
-- has work, and nobody at it.
-- Relies on the index of broadcasts by status and on that of chunks by broadcast.
SELECT broadcast.status, EXISTS (
    SELECT
    FROM broadcasts_broadcast AS other
    WHERE other.id <> broadcast.id
      AND other.status = 'sending'
      AND NOT EXISTS (
          SELECT
          FROM broadcasts_drainslot AS slot
          WHERE slot.broadcast_id = other.id AND slot.lease > clock_timestamp()
      )
      AND EXISTS (
          SELECT
          FROM broadcasts_chunk AS chunk
          WHERE chunk.broadcast_id = other.id
            AND (
                (chunk.state = 0 AND (chunk.due_at IS NULL OR chunk.due_at <= clock_timestamp()))
                OR (chunk.state = 1 AND chunk.lease < clock_timestamp())
            )
      )
)
FROM broadcasts_broadcast AS broadcast
WHERE broadcast.id = %(broadcast_id)s
