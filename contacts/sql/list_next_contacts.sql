-- The contacts of some audiences that came next after one of them, oldest first: a merge of one short index walk per
-- audience, which costs the same at any depth. Parameters: audience_ids[], above (key, exclusive), most.
-- Returns: id, email, first_name, last_name, unsubscribed, created_at. Relies on contact_in_audience.
SELECT contact.id, contact.email, contact.first_name, contact.last_name, contact.unsubscribed, contact.created_at
FROM unnest(%(audience_ids)s::bigint[]) AS audience (id)
CROSS JOIN LATERAL (
    SELECT id, email, first_name, last_name, unsubscribed_at IS NOT NULL AS unsubscribed, created_at
    FROM contacts_contact
    WHERE audience_id = audience.id AND id > %(above)s
    ORDER BY id
    LIMIT %(most)s
) AS contact
ORDER BY contact.id
LIMIT %(most)s
