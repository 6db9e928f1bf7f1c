-- Imports one chunk of staged rows, all or nothing; the caller holds the audience's lock, so nobody adds meanwhile.
-- An empty cell erases nothing, nobody is re-subscribed, and who opted out or is suppressed is added in that state.
-- `classified` is classify_stage, with its parameters. Parameters: import_id, why (of an unsubscribe in the file).
-- Returns one row: what was done, as review_stage counts it, and by how much each counter of the audience moves.
WITH classified AS MATERIALIZED ({classified}), updated AS (
    UPDATE contacts_contact AS contact
    SET first_name = coalesce(nullif(classified.first_name, ''), contact.first_name),
        last_name = coalesce(nullif(classified.last_name, ''), contact.last_name),
        properties = contact.properties || coalesce(classified.properties, jsonb_build_object()),
        unsubscribed_why = CASE WHEN contact.unsubscribed_at IS NULL AND classified.unsubscribed THEN %(why)s
                                ELSE contact.unsubscribed_why END,
        unsubscribed_at = CASE WHEN contact.unsubscribed_at IS NULL AND classified.unsubscribed THEN now()
                               ELSE contact.unsubscribed_at END,
        updated_at = now()
    FROM classified
    WHERE classified.is_changed AND contact.id = classified.id
    RETURNING contact.status, classified.old_status
), added AS (
    INSERT INTO contacts_contact
        (audience_id, email, first_name, last_name, properties, unsubscribed_at, unsubscribed_why, suppressed, import_id)
    SELECT %(audience_id)s, email, first_name, last_name, coalesce(properties, jsonb_build_object()),
           coalesce(opted_out_at, CASE WHEN unsubscribed THEN now() END),
           coalesce(opted_out_why, CASE WHEN unsubscribed THEN %(why)s END, ''),
           coalesce(suppressed, ''), %(import_id)s
    FROM classified WHERE is_new
    ORDER BY email
    RETURNING status
), moved AS (
    SELECT status, 1 AS by FROM added
    UNION ALL SELECT status, 1 FROM updated
    UNION ALL SELECT old_status, -1 FROM updated
), deltas AS (
    SELECT coalesce(sum(by) FILTER (WHERE status = 0), 0)::bigint AS subscribed,
           coalesce(sum(by) FILTER (WHERE status = 1), 0)::bigint AS unsubscribed,
           coalesce(sum(by) FILTER (WHERE status = 2), 0)::bigint AS bounced,
           coalesce(sum(by) FILTER (WHERE status = 3), 0)::bigint AS complained
    FROM moved
), done AS (
    SELECT count(*) FILTER (WHERE is_new) AS added,
           count(*) FILTER (WHERE is_changed) AS updated,
           count(*) FILTER (WHERE NOT is_new AND NOT is_changed) AS unchanged,
           count(*) FILTER (WHERE stays_unsubscribed) AS kept_unsubscribed,
           count(opted_out_at) AS opted_out,
           count(classified.suppressed) AS suppressed
    FROM classified
)
SELECT * FROM done CROSS JOIN deltas
