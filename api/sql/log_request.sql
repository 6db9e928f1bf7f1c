-- Writes down one request to the API, in a transaction of its own that doesn't wait for the disk: after a crash of the
-- database the last few may be missing. Parameters: team_id, key_id, method, path, status, user_agent, milliseconds,
-- request_body, response_body. Returns: id. Relies on nothing; log_of_team finds it again.
WITH hurried AS MATERIALIZED (
    SELECT set_config('synchronous_commit', 'off', true) AS done
)
INSERT INTO api_requestlog
    (team_id, uuid, key_id, method, path, status, user_agent, milliseconds, request_body, response_body)
SELECT %(team_id)s, gen_random_uuid(), %(key_id)s, %(method)s, %(path)s, %(status)s, %(user_agent)s, %(milliseconds)s,
       %(request_body)s, %(response_body)s
FROM hurried
RETURNING id
