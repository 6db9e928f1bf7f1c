-- Makes the table that holds an import's rows until they are applied; `stage` is its name.
-- Unlogged: after a crash of the database it is empty, which `staging.is_intact` notices.
CREATE UNLOGGED TABLE {stage} (
    seq bigint NOT NULL,
    line bigint NOT NULL,
    email text COLLATE "C" NOT NULL,
    first_name text NOT NULL,
    last_name text NOT NULL,
    unsubscribed boolean,
    properties jsonb
)
