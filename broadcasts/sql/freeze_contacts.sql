-- Freezes who gets a broadcast: one e-mail per mailable contact of its audience in the contacts' order, and the
-- chunks over them. All of it sees one snapshot, so that the e-mails and the excluded add up to the audience.
-- Parameters: team_id, broadcast_id, audience_id, chunk_size.
-- Returns: how many e-mails (contact status null), then how many excluded contacts per status; 99 for those whose
-- address was suppressed by hand or erased, which says more than their status.
-- Relies on contact_in_audience and contact_not_subscribed; one_email_per_contact_and_broadcast is the last guard.
WITH excluded AS (
    SELECT CASE WHEN suppressed IN ('manual', 'erased') THEN 99 ELSE status END AS status, count(*) AS number
    FROM contacts_contact
    WHERE audience_id = %(audience_id)s AND (unsubscribed_at IS NOT NULL OR suppressed <> '')
    GROUP BY 1
), frozen AS (
    INSERT INTO broadcasts_email (team_id, broadcast_id, contact_id, address)
    SELECT %(team_id)s, %(broadcast_id)s, id, email
    FROM contacts_contact
    WHERE audience_id = %(audience_id)s AND unsubscribed_at IS NULL AND suppressed = ''
    ORDER BY id
    RETURNING id
), chunked AS (
    INSERT INTO broadcasts_chunk (broadcast_id, lo, hi, counts)
    SELECT %(broadcast_id)s, min(id), max(id), ARRAY[count(*)::int, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    FROM (SELECT id, (row_number() OVER (ORDER BY id) - 1) / %(chunk_size)s AS chunk FROM frozen) AS numbered
    GROUP BY chunk
    ORDER BY chunk
)
SELECT NULL AS status, count(*) AS number FROM frozen
UNION ALL
SELECT status, number FROM excluded
