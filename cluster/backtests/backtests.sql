-- name: insert_backtest
-- A run begins. Its id must be new: a further attempt of its job has an id of its own, and never writes
-- into what an earlier one has left.
INSERT INTO backtests (id, state, definition, request, user_id, submission_id, held, created_at)
VALUES (
    %(id)s, 'running', %(definition)s, %(request)s, %(user_id)s, %(submission_id)s, %(held)s,
    %(created_at)s
)

-- name: hold_backtest
-- Until the session ends: what nobody holds any more is lost, which the view tells.
SELECT pg_advisory_lock(hashtext('trii.backtests'), hashtext(%(id)s))

-- name: finish_backtest
-- A run has written its files. Only a running one can finish.
UPDATE backtests
SET state = 'done', metrics = %(metrics)s, result_path = %(result_path)s,
    finished_at = %(finished_at)s
WHERE id = %(id)s AND state = 'running'

-- name: fail_backtest
-- A run ended without a result. One that is done stays done.
UPDATE backtests
SET state = 'failed', error = %(error)s, finished_at = %(finished_at)s
WHERE id = %(id)s AND state = 'running'

-- name: get_backtest
-- From the view, in which a run whose job has ended without it has failed, with the job's reason.
SELECT id, state, definition, request, metrics, result_path, error, user_id, created_at, finished_at,
    lost
FROM backtest_runs
WHERE id = %(id)s

-- name: list_backtests
-- Newest first, which ids of jobs do not say; the next page begins before the last id of this one.
SELECT id, state, definition, request, metrics, result_path, error, user_id, created_at, finished_at,
    lost
FROM backtest_runs
WHERE %(before)s::text IS NULL
    OR (created_at, id) < (SELECT created_at, id FROM backtests WHERE id = %(before)s)
ORDER BY created_at DESC, id DESC
LIMIT %(limit)s
