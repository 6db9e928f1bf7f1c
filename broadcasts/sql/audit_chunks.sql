-- Recounts the e-mails of every chunk of one team, or of all.
-- Parameters: team_id (null: all). Returns, per chunk whose numbers are wrong: its broadcast's id, name or subject and
-- status, lo, hi, the numbers kept and the numbers there are: by Email.Status, then those that may have arrived twice.
-- A chunk that a sender holds is right too: its numbers move with the ledger, in one statement.
-- Reads the whole ledger once, by the e-mails' primary key: an operator's question, not a page's.
-- "+ 0" keeps the planner from walking the whole broadcast, by the index that has it second, for each chunk.
SELECT broadcast.id, coalesce(nullif(broadcast.name, ''), broadcast.subject), broadcast.status, chunk.lo, chunk.hi,
       chunk.counts || chunk.maybe_twice, counted.numbers
FROM broadcasts_broadcast AS broadcast
JOIN broadcasts_chunk AS chunk ON chunk.broadcast_id = broadcast.id
CROSS JOIN LATERAL (
    SELECT ARRAY[
               count(*) FILTER (WHERE status = 0), count(*) FILTER (WHERE status = 1),
               count(*) FILTER (WHERE status = 2), count(*) FILTER (WHERE status = 3),
               count(*) FILTER (WHERE status = 4), count(*) FILTER (WHERE status = 5),
               count(*) FILTER (WHERE status = 6), count(*) FILTER (WHERE status = 7),
               count(*) FILTER (WHERE status = 8), count(*) FILTER (WHERE status = 9),
               count(*) FILTER (WHERE email.maybe_twice)
           ]::int[] AS numbers
    FROM broadcasts_email AS email
    WHERE email.id BETWEEN chunk.lo AND chunk.hi AND email.broadcast_id + 0 = chunk.broadcast_id
) AS counted
WHERE (%(team_id)s::bigint IS NULL OR broadcast.team_id = %(team_id)s)
  AND chunk.counts || chunk.maybe_twice IS DISTINCT FROM counted.numbers
ORDER BY chunk.id
