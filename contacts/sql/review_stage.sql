-- Counts what importing the staged rows would do. `classified` is classify_stage, with its parameters.
-- Returns one row: added (of them opted_out and suppressed), updated, unchanged, kept_unsubscribed.
SELECT count(*) FILTER (WHERE is_new) AS added,
       count(*) FILTER (WHERE is_changed) AS updated,
       count(*) FILTER (WHERE NOT is_new AND NOT is_changed) AS unchanged,
       count(*) FILTER (WHERE stays_unsubscribed) AS kept_unsubscribed,
       count(opted_out_at) AS opted_out,
       count(suppressed) AS suppressed
FROM ({classified}) AS classified
