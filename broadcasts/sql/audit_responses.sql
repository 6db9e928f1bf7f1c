-- Recounts the opens and clicks of every tracked broadcast of one team, or of all.
-- Parameters: team_id (null: all). Returns what differs: broadcast, name or subject, status, what is counted in words,
-- how much is kept, what was counted instead (events, e-mails or hours), how much that is.
-- A person's click tells of an open, if opens are counted.
-- Reads all events: an operator's question, not a page's.
WITH broadcast AS (
    SELECT id, coalesce(nullif(name, ''), subject) AS title, status, track_opens,
           opened, clicked, opened_by_machines, clicked_by_machines
    FROM broadcasts_broadcast
    WHERE (track_opens OR track_clicks) AND audience_size IS NOT NULL
      AND (%(team_id)s::bigint IS NULL OR team_id = %(team_id)s)
), happened AS (
    SELECT email.broadcast_id, event.email_id, event.kind, event.by_machine, (event.data -> 'link')::int AS number
    FROM broadcasts_emailevent AS event
    JOIN broadcasts_email AS email ON email.id = event.email_id
    WHERE event.kind IN ('opened', 'clicked') AND NOT event.to_fold
      AND email.broadcast_id IN (SELECT id FROM broadcast)
), counted AS (
    SELECT broadcast_id,
           count(DISTINCT email_id) FILTER (WHERE NOT by_machine) AS opened,
           count(DISTINCT email_id) FILTER (WHERE NOT by_machine AND kind = 'clicked') AS clicked,
           count(DISTINCT email_id) FILTER (WHERE by_machine AND kind = 'opened') AS opened_by_machines,
           count(DISTINCT email_id) FILTER (WHERE by_machine AND kind = 'clicked') AS clicked_by_machines
    FROM happened
    GROUP BY broadcast_id
), dated AS (
    SELECT broadcast_id, count(opened_at) AS opened, count(clicked_at) AS clicked
    FROM broadcasts_email
    WHERE broadcast_id IN (SELECT id FROM broadcast) AND (opened_at IS NOT NULL OR clicked_at IS NOT NULL)
    GROUP BY broadcast_id
), followed AS (
    SELECT broadcast_id, number,
           count(DISTINCT email_id) FILTER (WHERE NOT by_machine) AS clicked,
           count(DISTINCT email_id) FILTER (WHERE by_machine) AS clicked_by_machines
    FROM happened
    WHERE kind = 'clicked'
    GROUP BY broadcast_id, number
), by_hour AS (
    SELECT broadcast_id, sum(opened) AS opened, sum(clicked) AS clicked
    FROM broadcasts_responsehour
    WHERE broadcast_id IN (SELECT id FROM broadcast)
    GROUP BY broadcast_id
)
SELECT broadcast.id, broadcast.title, broadcast.status, what.words, what.kept, what.source, coalesce(what.counted, 0)
FROM broadcast
LEFT JOIN counted ON counted.broadcast_id = broadcast.id
LEFT JOIN dated ON dated.broadcast_id = broadcast.id
LEFT JOIN by_hour ON by_hour.broadcast_id = broadcast.id
CROSS JOIN LATERAL (
    VALUES ('opened', broadcast.opened, 'events', CASE WHEN broadcast.track_opens THEN counted.opened END),
           ('opened', broadcast.opened, 'e-mails', dated.opened),
           ('opened', broadcast.opened, 'hours', by_hour.opened),
           ('clicked', broadcast.clicked, 'events', counted.clicked),
           ('clicked', broadcast.clicked, 'e-mails', dated.clicked),
           ('clicked', broadcast.clicked, 'hours', by_hour.clicked),
           ('opened by machines', broadcast.opened_by_machines, 'events', counted.opened_by_machines),
           ('clicked by machines', broadcast.clicked_by_machines, 'events', counted.clicked_by_machines)
) AS what (words, kept, source, counted)
WHERE what.kept <> coalesce(what.counted, 0)
UNION ALL
SELECT broadcast.id, broadcast.title, broadcast.status, what.words || ' on link ' || link.number, what.kept, 'events',
       coalesce(what.counted, 0)
FROM broadcast
JOIN broadcasts_link AS link ON link.broadcast_id = broadcast.id
LEFT JOIN followed ON followed.broadcast_id = broadcast.id AND followed.number = link.number
CROSS JOIN LATERAL (
    VALUES ('clicked', link.clicked, followed.clicked),
           ('clicked by machines', link.clicked_by_machines, followed.clicked_by_machines)
) AS what (words, kept, counted)
WHERE what.kept <> coalesce(what.counted, 0)
ORDER BY 1, 4, 6
