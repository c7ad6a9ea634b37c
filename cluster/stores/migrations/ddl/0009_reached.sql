-- Rows name their cluster, so that a database restored elsewhere or shared later says whose they are;
-- jobs and leases do not yet: one cluster a database. What stands there is the laptop's.
ALTER TABLE desired ADD COLUMN cluster text NOT NULL DEFAULT 'laptop'
    CHECK (cluster ~ '^[a-z][a-z0-9-]{0,62}$');
ALTER TABLE desired ALTER COLUMN cluster DROP DEFAULT;
ALTER TABLE desired DROP CONSTRAINT desired_pkey, ADD PRIMARY KEY (cluster, kind, name);

-- How far each cluster has come: written by the loop `reconcile`, read by whoever waits for it.
CREATE TABLE reached (
    cluster text PRIMARY KEY,
    epoch   bigint NOT NULL,
    -- Of the document that was handed to Serve: the same epoch may render otherwise after an upgrade.
    digest  text NOT NULL,
    state   text NOT NULL CHECK (state IN ('moving', 'reached', 'refused')),
    -- How far it is, or why Serve refused it.
    reason  text NOT NULL,
    at      timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT, INSERT, UPDATE ON reached TO trii_serve;
GRANT SELECT ON reached TO trii_jobs;

-- Whoever brings Serve there hears of a change at once.
CREATE FUNCTION tell_desired() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    PERFORM pg_notify('trii_desired', '');
    RETURN NULL;
END $$;
CREATE TRIGGER tell AFTER INSERT OR UPDATE OR DELETE ON desired
    FOR EACH STATEMENT EXECUTE FUNCTION tell_desired();
