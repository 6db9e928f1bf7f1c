-- Finds a standing API key with its team, and the team's standing audience with an id, if a request's address has one.
-- Parameters: digest (of the token), audience (its uuid, or null).
-- Returns: fields of the team, of the key and of the audience, which are null when there is none.
-- Relies on the unique digest of keys and on the unique uuid of audiences.
SELECT team.id, team.name, team.slug,
       key.id, key.team_id, key.uuid, key.name, key.permission, key.last_used_at,
       audience.id, audience.team_id, audience.uuid, audience.name, audience.created_at
FROM api_apikey AS key
JOIN teams_team AS team ON team.id = key.team_id
LEFT JOIN audiences_audience AS audience
       ON audience.uuid = %(audience)s::uuid AND audience.team_id = key.team_id AND audience.deleted_at IS NULL
WHERE key.digest = %(digest)s AND key.revoked_at IS NULL
