-- Contacts of some audiences, newest first, between two of them: a merge of one short index walk per audience, which
-- costs the same at any depth. Parameters: audience_ids[], above and below (keys, exclusive), most.
-- Returns: id, email, first_name, last_name, unsubscribed, created_at. Relies on contact_in_audience.
SELECT contact.id, contact.email, contact.first_name, contact.last_name, contact.unsubscribed, contact.created_at
FROM unnest(%(audience_ids)s::bigint[]) AS audience (id)
CROSS JOIN LATERAL (
    SELECT id, email, first_name, last_name, unsubscribed_at IS NOT NULL AS unsubscribed, created_at
    FROM contacts_contact
    WHERE audience_id = audience.id AND id > %(above)s AND id < %(below)s
    ORDER BY id DESC
    LIMIT %(most)s
) AS contact
ORDER BY contact.id DESC
LIMIT %(most)s
