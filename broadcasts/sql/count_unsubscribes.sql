-- Counts the recipients who unsubscribed by a broadcast's own links and didn't undo it: e-mails of which the latest of
-- these two events is an unsubscribe, so that doing it again and again counts once.
-- Parameters: broadcast_id. Returns: how many.
-- Relies on event_of_unsubscribing, which has few, and the e-mails' primary key.
SELECT count(*) FILTER (WHERE latest.kind = 'unsubscribed')
FROM (
    SELECT DISTINCT ON (event.email_id) event.kind
    FROM (SELECT min(lo) AS lo, max(hi) AS hi FROM broadcasts_chunk WHERE broadcast_id = %(broadcast_id)s) AS span
    JOIN broadcasts_emailevent AS event ON event.email_id BETWEEN span.lo AND span.hi
    JOIN broadcasts_email AS email ON email.id = event.email_id AND email.broadcast_id + 0 = %(broadcast_id)s
    WHERE event.kind IN ('unsubscribed', 'resubscribed')
    ORDER BY event.email_id, event.id DESC
) AS latest
