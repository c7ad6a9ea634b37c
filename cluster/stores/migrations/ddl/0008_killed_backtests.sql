-- The attempt of a job that a run is the work of; null of one that was run by hand.
ALTER TABLE backtests ADD COLUMN submission_id text;

-- Runs as they are told of: one whose driver was killed, so that it could not say so, has failed.
-- A view reads with its owner's rights: who reads runs needs none on the queue's tables.
CREATE VIEW backtest_runs AS
SELECT b.id,
       CASE WHEN b.state = 'running' AND a.ended_at IS NOT NULL THEN 'failed' ELSE b.state END
           AS state,
       b.definition, b.request, b.metrics, b.result_path,
       CASE WHEN b.state = 'running' AND a.ended_at IS NOT NULL
            THEN coalesce(a.outcome, 'its job ended') ELSE b.error END AS error,
       b.user_id, b.created_at,
       CASE WHEN b.state = 'running' THEN a.ended_at ELSE b.finished_at END AS finished_at
FROM backtests b
LEFT JOIN job_attempts a ON a.submission_id = b.submission_id;

GRANT SELECT ON backtest_runs TO trii_jobs, trii_serve;
