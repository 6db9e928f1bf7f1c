-- Commits the bytes of a chunk, for the sender that holds its present epoch, and a longer lease.
-- Parameters: out, lease (seconds), chunk_id, epoch. Touches one row, or none when the chunk is another's by now.
-- Prepared and sent over a connection of its own; touches no index, so that each flush is a heap-only update.
-- Relies on the chunks' primary key.
UPDATE broadcasts_chunk
SET out = %(out)s::bytea,
    lease = clock_timestamp() + %(lease)s::float8 * interval '1 second'
WHERE id = %(chunk_id)s::bigint AND epoch = %(epoch)s::int AND state = 1
