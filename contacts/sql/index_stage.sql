-- Makes a filled staging table, `stage`, ready to be read in chunks and joined.
ALTER TABLE {stage} ADD PRIMARY KEY (seq);
ANALYZE {stage}
