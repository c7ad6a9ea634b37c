-- name: list_desired
-- Every row of the control truth of a cluster.
SELECT kind, name, spec, epoch, changed_at FROM desired WHERE cluster = %(cluster)s
ORDER BY kind, name

-- name: list_clusters
-- Whose rows there are.
SELECT DISTINCT cluster FROM desired ORDER BY cluster

-- name: lock_desired
-- One writer at a time, until its transaction ends: an epoch is drawn before it is committed, and who
-- waits for one must not be told of a later one that was committed first.
SELECT pg_advisory_xact_lock(hashtext('trii.desired'))

-- name: set_desired
-- Say what should run; a row that already says it keeps its epoch.
INSERT INTO desired (cluster, kind, name, spec)
VALUES (%(cluster)s, %(kind)s, %(name)s, %(spec)s)
ON CONFLICT (cluster, kind, name) DO UPDATE
SET spec = excluded.spec, epoch = nextval('desired_epoch'), changed_at = now()
WHERE desired.spec IS DISTINCT FROM excluded.spec

-- name: renew_desired
-- Ask again for what is wanted already: what was refused is tried once more.
UPDATE desired SET epoch = nextval('desired_epoch')
WHERE cluster = %(cluster)s AND kind = 'application'

-- name: get_reached
-- Without a lock, for who waits and who looks.
SELECT epoch, digest, state, reason FROM reached WHERE cluster = %(cluster)s

-- name: set_reached
-- One row a cluster: how far it is, not how it came there. Only the leader writes it, fenced.
INSERT INTO reached (cluster, epoch, digest, state, reason)
VALUES (%(cluster)s, %(epoch)s, %(digest)s, %(state)s, %(reason)s)
ON CONFLICT (cluster) DO UPDATE
SET epoch = excluded.epoch, digest = excluded.digest, state = excluded.state,
    reason = excluded.reason, at = now()
