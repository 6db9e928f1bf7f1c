-- Notes that an e-mail was opened or a link in it clicked, unless that is known of the same kind of visitor: counted
-- already, or noted just now and not yet judged.
-- Parameters: email_id, kind, link (its number; null for an open), at, by_machine, lately (since when is just now).
-- Returns: nothing; touches a row if there was something to note.
-- Relies on event_of_email and the e-mails' primary key; an e-mail has few events, because of this very statement.
INSERT INTO broadcasts_emailevent (email_id, kind, at, by_machine, to_fold, data)
SELECT email.id, %(kind)s, %(at)s, %(by_machine)s, true, jsonb_strip_nulls(jsonb_build_object('link', %(link)s::int))
FROM broadcasts_email AS email
WHERE email.id = %(email_id)s
  AND NOT EXISTS (
      SELECT FROM broadcasts_emailevent AS known
      WHERE known.email_id = %(email_id)s AND known.kind = %(kind)s AND known.by_machine = %(by_machine)s
        AND (known.data -> 'link')::int IS NOT DISTINCT FROM %(link)s::int
        AND (NOT known.to_fold OR known.at > %(lately)s)
  )
