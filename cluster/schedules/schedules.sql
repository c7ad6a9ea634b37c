-- name: enter_schedule
-- A schedule that is new begins now: nothing before is due.
INSERT INTO schedules (name, planned_until) VALUES (%(name)s, %(now)s) ON CONFLICT (name) DO NOTHING

-- name: list_schedules
-- Without a lock, for people who look.
SELECT name, planned_until, paused_at, paused_by FROM schedules ORDER BY name

-- name: lock_schedule
-- Locked until its occurrences are entered: a pause or a resume that comes meanwhile waits, and then
-- counts from the time up to which has been planned.
SELECT name, planned_until, paused_at, paused_by FROM schedules WHERE name = %(name)s FOR UPDATE

-- name: advance_schedule
-- The clock may have been set back: what was planned stays planned.
UPDATE schedules SET planned_until = greatest(planned_until, %(until)s) WHERE name = %(name)s

-- name: pause_schedule
-- Who paused first, and when, stays.
UPDATE schedules SET paused_at = %(now)s, paused_by = %(user_id)s
WHERE name = %(name)s AND paused_at IS NULL

-- name: resume_schedule
-- What fell into the pause stays out: planning goes on from now.
UPDATE schedules
SET paused_at = NULL, paused_by = NULL, planned_until = greatest(planned_until, %(now)s)
WHERE name = %(name)s AND paused_at IS NOT NULL

-- name: insert_run
-- An occurrence is entered once. No row comes back where it stands already.
INSERT INTO schedule_runs (schedule, due_at, state, planned_at, note)
VALUES (%(schedule)s, %(due_at)s, %(state)s, %(now)s, %(note)s)
ON CONFLICT (schedule, due_at) DO NOTHING
RETURNING schedule

-- name: end_run
-- Only what is due can be settled: of two workers with one task the second changes nothing.
UPDATE schedule_runs SET state = %(state)s, job_id = %(job_id)s, note = %(note)s
WHERE schedule = %(schedule)s AND due_at = %(due_at)s AND state = 'due'

-- name: get_run
-- Without a lock: the job's idempotency key, not this row, keeps a second submission from being a second job.
SELECT schedule, due_at, state, planned_at, job_id, note FROM schedule_runs
WHERE schedule = %(schedule)s AND due_at = %(due_at)s

-- name: list_last_runs
-- DISTINCT ON takes the first row of each schedule in the order given: its newest occurrence.
SELECT DISTINCT ON (schedule) schedule, due_at, state, planned_at, job_id, note
FROM schedule_runs ORDER BY schedule, due_at DESC

-- name: forget_runs
-- What is due stays however old it is: a worker has still to settle it.
DELETE FROM schedule_runs WHERE due_at < %(before)s AND state <> 'due'
