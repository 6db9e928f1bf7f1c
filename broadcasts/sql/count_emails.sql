-- Counts a broadcast's e-mails by status.
-- Parameters: broadcast_id. Returns: status, how many, how many of them may have arrived twice.
-- Relies on the e-mails' primary key, of which the chunks name the range: the ledger has no index by broadcast.
SELECT email.status, count(*), count(*) FILTER (WHERE email.maybe_twice)
FROM (SELECT min(lo) AS lo, max(hi) AS hi FROM broadcasts_chunk WHERE broadcast_id = %(broadcast_id)s) AS span
JOIN broadcasts_email AS email ON email.id BETWEEN span.lo AND span.hi
WHERE email.broadcast_id = %(broadcast_id)s
GROUP BY email.status
