-- name: insert_family
-- The first description of a family stays.
INSERT INTO families (name, description, user_id, created_at)
VALUES (%(name)s, %(description)s, %(user_id)s, %(created_at)s)
ON CONFLICT (name) DO NOTHING

-- name: insert_trial
-- A trial that was recorded before is not recorded again.
INSERT INTO trials (id, family, strategy, source_hash, parameters, universe, costs, span_start,
    span_end, snapshot, data_hash, sessions, sessions_per_year, sharpe, skew, kurtosis, run_id,
    user_id, recorded_at)
VALUES (%(id)s, %(family)s, %(strategy)s, %(source_hash)s, %(parameters)s, %(universe)s, %(costs)s,
    %(span_start)s, %(span_end)s, %(snapshot)s, %(data_hash)s, %(sessions)s, %(sessions_per_year)s,
    %(sharpe)s, %(skew)s, %(kurtosis)s, %(run_id)s, %(user_id)s, %(recorded_at)s)
ON CONFLICT (id) DO NOTHING

-- name: list_trials
-- Of one family, in the order in which they were tried.
SELECT family, strategy, source_hash, parameters, universe, costs, span_start, span_end, snapshot,
    data_hash, sessions, sessions_per_year, sharpe, skew, kurtosis, run_id, user_id, recorded_at
FROM trials
WHERE family = %(family)s
ORDER BY recorded_at, id

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
SELECT f.name, f.description, f.user_id, f.created_at, count(t.id) AS trials
FROM families f LEFT JOIN trials t ON t.family = f.name
GROUP BY f.name
ORDER BY f.name

-- name: insert_opening
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
