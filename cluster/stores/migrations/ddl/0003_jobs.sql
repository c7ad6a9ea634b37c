-- The queue: one row a job, from the moment it is asked for. Ray runs attempts of it.
CREATE TABLE jobs (
    id              text COLLATE "C" PRIMARY KEY CHECK (id ~ '^[a-z0-9][a-z0-9-]{0,79}$'),
    -- The order of arrival; a job that is queued again keeps its place.
    number          bigint NOT NULL GENERATED ALWAYS AS IDENTITY UNIQUE,
    kind            text NOT NULL,
    module          text NOT NULL,
    arguments       text[] NOT NULL,
    user_id         text NOT NULL CHECK (user_id <> '*'),
    pool            text NOT NULL,
    cpus            double precision NOT NULL CHECK (cpus > 0),
    gpus            double precision NOT NULL CHECK (gpus >= 0),
    memory_bytes    bigint NOT NULL CHECK (memory_bytes >= 0),
    priority        text NOT NULL CHECK (priority IN ('high', 'normal', 'low')),
    deadline        timestamptz,
    idempotency_key text,
    request_hash    text NOT NULL CHECK (request_hash ~ '^[0-9a-f]{64}$'),
    depends_on      text[] NOT NULL,
    resumable       boolean NOT NULL,
    attempt         integer NOT NULL DEFAULT 0 CHECK (attempt >= 0),
    max_attempts    integer NOT NULL CHECK (max_attempts >= 1),
    state           text NOT NULL DEFAULT 'queued' CHECK (state IN
                        ('queued', 'submitting', 'running', 'succeeded', 'failed', 'cancelled', 'expired')),
    -- Why it waits, or why it ended.
    reason          text NOT NULL DEFAULT '',
    -- The token of the loop that touched the row last: an older loop can't change it any more.
    fence           bigint NOT NULL DEFAULT 0,
    created_at      timestamptz NOT NULL,
    queued_at       timestamptz NOT NULL,
    submitting_at   timestamptz,
    running_at      timestamptz,
    cancel_at       timestamptz,
    ended_at        timestamptz,
    UNIQUE (user_id, idempotency_key),
    CHECK ((ended_at IS NOT NULL) = (state IN ('succeeded', 'failed', 'cancelled', 'expired'))),
    CHECK (attempt > 0 OR state NOT IN ('submitting', 'running', 'succeeded'))
);
CREATE INDEX jobs_open ON jobs (number) WHERE state IN ('queued', 'submitting', 'running');

CREATE TABLE job_attempts (
    job_id        text COLLATE "C" NOT NULL REFERENCES jobs,
    attempt       integer NOT NULL CHECK (attempt >= 1),
    -- What Ray calls it: the job's id, from the second attempt on with the attempt's number behind.
    submission_id text NOT NULL UNIQUE,
    -- The life of the Ray cluster that was asked; null where it is known that none was.
    session       text,
    fence         bigint NOT NULL,
    begun_at      timestamptz NOT NULL,
    submitted_at  timestamptz,
    running_at    timestamptz,
    ended_at      timestamptz,
    outcome       text,
    PRIMARY KEY (job_id, attempt)
);

-- Who may act alone. A token is never given twice, and a later holder has a greater one.
CREATE SEQUENCE lease_tokens;
CREATE TABLE leases (
    name       text PRIMARY KEY,
    holder     text NOT NULL,
    token      bigint NOT NULL,
    expires_at timestamptz NOT NULL
);

-- What a user may have running at once; '*' is everybody without a row. Null is no limit.
CREATE TABLE quotas (
    user_id text PRIMARY KEY,
    running integer CHECK (running >= 0),
    cpus    double precision CHECK (cpus >= 0),
    gpus    double precision CHECK (gpus >= 0)
);
INSERT INTO quotas (user_id, running, cpus, gpus) VALUES ('*', 8, 32, 4);

-- Whoever waits for a job hears of it at once: the loop of a new one, a client of its state.
CREATE FUNCTION tell_jobs() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    PERFORM pg_notify('trii_jobs', NEW.id);
    RETURN NULL;
END $$;
CREATE TRIGGER tell_inserted AFTER INSERT ON jobs FOR EACH ROW EXECUTE FUNCTION tell_jobs();
CREATE TRIGGER tell_updated AFTER UPDATE OF state, cancel_at ON jobs
    FOR EACH ROW EXECUTE FUNCTION tell_jobs();

-- The queue belongs to the serving side. A job's own code has no right here, so that what runs on
-- a batch node can neither see nor change what others run.
GRANT SELECT, INSERT, UPDATE ON jobs, job_attempts, leases TO trii_serve;
GRANT SELECT ON quotas TO trii_serve;
GRANT USAGE ON SEQUENCE lease_tokens TO trii_serve;
