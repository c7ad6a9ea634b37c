-- name: list_desired
-- Every row of the control truth of a cluster.
SELECT kind, name, spec, epoch, changed_at FROM desired WHERE cluster = %(cluster)s
ORDER BY kind, name

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
SELECT epoch, digest, state, reason FROM reached WHERE cluster = %(cluster)s

-- name: set_reached
INSERT INTO reached (cluster, epoch, digest, state, reason)
VALUES (%(cluster)s, %(epoch)s, %(digest)s, %(state)s, %(reason)s)
ON CONFLICT (cluster) DO UPDATE
SET epoch = excluded.epoch, digest = excluded.digest, state = excluded.state,
    reason = excluded.reason, at = now()
