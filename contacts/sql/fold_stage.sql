-- Leaves one staged row per address, the last one, as if the file had been imported row by row: a value that its later
-- rows leave empty stays, also of a property, and an unsubscribe in any of them holds. `stage` is the import's staging table.
WITH doubled AS (
    SELECT email, max(seq) AS last_seq FROM {stage} GROUP BY email HAVING count(*) > 1
), folded AS (
    SELECT doubled.last_seq,
           coalesce((array_agg(staged.first_name ORDER BY staged.seq DESC) FILTER (WHERE staged.first_name <> ''))[1], '') AS first_name,
           coalesce((array_agg(staged.last_name ORDER BY staged.seq DESC) FILTER (WHERE staged.last_name <> ''))[1], '') AS last_name,
           bool_or(staged.unsubscribed) AS unsubscribed
    FROM doubled JOIN {stage} AS staged USING (email)
    GROUP BY doubled.last_seq
), properties AS (
    SELECT doubled.last_seq, jsonb_object_agg(property.key, property.value ORDER BY staged.seq) AS latest
    FROM doubled JOIN {stage} AS staged USING (email) CROSS JOIN jsonb_each(staged.properties) AS property
    GROUP BY doubled.last_seq
), removed AS (
    DELETE FROM {stage} AS staged USING doubled
    WHERE staged.email = doubled.email AND staged.seq < doubled.last_seq
)
UPDATE {stage} AS staged
SET first_name = folded.first_name, last_name = folded.last_name, unsubscribed = folded.unsubscribed,
    properties = properties.latest
FROM folded LEFT JOIN properties USING (last_seq)
WHERE staged.seq = folded.last_seq
