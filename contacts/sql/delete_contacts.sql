-- Deletes contacts of one audience for good, first remembering (by digest) each that had unsubscribed.
-- Parameters: audience_id, ids[], opt_out_key. Returns: status word order of Contact.Status and how many went, per status.
-- Relies on the primary key.
WITH gone AS (
    DELETE FROM contacts_contact
    WHERE audience_id = %(audience_id)s AND id = ANY(%(ids)s)
    RETURNING id, email, status, unsubscribed_at, unsubscribed_why
), remembered AS (
    INSERT INTO contacts_optout (audience_id, digest, at, why)
    SELECT %(audience_id)s, sha256(%(opt_out_key)s || convert_to(email, 'UTF8')), unsubscribed_at, unsubscribed_why
    FROM gone WHERE unsubscribed_at IS NOT NULL
    ON CONFLICT (audience_id, digest) DO NOTHING
), forgotten AS (
    DELETE FROM contacts_contactevent WHERE contact_id IN (SELECT id FROM gone)
)
SELECT status, count(*) FROM gone GROUP BY status
