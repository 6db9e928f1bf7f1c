-- Reads the next waiting e-mails of a chunk beside the present state of their contacts.
-- Parameters: broadcast_id, after (an e-mail's id), hi, most.
-- Returns: e-mail id, address, attempts, whether it may have arrived already, why the address is suppressed (empty:
-- it isn't), contact's status (null: the contact is gone), first name, last name,
-- properties as JSON text, whether the audience has been deleted.
-- Relies on the primary keys of e-mails and contacts, and on one_suppression_per_address.
SELECT email.id, email.address, email.attempts, email.maybe_twice,
       coalesce(suppression.reason, contact.suppressed, ''), contact.status,
       coalesce(contact.first_name, ''), coalesce(contact.last_name, ''), coalesce(contact.properties::text, '{}'),
       audience.deleted_at IS NOT NULL
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
