-- Adds the addresses that an audience doesn't have yet, keeping every opt-out that stands.
-- Parameters: audience_id, team_id, emails[], first_names[], last_names[] (parallel), opt_out_key.
-- Returns: id, email, status of each contact that was added; an address that stood already returns nothing.
-- Relies on one_contact_per_email, one_opt_out_per_address and one_suppression_per_address.
INSERT INTO contacts_contact (audience_id, email, first_name, last_name, unsubscribed_at, unsubscribed_why, suppressed)
SELECT %(audience_id)s, given.email, given.first_name, given.last_name,
       opted_out.at, coalesce(opted_out.why, ''), coalesce(suppressed.reason, '')
FROM unnest(%(emails)s::text[], %(first_names)s::text[], %(last_names)s::text[])
     AS given (email, first_name, last_name)
LEFT JOIN contacts_optout AS opted_out
       ON opted_out.audience_id = %(audience_id)s
      AND opted_out.digest = sha256(%(opt_out_key)s || convert_to(given.email, 'UTF8'))
LEFT JOIN contacts_suppression AS suppressed
       ON suppressed.team_id = %(team_id)s AND suppressed.address = given.email COLLATE "C"
ORDER BY given.email COLLATE "C"
ON CONFLICT (audience_id, email) DO NOTHING
RETURNING id, email, status
