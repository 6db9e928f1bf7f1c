-- Commits the bytes of several chunks as flush_chunk does, and beside them what the relay said to e-mails it refused.
-- Parameters: chunk_ids[], outs[], epochs[] (parallel), lease (seconds); note_chunks[], note_emails[], notes[]
-- (parallel: the e-mail's chunk, its id, the words).
-- Returns: the ids of the chunks still held; nothing is written of any other.
-- Relies on the primary keys of chunks and e-mails.
WITH held AS (
    UPDATE broadcasts_chunk AS chunk
    SET out = given.out,
        lease = clock_timestamp() + %(lease)s::float8 * interval '1 second'
    FROM unnest(%(chunk_ids)s::bigint[], %(outs)s::bytea[], %(epochs)s::int[]) AS given (id, out, epoch)
    WHERE chunk.id = given.id AND chunk.epoch = given.epoch AND chunk.state = 1
    RETURNING chunk.id
), noted AS (
    UPDATE broadcasts_email AS email
    SET reply = note.words
    FROM unnest(%(note_chunks)s::bigint[], %(note_emails)s::bigint[], %(notes)s::text[])
        AS note (chunk_id, email_id, words)
    JOIN held ON held.id = note.chunk_id
    WHERE email.id = note.email_id AND email.status IN (0, 1)
)
SELECT id FROM held
