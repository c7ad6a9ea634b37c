-- name: insert_family
-- The first description of a family stays: who comes second does not rename what others have joined.
INSERT INTO families (name, description, user_id, created_at)
VALUES (%(name)s, %(description)s, %(user_id)s, %(created_at)s)
ON CONFLICT (name) DO NOTHING

-- name: insert_trial
-- A trial that was recorded before is not recorded again: its id is a hash of what was tried on what,
-- so a run that is repeated, resumed or sent twice counts once among the trials that deflate its family.
INSERT INTO trials (id, family, strategy, source_hash, parameters, universe, costs, span_start,
    span_end, snapshot, data_hash, sessions, sessions_per_year, sharpe, skew, kurtosis, run_id,
    user_id, recorded_at)
VALUES (%(id)s, %(family)s, %(strategy)s, %(source_hash)s, %(parameters)s, %(universe)s, %(costs)s,
    %(span_start)s, %(span_end)s, %(snapshot)s, %(data_hash)s, %(sessions)s, %(sessions_per_year)s,
    %(sharpe)s, %(skew)s, %(kurtosis)s, %(run_id)s, %(user_id)s, %(recorded_at)s)
ON CONFLICT (id) DO NOTHING

-- name: list_trials
-- Of one family, in the order in which they were tried; the id decides where two have one time, so that
-- what is computed over them is the same at each call.
SELECT family, strategy, source_hash, parameters, universe, costs, span_start, span_end, snapshot,
    data_hash, sessions, sessions_per_year, sharpe, skew, kurtosis, run_id, user_id, recorded_at
FROM trials
WHERE family = %(family)s
ORDER BY recorded_at, id

-- name: get_trial
-- As it was entered: whoever tells of it again must not be shown what they said this time.
SELECT family, strategy, source_hash, parameters, universe, costs, span_start, span_end, snapshot,
    data_hash, sessions, sessions_per_year, sharpe, skew, kurtosis, run_id, user_id, recorded_at
FROM trials
WHERE id = %(id)s

-- name: find_trials
-- Newest first, of all families or one; the next page begins before the last id of this one.
SELECT family, strategy, source_hash, parameters, universe, costs, span_start, span_end, snapshot,
    data_hash, sessions, sessions_per_year, sharpe, skew, kurtosis, run_id, user_id, recorded_at
FROM trials
WHERE (%(family)s::text IS NULL OR family = %(family)s)
    AND (%(before)s::text IS NULL
        OR (recorded_at, id) < (SELECT recorded_at, id FROM trials WHERE id = %(before)s))
ORDER BY recorded_at DESC, id DESC
LIMIT %(limit)s

-- name: list_families
-- LEFT JOIN: a family that nobody has tried yet is listed with none.
SELECT f.name, f.description, f.user_id, f.created_at, count(t.id) AS trials
FROM families f LEFT JOIN trials t ON t.family = f.name
GROUP BY f.name
ORDER BY f.name

-- name: insert_opening
-- Rows are added and never changed: a look into the lockbox can't be taken back.
INSERT INTO lockbox_openings (family, universe, span_start, span_end, trial_id, reason, user_id,
    opened_at)
VALUES (%(family)s, %(universe)s, %(span_start)s, %(span_end)s, %(trial_id)s, %(reason)s,
    %(user_id)s, %(opened_at)s)

-- name: list_openings
-- Every look into the closed part of a universe, by whatever family.
SELECT family, universe, span_start, span_end, trial_id, reason, user_id, opened_at
FROM lockbox_openings
WHERE universe = %(universe)s
ORDER BY opened_at, id
