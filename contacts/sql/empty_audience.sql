-- Removes one batch of a deleted audience's contacts with their events, by keyset from the lowest id.
-- Parameters: audience_id, batch. Returns: nothing; the row count is that of the contacts removed.
-- Relies on contact_in_audience. No opt-outs are kept: nothing can be added to a deleted audience any more.
WITH batch AS (
    SELECT id FROM contacts_contact WHERE audience_id = %(audience_id)s ORDER BY id LIMIT %(batch)s
), forgotten AS (
    DELETE FROM contacts_contactevent WHERE contact_id IN (SELECT id FROM batch)
)
DELETE FROM contacts_contact WHERE id IN (SELECT id FROM batch)
