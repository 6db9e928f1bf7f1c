-- Counts the rows in an import's staging table, `stage`.
SELECT count(*) AS staged, coalesce(max(seq), 0) AS last_seq FROM {stage}
