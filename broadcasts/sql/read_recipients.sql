-- Reads the next waiting e-mails of a chunk beside the present state of their contacts.
-- Parameters: broadcast_id, after (an e-mail's id), hi, most.
-- Returns: e-mail id, address, first name, last name, properties as JSON text (null: none), and why it must not be
-- sent (null: it may): audience_deleted, a reason of suppression, deleted or unsubscribed.
-- Relies on the primary keys of e-mails and contacts, and on one_suppression_per_address.
SELECT email.id, email.address, contact.first_name, contact.last_name, nullif(contact.properties, '{}')::text,
       CASE
           WHEN audience.deleted_at IS NOT NULL THEN 'audience_deleted'
           WHEN suppression.reason IS NOT NULL THEN suppression.reason
           WHEN contact.id IS NULL THEN 'deleted'
           WHEN contact.suppressed <> '' THEN contact.suppressed
           WHEN contact.status <> 0 THEN 'unsubscribed'
       END
FROM broadcasts_email AS email
JOIN broadcasts_broadcast AS broadcast ON broadcast.id = email.broadcast_id
JOIN audiences_audience AS audience ON audience.id = broadcast.audience_id
LEFT JOIN contacts_contact AS contact
       ON contact.id = email.contact_id AND contact.audience_id = audience.id
LEFT JOIN contacts_suppression AS suppression
       ON suppression.team_id = email.team_id AND suppression.address = email.address
WHERE email.id > %(after)s AND email.id <= %(hi)s
  AND email.broadcast_id = %(broadcast_id)s
  AND email.status = 0
  AND (email.next_attempt_at IS NULL OR email.next_attempt_at <= clock_timestamp())
ORDER BY email.id
LIMIT %(most)s
