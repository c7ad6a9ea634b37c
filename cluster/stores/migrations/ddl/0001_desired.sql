-- What should run: the one truth of control. Serve's configuration and MLflow's aliases follow it.
CREATE SEQUENCE desired_epoch;

CREATE TABLE desired (
    kind text NOT NULL CHECK (kind IN ('application', 'model')),
    name text NOT NULL CHECK (name ~ '^[a-z][a-z0-9-]{0,62}$'),
    spec jsonb NOT NULL,
    epoch bigint NOT NULL DEFAULT nextval('desired_epoch'),
    changed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (kind, name)
);

GRANT SELECT, INSERT, UPDATE, DELETE ON desired TO trii_serve;
GRANT USAGE ON SEQUENCE desired_epoch TO trii_serve;
-- A promotion is a job's work: it may say which version serves, not which applications run.
GRANT SELECT, INSERT, UPDATE ON desired TO trii_jobs;
GRANT USAGE ON SEQUENCE desired_epoch TO trii_jobs;
ALTER TABLE desired ENABLE ROW LEVEL SECURITY;
CREATE POLICY serve_all ON desired TO trii_serve USING (true);
CREATE POLICY jobs_read ON desired FOR SELECT TO trii_jobs USING (true);
CREATE POLICY jobs_insert ON desired FOR INSERT TO trii_jobs WITH CHECK (kind = 'model');
CREATE POLICY jobs_update ON desired FOR UPDATE TO trii_jobs USING (kind = 'model');

-- The database is closed to PUBLIC; these applications may enter.
DO $$ BEGIN
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO trii_serve, trii_jobs', current_database());
END $$;
