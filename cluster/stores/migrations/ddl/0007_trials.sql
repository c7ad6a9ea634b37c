-- What tells equal data from others, and what a year is; null of trials recorded before this.
ALTER TABLE trials
    -- Hash of the bars that were read: snapshots move where none of these bars did.
    ADD COLUMN data_hash text CHECK (data_hash ~ '^[0-9a-f]{64}$'),
    -- Of the calendar: the annual Sharpe ratio is that of a session times its root.
    ADD COLUMN sessions_per_year integer CHECK (sessions_per_year > 0);

CREATE INDEX trials_recorded ON trials (recorded_at, id);
