-- name: insert_job
-- A job is asked for. No row comes back where the user has used this key before: two commands sent at
-- once with one key race here, and the unique index lets one of them win without either looking first.
INSERT INTO jobs (
    id, kind, module, arguments, user_id, pool, cpus, gpus, memory_bytes, priority, deadline,
    idempotency_key, request_hash, depends_on, resumable, max_attempts, bundle, created_at, queued_at
) VALUES (
    %(id)s, %(kind)s, %(module)s, %(arguments)s, %(user_id)s, %(pool)s, %(cpus)s, %(gpus)s,
    %(memory_bytes)s, %(priority)s, %(deadline)s, %(idempotency_key)s, %(request_hash)s,
    %(depends_on)s, %(resumable)s, %(max_attempts)s, %(bundle)s, %(now)s, %(now)s
)
ON CONFLICT (user_id, idempotency_key) DO NOTHING
RETURNING id

-- name: select_jobs
-- Jobs with their current attempt, newest first; every condition may be left out. Ordered by number,
-- the order of arrival: two jobs may have one time, and a page must begin where the last one ended.
SELECT j.id, j.number, j.kind, j.module, j.arguments, j.bundle, j.user_id, j.pool, j.cpus, j.gpus,
       j.memory_bytes, j.priority, j.deadline, j.idempotency_key, j.request_hash, j.depends_on,
       j.resumable, j.attempt, j.max_attempts, j.state, j.reason, j.fence, j.created_at,
       j.queued_at, j.submitting_at, j.running_at, j.cancel_at, j.ended_at,
       a.submission_id, a.session, a.submitted_at
FROM jobs j LEFT JOIN job_attempts a ON a.job_id = j.id AND a.attempt = j.attempt
WHERE (%(ids)s::text[] IS NULL OR j.id = ANY(%(ids)s))
  AND (%(states)s::text[] IS NULL OR j.state = ANY(%(states)s))
  AND (%(user_id)s::text IS NULL OR j.user_id = %(user_id)s)
  AND (%(key)s::text IS NULL OR j.idempotency_key = %(key)s)
  AND (%(before)s::text IS NULL OR j.number < (SELECT b.number FROM jobs b WHERE b.id = %(before)s))
ORDER BY j.number DESC
LIMIT %(limit)s

-- name: move_job
-- A job goes from one state to another, if it still is where the caller saw it. What somebody wants
-- cancelled is not queued again. A deadline is the latest start: what has run has kept it. The state,
-- the attempt and the fence in WHERE are the lock: of two movers that read one row, the second finds
-- nothing to change, and a mover whose lease was taken can't undo what the newer one has written.
UPDATE jobs
SET state = %(to)s, reason = %(reason)s, fence = %(fence)s,
    attempt = attempt + (%(to)s = 'submitting')::int,
    max_attempts = greatest(max_attempts, %(max_attempts)s::int),
    queued_at = CASE %(to)s WHEN 'queued' THEN %(now)s ELSE queued_at END,
    submitting_at = CASE %(to)s WHEN 'submitting' THEN %(now)s WHEN 'queued' THEN NULL
                    ELSE submitting_at END,
    running_at = CASE %(to)s WHEN 'running' THEN %(now)s WHEN 'queued' THEN NULL
                 ELSE running_at END,
    deadline = CASE WHEN state = 'running' AND %(to)s = 'queued' THEN NULL ELSE deadline END,
    cancel_at = CASE %(to)s WHEN 'queued' THEN NULL ELSE cancel_at END,
    ended_at = CASE WHEN %(ends)s THEN %(now)s END
WHERE id = %(id)s AND state = %(from)s AND attempt = %(attempt)s AND fence <= %(fence)s
  AND (%(to)s <> 'queued' OR cancel_at IS NULL OR ended_at IS NOT NULL)

-- name: explain_job
-- Why a queued job waits, where that changed: a row that is written at each turn would wake everybody
-- who listens for its state.
UPDATE jobs SET reason = %(reason)s, fence = %(fence)s
WHERE id = %(id)s AND state = 'queued' AND reason <> %(reason)s AND fence <= %(fence)s

-- name: request_cancel
-- Somebody wants a job to stop that Ray may have; the loop sees to it. The state stays, because only
-- Ray knows when the attempt is over. The first wish keeps its time.
UPDATE jobs SET cancel_at = coalesce(cancel_at, %(now)s)
WHERE id = %(id)s AND state IN ('submitting', 'running')

-- name: insert_attempt
-- In the transaction that moves the job to submitting: Ray is never asked for an attempt that no row names.
INSERT INTO job_attempts (job_id, attempt, submission_id, session, fence, begun_at)
VALUES (%(job_id)s, %(attempt)s, %(submission_id)s, %(session)s, %(fence)s, %(now)s)

-- name: note_attempt
-- What is known of an attempt grows; `session` alone is replaced, before each time Ray is asked.
UPDATE job_attempts
SET session = %(session)s,
    submitted_at = coalesce(submitted_at, %(submitted_at)s),
    running_at = coalesce(running_at, %(running_at)s),
    ended_at = coalesce(ended_at, %(ended_at)s),
    outcome = coalesce(outcome, %(outcome)s)
WHERE job_id = %(job_id)s AND attempt = %(attempt)s

-- name: list_attempts
-- In the order in which they were made: the last one is the current one.
SELECT attempt, submission_id, session, begun_at, submitted_at, running_at, ended_at, outcome
FROM job_attempts WHERE job_id = %(job_id)s ORDER BY attempt

-- name: list_submission_ids
-- Which of Ray's jobs are ours: the others came by plain `ray job submit`.
SELECT submission_id FROM job_attempts WHERE submission_id = ANY(%(ids)s)

-- name: list_quotas
-- Read in the transaction that admits, so that a quota set meanwhile counts at the next turn as a whole.
SELECT user_id, running, cpus, gpus FROM quotas

-- name: list_typical_hours
-- How long a job of each kind runs: the median of those that succeeded within a month.
SELECT j.kind,
       percentile_cont(0.5) WITHIN GROUP (
           ORDER BY extract(epoch FROM j.ended_at - j.running_at)
       )::float8 / 3600 AS hours
FROM jobs j
WHERE j.state = 'succeeded' AND j.running_at IS NOT NULL AND j.ended_at > %(now)s - interval '30 days'
GROUP BY j.kind

-- name: list_runs_since
-- What ran on a day or is under way: an attempt that was lost has cost what it ran as well.
SELECT j.kind, j.pool, j.cpus, j.gpus, j.memory_bytes, a.running_at, a.ended_at
FROM job_attempts a JOIN jobs j ON j.id = a.job_id
WHERE (a.ended_at >= %(day)s AND a.running_at IS NOT NULL)
   OR (a.ended_at IS NULL AND a.attempt = j.attempt AND j.state IN ('submitting', 'running'))

-- name: write_quota
-- Whole rows: the caller has merged what was there before, as the owner, whom nobody races.
INSERT INTO quotas (user_id, running, cpus, gpus)
VALUES (%(user_id)s, %(running)s, %(cpus)s, %(gpus)s)
ON CONFLICT (user_id) DO UPDATE
SET running = excluded.running, cpus = excluded.cpus, gpus = excluded.gpus

-- name: remove_quota
-- From here on everybody's quota counts for the user.
DELETE FROM quotas WHERE user_id = %(user_id)s

-- name: list_needs
-- Every need of every job that can be reached from these: what a cycle would have to pass. UNION, not
-- UNION ALL: what was reached twice is not followed twice, so that a cycle in old rows ends it too.
WITH RECURSIVE reached (id, depends_on) AS (
    SELECT id, depends_on FROM jobs WHERE id = ANY(%(ids)s)
    UNION
    SELECT j.id, j.depends_on FROM jobs j JOIN reached r ON j.id = ANY(r.depends_on)
)
SELECT id, depends_on FROM reached
