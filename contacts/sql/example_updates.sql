-- The first contacts that importing would change. `classified` is classify_stage, with its parameters.
-- Parameters: limit. Returns: line, email, the whole name before and after, and whether it would unsubscribe.
SELECT line, email,
       trim(old_first_name || ' ' || old_last_name) AS before,
       trim(coalesce(nullif(first_name, ''), old_first_name) || ' ' || coalesce(nullif(last_name, ''), old_last_name)) AS after,
       unsubscribed IS TRUE AND old_status = 0 AS unsubscribes
FROM ({classified}) AS classified
WHERE is_changed
ORDER BY line
LIMIT %(limit)s
