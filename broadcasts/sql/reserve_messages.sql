-- Reserves messages from what a relay may be given, for a sender on any host.
-- Parameters: name (of the transport), most, per_second, per_hour, per_day (null: no limit).
-- Returns: how many were granted (0 to most), in how many seconds the first of them may leave, and, when none was
-- granted, in how many seconds there will be some again.
-- Messages per second are given away as time: each reservation begins where the one before ends.
-- Relies on the name's unique index.
WITH transport AS (
    SELECT id, greatest(free_at, clock_timestamp()) AS free_at,
           CASE WHEN hour > clock_timestamp() - interval '1 hour' THEN hour ELSE clock_timestamp() END AS hour,
           CASE WHEN hour > clock_timestamp() - interval '1 hour' THEN hour_used ELSE 0 END AS hour_used,
           CASE WHEN day > clock_timestamp() - interval '1 day' THEN day ELSE clock_timestamp() END AS day,
           CASE WHEN day > clock_timestamp() - interval '1 day' THEN day_used ELSE 0 END AS day_used
    FROM broadcasts_transport
    WHERE name = %(name)s
    FOR UPDATE
), granted AS (
    SELECT *, greatest(0, least(
        %(most)s::int,
        %(per_hour)s::int - hour_used,
        %(per_day)s::int - day_used
    )) AS number
    FROM transport
)
UPDATE broadcasts_transport
SET free_at = granted.free_at + coalesce(granted.number / %(per_second)s::float8, 0) * interval '1 second',
    hour = granted.hour,
    hour_used = granted.hour_used + granted.number,
    day = granted.day,
    day_used = granted.day_used + granted.number
FROM granted
WHERE broadcasts_transport.id = granted.id
RETURNING granted.number,
          extract(epoch FROM granted.free_at - clock_timestamp())::float8,
          extract(epoch FROM greatest(
              CASE WHEN granted.hour_used >= %(per_hour)s::int THEN granted.hour + interval '1 hour' END,
              CASE WHEN granted.day_used >= %(per_day)s::int THEN granted.day + interval '1 day' END
          ) - clock_timestamp())::float8
