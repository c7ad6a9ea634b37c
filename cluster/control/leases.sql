-- name: take_lease
-- Take a lease that is free, over, or one's own; a new token each time. No row: another holds it.
INSERT INTO leases (name, holder, token, expires_at)
VALUES (%(name)s, %(holder)s, nextval('lease_tokens'), now() + %(seconds)s * interval '1 second')
ON CONFLICT (name) DO UPDATE
SET holder = excluded.holder, token = excluded.token, expires_at = excluded.expires_at
WHERE leases.expires_at < now() OR leases.holder = excluded.holder
RETURNING token

-- name: prolong_lease
-- Of whoever leads, beside its loops: a turn that lasts long loses no lease. Waits for the
-- transactions that hold the row; meanwhile nobody else can take it either.
UPDATE leases SET expires_at = now() + %(seconds)s * interval '1 second'
WHERE name = %(name)s AND token = %(token)s

-- name: hold_lease
-- Make sure that nobody took it since, and that nobody does in this transaction. The lock is a
-- shared one: the loops of one leader write side by side, and one that hangs keeps no other waiting.
SELECT FROM leases WHERE name = %(name)s AND token = %(token)s FOR SHARE

-- name: release_lease
-- Let the next one take it at once.
UPDATE leases SET expires_at = '-infinity' WHERE name = %(name)s AND token = %(token)s

-- name: get_lease
SELECT holder, token, expires_at > now() AS held FROM leases WHERE name = %(name)s
