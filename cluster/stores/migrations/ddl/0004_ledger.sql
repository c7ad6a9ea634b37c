-- The research ledger: what was tried, in which family of ideas, and what was looked at once too often.
-- Append-only, for everybody: a trial that is left out makes the next one look better than it is.
CREATE TABLE families (
    name        text PRIMARY KEY CHECK (name ~ '^[a-z][a-z0-9-]{0,62}$'),
    description text NOT NULL,
    user_id     text NOT NULL,
    created_at  timestamptz NOT NULL
);

CREATE TABLE trials (
    -- Hash of all that decides the numbers: the same trial again is the same trial.
    id          text PRIMARY KEY CHECK (id ~ '^[0-9a-f]{64}$'),
    family      text NOT NULL REFERENCES families,
    strategy    text NOT NULL,
    source_hash text NOT NULL CHECK (source_hash ~ '^[0-9a-f]{64}$'),
    parameters  jsonb NOT NULL,
    universe    text NOT NULL,
    costs       jsonb NOT NULL,
    span_start  date NOT NULL,
    span_end    date NOT NULL,
    snapshot    text NOT NULL,
    -- Of the daily returns of the whole book, per session; kurtosis of a normal is 3.
    sessions    integer NOT NULL CHECK (sessions >= 0),
    sharpe      double precision,
    skew        double precision,
    kurtosis    double precision,
    run_id      text NOT NULL,
    user_id     text NOT NULL,
    recorded_at timestamptz NOT NULL,
    CHECK (span_start <= span_end)
);
CREATE INDEX trials_family ON trials (family, recorded_at);

-- The lockbox of a universe is the part of its span that grids and sweeps may not see.
CREATE TABLE lockbox_openings (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    family     text NOT NULL REFERENCES families,
    universe   text NOT NULL,
    span_start date NOT NULL,
    span_end   date NOT NULL CHECK (span_start <= span_end),
    trial_id   text NOT NULL REFERENCES trials,
    reason     text NOT NULL CHECK (reason <> ''),
    user_id    text NOT NULL,
    opened_at  timestamptz NOT NULL
);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    RAISE EXCEPTION '% is append-only: a row is neither changed nor removed', TG_TABLE_NAME;
END $$;
CREATE TRIGGER keep BEFORE UPDATE OR DELETE OR TRUNCATE ON families EXECUTE FUNCTION refuse_change();
CREATE TRIGGER keep BEFORE UPDATE OR DELETE OR TRUNCATE ON trials EXECUTE FUNCTION refuse_change();
CREATE TRIGGER keep BEFORE UPDATE OR DELETE OR TRUNCATE ON lockbox_openings
    EXECUTE FUNCTION refuse_change();

GRANT SELECT, INSERT ON families, trials, lockbox_openings TO trii_jobs;
GRANT SELECT ON families, trials, lockbox_openings TO trii_serve;
