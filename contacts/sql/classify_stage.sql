-- What importing does to each staged row after seq `low` up to seq `high`: the one place that knows. A fragment that
-- other statements put into their WITH; `stage` is the import's staging table.
-- Parameters: audience_id, team_id, low, high, any_opt_outs (false spares hashing every address), opt_out_key,
-- skip_existing (contacts that stand stay as they are).
-- Relies on the staging table's primary key, one_contact_per_email, one_opt_out_per_address, one_suppression_per_address.
SELECT staged.line, staged.email, staged.first_name, staged.last_name, staged.unsubscribed,
       staged.properties,
       contact.id, contact.status AS old_status, contact.first_name AS old_first_name, contact.last_name AS old_last_name,
       contact.id IS NULL AS is_new,
       contact.id IS NOT NULL AND NOT %(skip_existing)s AND (
           staged.first_name NOT IN ('', contact.first_name)
           OR staged.last_name NOT IN ('', contact.last_name)
           OR (staged.unsubscribed IS TRUE AND contact.unsubscribed_at IS NULL)
           OR NOT contact.properties @> coalesce(staged.properties, jsonb_build_object())
       ) AS is_changed,
       contact.unsubscribed_at IS NOT NULL AND staged.unsubscribed IS NOT TRUE AS stays_unsubscribed,
       opted_out.at AS opted_out_at, opted_out.why AS opted_out_why,
       suppression.reason AS suppressed
FROM {stage} AS staged
LEFT JOIN contacts_contact AS contact
       ON contact.audience_id = %(audience_id)s AND contact.email = staged.email
LEFT JOIN contacts_optout AS opted_out
       ON %(any_opt_outs)s AND contact.id IS NULL AND opted_out.audience_id = %(audience_id)s
      AND opted_out.digest = sha256(%(opt_out_key)s || convert_to(staged.email, 'UTF8'))
LEFT JOIN contacts_suppression AS suppression
       ON contact.id IS NULL AND suppression.team_id = %(team_id)s AND suppression.address = staged.email
WHERE staged.seq > %(low)s AND staged.seq <= %(high)s
