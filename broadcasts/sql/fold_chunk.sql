-- Writes what a chunk's bytes say into the ledger, and moves the chunk's counts by as much.
-- Parameters: chunk_id, epoch; everything (false: only what is settled for good, while the sender goes on, but for bad
-- addresses, which must be suppressed before they are folded; true: all, and the bytes are done with); hold (whether one that may have arrived is kept for a person instead of sent again; one
-- to which the relay's answer was lost twice always is, because a relay that loses answers would deliver it each time);
-- delays[] (seconds until the next attempt, after the first, the second ...; beyond them it has failed); died (words
-- for one whose sender died); said (a JSON object, by e-mail id: what the relay said to those it took; as an array to be
-- joined it would be gone through for each e-mail).
-- Returns: nothing; changes nothing of a chunk that is another sender's by now.
-- Feedback that came earlier stays as it is. The bytes are outcomes.Code, the statuses Email.Status.
-- Relies on the primary keys of chunks and e-mails: "+ 0" keeps the planner from walking the whole broadcast instead.
WITH held AS (
    SELECT id, broadcast_id, lo, hi, out
    FROM broadcasts_chunk
    WHERE id = %(chunk_id)s AND epoch = %(epoch)s AND state = 1 AND out IS NOT NULL
    FOR UPDATE
), coded AS (
    SELECT email.id, email.attempts + 1 AS attempt, email.maybe_twice,
           get_byte(held.out, (email.id - held.lo)::int) AS code
    FROM held
    JOIN broadcasts_email AS email
      ON email.id BETWEEN held.lo AND held.hi AND email.broadcast_id + 0 = held.broadcast_id
    WHERE email.status IN (0, 1)
), judged AS (
    SELECT coded.id, coded.code, coded.attempt,
           coded.code IN (1, 6) AND NOT coded.maybe_twice AS newly_doubted,
           CASE
               WHEN coded.code = 2 THEN 2
               WHEN coded.code IN (3, 4) THEN 4
               WHEN coded.code = 7 THEN 7
               WHEN coded.code = 8 THEN 6
               WHEN coded.code IN (1, 6) AND (
                   %(hold)s
                   OR coded.attempt > cardinality(%(delays)s::float8[])
                   OR (coded.code = 6 AND coded.maybe_twice)
               ) THEN 8
               WHEN coded.attempt > cardinality(%(delays)s::float8[]) THEN 6
               ELSE 0
           END AS status,
           %(said)s::jsonb ->> coded.id::text AS reply
    FROM coded
    WHERE coded.code <> 0 AND (%(everything)s OR coded.code NOT IN (1, 4, 5, 6))
), folded AS (
    UPDATE broadcasts_email AS email
    SET status = judged.status,
        attempts = CASE WHEN judged.code IN (7, 8) THEN email.attempts ELSE judged.attempt END,
        reply = CASE WHEN judged.code = 1 THEN %(died)s ELSE coalesce(judged.reply, email.reply) END,
        maybe_twice = email.maybe_twice OR judged.code IN (1, 6),
        next_attempt_at = CASE
            WHEN judged.status = 0 AND judged.code <> 1
            THEN clock_timestamp() + (%(delays)s::float8[])[judged.attempt] * interval '1 second'
        END,
        sent_at = CASE WHEN judged.status = 2 THEN clock_timestamp() END,
        bounced_at = CASE WHEN judged.status = 4 THEN clock_timestamp() END
    FROM judged
    WHERE email.id = judged.id AND email.status IN (0, 1)
    RETURNING judged.status, judged.newly_doubted
), moved AS (
    SELECT count(*) FILTER (WHERE status <> 0)::int AS number,
           count(*) FILTER (WHERE status = 2)::int AS sent,
           count(*) FILTER (WHERE status = 4)::int AS bounced,
           count(*) FILTER (WHERE status = 6)::int AS failed,
           count(*) FILTER (WHERE status = 7)::int AS skipped,
           count(*) FILTER (WHERE status = 8)::int AS held,
           count(*) FILTER (WHERE newly_doubted)::int AS doubted
    FROM folded
)
UPDATE broadcasts_chunk AS chunk
SET counts = ARRAY[
        chunk.counts[1] - moved.number, chunk.counts[2], chunk.counts[3] + moved.sent, chunk.counts[4],
        chunk.counts[5] + moved.bounced, chunk.counts[6], chunk.counts[7] + moved.failed,
        chunk.counts[8] + moved.skipped, chunk.counts[9] + moved.held, chunk.counts[10]
    ],
    maybe_twice = chunk.maybe_twice + moved.doubted,
    out = CASE WHEN NOT %(everything)s THEN chunk.out END
FROM moved, held
WHERE chunk.id = held.id
