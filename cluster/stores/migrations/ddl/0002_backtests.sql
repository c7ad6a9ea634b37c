-- Backtests: one row a run, from the moment it starts. Results themselves are files.
CREATE TABLE backtests (
    -- Begins with the time, so that the order of ids is the order of runs.
    id          text COLLATE "C" PRIMARY KEY CHECK (id ~ '^[a-z0-9-]{1,64}$'),
    state       text NOT NULL CHECK (state IN ('running', 'done', 'failed')),
    -- Hash of request, snapshot, members and code: equal definitions give equal results.
    definition  text NOT NULL CHECK (definition ~ '^[0-9a-f]{64}$'),
    request     jsonb NOT NULL,
    metrics     jsonb,
    result_path text,
    error       text,
    user_id     text,
    created_at  timestamptz NOT NULL,
    finished_at timestamptz,
    CHECK ((state = 'running') = (finished_at IS NULL)),
    CHECK ((state = 'done') = (metrics IS NOT NULL AND result_path IS NOT NULL)),
    CHECK ((state = 'failed') = (error IS NOT NULL))
);

CREATE INDEX backtests_definition ON backtests (definition);

GRANT SELECT, INSERT, UPDATE ON backtests TO trii_jobs;
GRANT SELECT ON backtests TO trii_serve;
