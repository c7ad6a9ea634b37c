-- Every row of the control truth.
-- name: list_desired
SELECT kind, name, spec, epoch, changed_at FROM desired ORDER BY kind, name

-- Say what should run; a row that already says it keeps its epoch.
-- name: set_desired
INSERT INTO desired (kind, name, spec)
VALUES (%(kind)s, %(name)s, %(spec)s)
ON CONFLICT (kind, name) DO UPDATE
SET spec = excluded.spec, epoch = nextval('desired_epoch'), changed_at = now()
WHERE desired.spec IS DISTINCT FROM excluded.spec

-- Serialise whoever turns the table into Serve's configuration; freed at the transaction's end.
-- name: lock_render
SELECT pg_advisory_xact_lock(hashtext('trii.render'))
