-- When what runs is said in code (cluster/schedules/table.py); here is how far that has been planned.
CREATE TABLE schedules (
    name          text PRIMARY KEY CHECK (name ~ '^[a-z][a-z0-9_-]{0,62}$'),
    -- Every occurrence up to here has a row in schedule_runs or fell into a pause.
    planned_until timestamptz NOT NULL,
    paused_at     timestamptz,
    paused_by     text,
    CHECK ((paused_at IS NULL) = (paused_by IS NULL))
);

-- One row an occurrence: the key that lets it run once.
CREATE TABLE schedule_runs (
    schedule   text NOT NULL REFERENCES schedules,
    due_at     timestamptz NOT NULL,
    state      text NOT NULL CHECK (state IN ('due', 'submitted', 'skipped', 'failed')),
    planned_at timestamptz NOT NULL,
    job_id     text,
    note       text NOT NULL DEFAULT '',
    PRIMARY KEY (schedule, due_at),
    CHECK ((job_id IS NOT NULL) = (state = 'submitted'))
);

-- The outbox: what happened, written with what caused it. The id is the key of every delivery.
CREATE TABLE notices (
    id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    event      text NOT NULL,
    payload    jsonb NOT NULL,
    -- The one channel that is told; null is every channel that wants the event.
    channel    text,
    created_at timestamptz NOT NULL DEFAULT now(),
    -- When its deliveries were entered.
    routed_at  timestamptz
);
CREATE INDEX notices_unrouted ON notices (created_at) WHERE routed_at IS NULL;

CREATE TABLE deliveries (
    notice_id uuid NOT NULL REFERENCES notices ON DELETE CASCADE,
    channel   text NOT NULL,
    state     text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'sent', 'dead')),
    attempts  integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    error     text NOT NULL DEFAULT '',
    ended_at  timestamptz,
    PRIMARY KEY (notice_id, channel),
    CHECK ((ended_at IS NULL) = (state = 'pending'))
);
CREATE INDEX deliveries_open ON deliveries (state) WHERE state <> 'sent';

-- A job that fails says so in the same transaction, whoever moved it.
CREATE FUNCTION notice_failed_job() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO notices (event, payload, created_at) VALUES (
        'job.failed',
        jsonb_build_object('job', NEW.id, 'kind', NEW.kind, 'user', NEW.user_id, 'reason', NEW.reason),
        coalesce(NEW.ended_at, now())
    );
    RETURN NULL;
END $$;
CREATE TRIGGER notice_failed AFTER UPDATE OF state ON jobs FOR EACH ROW
    WHEN (NEW.state = 'failed' AND OLD.state <> 'failed') EXECUTE FUNCTION notice_failed_job();

CREATE FUNCTION tell_notices() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    PERFORM pg_notify('trii_notices', '');
    RETURN NULL;
END $$;
CREATE TRIGGER tell AFTER INSERT ON notices FOR EACH STATEMENT EXECUTE FUNCTION tell_notices();

GRANT SELECT, INSERT, UPDATE ON schedules TO trii_serve;
GRANT SELECT, INSERT, UPDATE, DELETE ON schedule_runs, notices, deliveries TO trii_serve;

-- The tables of procrastinate, which the migration has made before.
GRANT SELECT, INSERT, UPDATE, DELETE ON procrastinate_jobs, procrastinate_events,
    procrastinate_workers, procrastinate_periodic_defers TO trii_serve;
GRANT USAGE ON SEQUENCE procrastinate_jobs_id_seq, procrastinate_events_id_seq,
    procrastinate_periodic_defers_id_seq TO trii_serve;
