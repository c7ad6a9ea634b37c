-- name: take_lease
-- Take a lease that is free, over, or one's own; a new token each time. No row: another holds it.
-- Judged by the database's clock, in one statement: the holders' clocks need not agree, and of two who
-- try at once one waits for the other's row and then finds it taken. The token is drawn even where it is
-- refused; that leaves gaps and never gives one twice.
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
-- Let the next one take it at once, without waiting for it to run out. The token tells a later holder's.
UPDATE leases SET expires_at = '-infinity' WHERE name = %(name)s AND token = %(token)s

-- name: get_lease
-- Without a lock, for people who ask whether anything moves.
SELECT holder, token, expires_at > now() AS held FROM leases WHERE name = %(name)s
