-- Removes an import's staging table, `stage`, if it is there.
DROP TABLE IF EXISTS {stage}
