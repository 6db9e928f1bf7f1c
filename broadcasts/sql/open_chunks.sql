-- Opens the closed chunks of a broadcast in which something waits again, after they were counted anew.
-- Parameters: broadcast_id. Returns: nothing. Relies on the index of chunks by broadcast.
UPDATE broadcasts_chunk
SET state = 0, due_at = NULL
WHERE broadcast_id = %(broadcast_id)s AND state = 2 AND counts[1] > 0
