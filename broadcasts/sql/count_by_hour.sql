-- Tells by the hour when recipients first opened a broadcast, first clicked in it, first unsubscribed by its links.
-- A click tells of an open as well, if opens are counted; what machines did isn't, nor what is still to be judged.
-- Parameters: broadcast_id, since, until (whole hours). Returns, for each hour in which anything happened: when it
-- begins, opened, clicked, unsubscribed.
-- Relies on one_row_per_response_hour, event_of_unsubscribing and the e-mails' primary key.
SELECT happened.at, sum(happened.opened)::int, sum(happened.clicked)::int, sum(happened.unsubscribed)::int
FROM (
    SELECT at, opened, clicked, 0 AS unsubscribed
    FROM broadcasts_responsehour
    WHERE broadcast_id = %(broadcast_id)s
    UNION ALL
    SELECT date_bin('1 hour', min(event.at), '2000-01-01 00:00+00'), 0, 0, 1
    FROM (SELECT min(lo) AS lo, max(hi) AS hi FROM broadcasts_chunk WHERE broadcast_id = %(broadcast_id)s) AS span
    JOIN broadcasts_emailevent AS event ON event.email_id BETWEEN span.lo AND span.hi
    JOIN broadcasts_email AS email ON email.id = event.email_id AND email.broadcast_id + 0 = %(broadcast_id)s
    WHERE event.kind = 'unsubscribed'
    GROUP BY event.email_id
) AS happened
WHERE happened.at >= %(since)s AND happened.at < %(until)s
GROUP BY happened.at
