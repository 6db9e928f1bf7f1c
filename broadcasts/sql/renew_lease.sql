-- Renews the lease of a chunk for the sender that holds its present epoch.
-- Parameters: chunk_id, epoch, lease (seconds). Touches one row, or none when the chunk is another's by now.
-- Relies on the chunks' primary key.
UPDATE broadcasts_chunk
SET lease = clock_timestamp() + %(lease)s * interval '1 second'
WHERE id = %(chunk_id)s AND epoch = %(epoch)s AND state = 1
