-- Finds the rest of a broadcast that is over, and with `freeze` puts it into the ledger as freeze_contacts does.
-- The rest are mailable contacts of its audience who haven't got it: those whose e-mail failed, was skipped or canceled
-- wait again from the start, and those who have no e-mail of it get one. Never a contact or an address that got it or may
-- have: not one in doubt, nor a contact whose address stands in the ledger under one that was deleted since.
-- Parameters: team_id, broadcast_id, audience_id, chunk_size, freeze.
-- Returns: kind ('again', 'doubted', 'joined', 'excluded'), status, how many. The status is that of the e-mail for
-- 'again' and 'doubted' (who is left out, because it may have arrived), null for 'joined'; for 'excluded', those who have
-- no e-mail and can't get one, it is the contact's as in freeze_contacts. The chunks of those who wait again are the
-- caller's to count and open.
-- Relies on the e-mails' primary key: reads the broadcast's part of the ledger once, and of the audience all contacts.
WITH own AS MATERIALIZED (
    SELECT email.id, email.contact_id, email.address, email.status, email.maybe_twice
    FROM (SELECT min(lo) AS lo, max(hi) AS hi FROM broadcasts_chunk WHERE broadcast_id = %(broadcast_id)s) AS span
    JOIN broadcasts_email AS email ON email.id BETWEEN span.lo AND span.hi
    WHERE email.broadcast_id + 0 = %(broadcast_id)s
), unserved AS (
    SELECT own.id, own.status, own.maybe_twice
    FROM own
    JOIN contacts_contact AS contact ON contact.id = own.contact_id AND contact.audience_id = %(audience_id)s
    WHERE own.status IN (6, 7, 9)
      AND contact.unsubscribed_at IS NULL AND contact.suppressed = ''
), without AS (
    SELECT contact.id, contact.email, contact.status, contact.suppressed,
           contact.unsubscribed_at IS NULL AND contact.suppressed = '' AS mailable
    FROM contacts_contact AS contact
    WHERE contact.audience_id = %(audience_id)s
      AND NOT EXISTS (SELECT FROM own WHERE own.contact_id = contact.id)
), joining AS (
    SELECT without.id, without.email
    FROM without
    WHERE without.mailable
      AND NOT EXISTS (
          SELECT
          FROM own AS got
          WHERE got.address = without.email AND (got.status NOT IN (6, 7, 9) OR got.maybe_twice)
      )
), waiting AS (
    UPDATE broadcasts_email AS email
    SET status = 0, attempts = 0, next_attempt_at = NULL, reply = ''
    FROM unserved
    WHERE email.id = unserved.id AND NOT unserved.maybe_twice AND %(freeze)s
), frozen AS (
    INSERT INTO broadcasts_email (team_id, broadcast_id, contact_id, address)
    SELECT %(team_id)s, %(broadcast_id)s, id, email
    FROM joining
    WHERE %(freeze)s
    ORDER BY id
    RETURNING id
), chunked AS (
    INSERT INTO broadcasts_chunk (broadcast_id, lo, hi, counts)
    SELECT %(broadcast_id)s, min(id), max(id), ARRAY[count(*)::int, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    FROM (SELECT id, (row_number() OVER (ORDER BY id) - 1) / %(chunk_size)s AS chunk FROM frozen) AS numbered
    GROUP BY chunk
    ORDER BY chunk
)
SELECT CASE WHEN maybe_twice THEN 'doubted' ELSE 'again' END, status::int, count(*)
FROM unserved
GROUP BY 1, 2
UNION ALL
SELECT 'joined', NULL, count(*) FROM joining
UNION ALL
SELECT 'excluded', CASE WHEN suppressed IN ('manual', 'erased') THEN 99 ELSE status END, count(*)
FROM without
WHERE NOT mailable
GROUP BY 2
