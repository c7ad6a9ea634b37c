-- Whether the run's own process holds its lock in a session of its own for as long as it works; a run of
-- a job has its attempt to tell of its end.
ALTER TABLE backtests ADD COLUMN held boolean NOT NULL DEFAULT false;

-- Runs as they are told of. A session ends with its process, however that ends and wherever it ran: a
-- run that says running while nobody holds its lock is lost. Should its session alone have been cut, its
-- result is recorded all the same.
CREATE OR REPLACE VIEW backtest_runs AS
SELECT b.id,
       CASE WHEN b.state = 'running' AND (a.ended_at IS NOT NULL OR b.lost)
            THEN 'failed' ELSE b.state END AS state,
       b.definition, b.request, b.metrics, b.result_path,
       CASE WHEN b.state = 'running' AND a.ended_at IS NOT NULL
            THEN coalesce(a.outcome, 'its job ended')
            WHEN b.lost
            THEN 'its process is gone (killed, or its machine was lost): run it again'
            ELSE b.error END AS error,
       b.user_id, b.created_at,
       CASE WHEN b.state = 'running' THEN a.ended_at ELSE b.finished_at END AS finished_at,
       b.lost
FROM (
    SELECT r.*, CASE WHEN r.state = 'running' AND r.held THEN NOT EXISTS (
        SELECT FROM pg_locks l
        WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2
            AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
            AND l.classid = hashtext('trii.backtests')::oid AND l.objid = hashtext(r.id)::oid
    ) ELSE false END AS lost
    FROM backtests r
) b
LEFT JOIN job_attempts a ON a.submission_id = b.submission_id;
