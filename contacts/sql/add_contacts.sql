-- Adds the addresses that a standing audience doesn't have yet, keeping every opt-out that stands, with an event each;
-- the audience's counters are moved last of all. The caller holds the audience's lock.
-- Parameters: audience_id, team_id, emails[], first_names[], last_names[], properties[] (parallel), actor, opt_out_key.
-- Returns: id, email, status of each contact that was added; an address that stood already returns nothing.
-- Relies on one_contact_per_email, one_opt_out_per_address and one_suppression_per_address.
WITH added AS (
    INSERT INTO contacts_contact
        (audience_id, email, first_name, last_name, properties, unsubscribed_at, unsubscribed_why, suppressed)
    SELECT audience.id, given.email, given.first_name, given.last_name, given.properties,
           opted_out.at, coalesce(opted_out.why, ''), coalesce(suppressed.reason, '')
    FROM audiences_audience AS audience
    CROSS JOIN unnest(%(emails)s::text[], %(first_names)s::text[], %(last_names)s::text[], %(properties)s::jsonb[])
         AS given (email, first_name, last_name, properties)
    LEFT JOIN contacts_optout AS opted_out
           ON opted_out.audience_id = %(audience_id)s
          AND opted_out.digest = sha256(%(opt_out_key)s || convert_to(given.email, 'UTF8'))
    LEFT JOIN contacts_suppression AS suppressed
           ON suppressed.team_id = %(team_id)s AND suppressed.address = given.email COLLATE "C"
    WHERE audience.id = %(audience_id)s AND audience.deleted_at IS NULL
    ORDER BY given.email COLLATE "C"
    ON CONFLICT (audience_id, email) DO NOTHING
    RETURNING id, email, status
), told AS (
    INSERT INTO contacts_contactevent (contact_id, kind, actor, data)
    SELECT id, 'added', %(actor)s, '{}' FROM added
), deltas AS (
    SELECT count(*) AS contacts,
           count(*) FILTER (WHERE status = 0) AS subscribed,
           count(*) FILTER (WHERE status = 1) AS unsubscribed,
           count(*) FILTER (WHERE status = 2) AS bounced,
           count(*) FILTER (WHERE status = 3) AS complained
    FROM added
), counted AS (
    UPDATE audiences_audience AS audience
    SET subscribed = audience.subscribed + deltas.subscribed,
        unsubscribed = audience.unsubscribed + deltas.unsubscribed,
        bounced = audience.bounced + deltas.bounced,
        complained = audience.complained + deltas.complained
    FROM deltas
    WHERE audience.id = %(audience_id)s AND deltas.contacts > 0
)
SELECT id, email, status FROM added
