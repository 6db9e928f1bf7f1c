-- Counts opens and clicks that wait for it: judges which were a machine's, keeps of each e-mail the first of either kind
-- of visitor (per link, for clicks), and moves the counters, also those by the hour, by what is new.
-- Parameters: before (only events that came earlier), most (how many); at_once (a click within that after sending is a
-- machine's), ledger_lags (by how much the ledger may know the time of sending too late); walk, walk_within (so many
-- links of an e-mail clicked within so much are a machine's, and so is what it opened on the way).
-- Returns: how many events were looked at, and how many of them counted: those whose broadcast or e-mail somebody holds
-- wait for the next time, so that it neither waits for anybody who sends or freezes nor keeps them waiting.
-- An hour keeps what was counted in it, also when an earlier click or open becomes known later.
-- One at a time, which the caller's lock sees to. A person's click tells of an open, if opens are counted.
-- Relies on event_to_fold, event_of_email, one_link_per_number and the primary keys.
WITH waiting AS MATERIALIZED (
    SELECT id, email_id, kind, at, by_machine, (data -> 'link')::int AS link
    FROM broadcasts_emailevent
    WHERE to_fold AND at < %(before)s
    ORDER BY id
    LIMIT %(most)s
), broadcast AS MATERIALIZED (
    SELECT id, track_opens
    FROM broadcasts_broadcast
    WHERE id IN (
        SELECT email.broadcast_id
        FROM waiting
        JOIN broadcasts_email AS email ON email.id = waiting.email_id
    )
    FOR NO KEY UPDATE SKIP LOCKED
), held AS MATERIALIZED (
    SELECT email.id, email.broadcast_id, email.sent_at, email.opened_at, email.clicked_at, broadcast.track_opens
    FROM (SELECT DISTINCT email_id FROM waiting) AS concerned
    JOIN broadcasts_email AS email ON email.id = concerned.email_id
    JOIN broadcast ON broadcast.id = email.broadcast_id
    FOR NO KEY UPDATE OF email SKIP LOCKED
), judged AS MATERIALIZED (
    SELECT waiting.id, waiting.email_id, waiting.kind, waiting.at, waiting.link, held.broadcast_id,
           waiting.by_machine
           OR coalesce(
               waiting.kind = 'clicked'
               AND waiting.at BETWEEN held.sent_at - %(ledger_lags)s::interval AND held.sent_at + %(at_once)s::interval,
               false
           )
           OR (
               SELECT count(DISTINCT near.data -> 'link') >= %(walk)s
               FROM broadcasts_emailevent AS near
               WHERE near.email_id = waiting.email_id AND near.kind = 'clicked'
                 AND near.at BETWEEN waiting.at - %(walk_within)s::interval AND waiting.at + %(walk_within)s::interval
           ) AS by_machine
    FROM waiting
    JOIN held ON held.id = waiting.email_id
), ranked AS MATERIALIZED (
    SELECT judged.*,
           row_number() OVER (PARTITION BY email_id, kind, link, by_machine ORDER BY at, id) = 1
           AND NOT EXISTS (
               SELECT FROM broadcasts_emailevent AS known
               WHERE known.email_id = judged.email_id AND NOT known.to_fold AND known.kind = judged.kind
                 AND known.by_machine = judged.by_machine
                 AND (known.data -> 'link')::int IS NOT DISTINCT FROM judged.link
           ) AS is_first
    FROM judged
), kept AS (
    UPDATE broadcasts_emailevent AS event
    SET to_fold = false, by_machine = ranked.by_machine
    FROM ranked
    WHERE event.id = ranked.id AND ranked.is_first
), dropped AS (
    DELETE FROM broadcasts_emailevent AS event
    USING ranked
    WHERE event.id = ranked.id AND NOT ranked.is_first
), happened AS (
    SELECT email_id,
           min(at) FILTER (WHERE NOT by_machine) AS looked_at,
           min(at) FILTER (WHERE NOT by_machine AND kind = 'clicked') AS clicked_at,
           coalesce(bool_or(by_machine AND kind = 'opened'), false) AS opened_by_machine,
           coalesce(bool_or(by_machine AND kind = 'clicked'), false) AS clicked_by_machine
    FROM ranked
    WHERE is_first
    GROUP BY email_id
), news AS MATERIALIZED (
    SELECT held.id, held.broadcast_id,
           CASE WHEN held.track_opens THEN happened.looked_at END AS opened_at,
           happened.clicked_at,
           held.track_opens AND held.opened_at IS NULL AND happened.looked_at IS NOT NULL AS is_opened,
           held.clicked_at IS NULL AND happened.clicked_at IS NOT NULL AS is_clicked,
           happened.opened_by_machine,
           happened.clicked_by_machine AND NOT EXISTS (
               SELECT FROM broadcasts_emailevent AS known
               WHERE known.email_id = held.id AND NOT known.to_fold AND known.kind = 'clicked' AND known.by_machine
           ) AS clicked_by_machine
    FROM happened
    JOIN held ON held.id = happened.email_id
), dated AS (
    UPDATE broadcasts_email AS email
    SET opened_at = least(email.opened_at, news.opened_at), clicked_at = least(email.clicked_at, news.clicked_at)
    FROM news
    WHERE email.id = news.id AND (news.is_opened OR news.is_clicked)
), counted AS (
    UPDATE broadcasts_broadcast AS broadcast
    SET opened = broadcast.opened + more.opened,
        clicked = broadcast.clicked + more.clicked,
        opened_by_machines = broadcast.opened_by_machines + more.opened_by_machines,
        clicked_by_machines = broadcast.clicked_by_machines + more.clicked_by_machines
    FROM (
        SELECT broadcast_id,
               count(*) FILTER (WHERE is_opened)::int AS opened,
               count(*) FILTER (WHERE is_clicked)::int AS clicked,
               count(*) FILTER (WHERE opened_by_machine)::int AS opened_by_machines,
               count(*) FILTER (WHERE clicked_by_machine)::int AS clicked_by_machines
        FROM news
        GROUP BY broadcast_id
    ) AS more
    WHERE broadcast.id = more.broadcast_id
), by_hour AS (
    INSERT INTO broadcasts_responsehour AS hour (broadcast_id, at, opened, clicked)
    SELECT news.broadcast_id,
           date_bin('1 hour', what.at, '2000-01-01 00:00+00'),
           count(*) FILTER (WHERE what.kind = 'opened'),
           count(*) FILTER (WHERE what.kind = 'clicked')
    FROM news
    CROSS JOIN LATERAL (
        VALUES ('opened', news.opened_at, news.is_opened), ('clicked', news.clicked_at, news.is_clicked)
    ) AS what (kind, at, is_first)
    WHERE what.is_first
    GROUP BY 1, 2
    ON CONFLICT (broadcast_id, at) DO UPDATE
    SET opened = hour.opened + excluded.opened, clicked = hour.clicked + excluded.clicked
), followed AS (
    UPDATE broadcasts_link AS link
    SET clicked = link.clicked + more.clicked,
        clicked_by_machines = link.clicked_by_machines + more.clicked_by_machines
    FROM (
        SELECT broadcast_id, link AS number,
               count(*) FILTER (WHERE NOT by_machine)::int AS clicked,
               count(*) FILTER (WHERE by_machine)::int AS clicked_by_machines
        FROM ranked
        WHERE is_first AND kind = 'clicked'
        GROUP BY broadcast_id, link
    ) AS more
    WHERE link.broadcast_id = more.broadcast_id AND link.number = more.number
)
SELECT (SELECT count(*) FROM waiting), (SELECT count(*) FROM ranked)
