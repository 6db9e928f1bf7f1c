-- Commits, all or nothing: what became of some e-mails of a chunk, the intent to hand the next one to the relay, and a
-- longer lease. Only for the sender that holds the chunk's present epoch: to any other the chunk is lost.
-- Parameters: chunk_id, epoch, lease (seconds); ids[], statuses[], tries[], replies[], doubts[], retries_in[] (parallel;
-- seconds or null); next_id (null: none).
-- Returns: whether the chunk is still held, whether next_id was marked. Feedback that came earlier stays as it is.
-- Relies on the primary keys.
WITH held AS (
    UPDATE broadcasts_chunk
    SET lease = clock_timestamp() + %(lease)s * interval '1 second'
    WHERE id = %(chunk_id)s AND epoch = %(epoch)s AND state = 1
    RETURNING id
), settled AS (
    UPDATE broadcasts_email AS email
    SET status = outcome.status,
        attempts = email.attempts + outcome.tries,
        reply = outcome.reply,
        maybe_twice = email.maybe_twice OR outcome.doubt,
        next_attempt_at = clock_timestamp() + outcome.retry_in * interval '1 second',
        sent_at = CASE WHEN outcome.status = 2 THEN clock_timestamp() END,
        bounced_at = CASE WHEN outcome.status = 4 THEN clock_timestamp() END
    FROM held, unnest(
        %(ids)s::bigint[], %(statuses)s::smallint[], %(tries)s::smallint[],
        %(replies)s::text[], %(doubts)s::boolean[], %(retries_in)s::float8[]
    ) AS outcome (id, status, tries, reply, doubt, retry_in)
    WHERE email.id = outcome.id AND email.status IN (0, 1)
), marked AS (
    UPDATE broadcasts_email AS email
    SET status = 1
    FROM held
    WHERE email.id = %(next_id)s AND email.status = 0
    RETURNING email.id
)
SELECT EXISTS (SELECT FROM held), EXISTS (SELECT FROM marked)
