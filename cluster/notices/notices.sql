-- name: insert_notice
-- In the transaction of what caused it: told if and only if that is committed.
INSERT INTO notices (event, payload, channel, created_at)
VALUES (%(event)s, %(payload)s, %(channel)s, %(now)s)
RETURNING id

-- name: take_unrouted
-- Notices without deliveries, oldest first. Locked, so that each is routed once; SKIP LOCKED leaves
-- another transaction's to it rather than waiting for what that will have done.
SELECT id, event, payload, channel, created_at FROM notices
WHERE routed_at IS NULL ORDER BY created_at, id LIMIT %(limit)s FOR UPDATE SKIP LOCKED

-- name: route_notice
-- What it is (an ingest that failed, say) is known only now, from the job's log.
UPDATE notices SET event = %(event)s, payload = %(payload)s, routed_at = %(now)s WHERE id = %(id)s

-- name: insert_delivery
-- Beside route_notice in one transaction: a routed notice has all of its deliveries.
INSERT INTO deliveries (notice_id, channel) VALUES (%(notice_id)s, %(channel)s)

-- name: begin_delivery
-- Count an attempt of a delivery that is open, before it is made: a worker killed while it sends has
-- used one up, so that a message which kills its sender is not sent for ever. No row: it has ended.
UPDATE deliveries d SET attempts = attempts + 1
FROM notices n
WHERE d.notice_id = %(notice_id)s AND d.channel = %(channel)s AND d.state = 'pending'
  AND n.id = d.notice_id
RETURNING d.attempts, n.event, n.payload, n.created_at

-- name: note_delivery
-- An end is written once: a slow attempt that comes back late does not open it again.
UPDATE deliveries
SET state = %(state)s, error = %(error)s, ended_at = CASE %(state)s WHEN 'pending' THEN NULL
    ELSE %(now)s END
WHERE notice_id = %(notice_id)s AND channel = %(channel)s AND state = 'pending'

-- name: revive_delivery
-- A dead delivery gets all its attempts anew.
UPDATE deliveries SET state = 'pending', attempts = 0, ended_at = NULL
WHERE notice_id::text = %(notice_id)s AND state = 'dead'
  AND (%(channel)s::text IS NULL OR channel = %(channel)s)
RETURNING channel

-- name: list_deliveries
-- Newest first; the id and the channel make the order whole where times are equal.
SELECT n.id::text AS notice_id, n.event, n.payload, n.created_at, d.channel, d.state, d.attempts,
       d.error, d.ended_at
FROM notices n JOIN deliveries d ON d.notice_id = n.id
WHERE %(states)s::text[] IS NULL OR d.state = ANY(%(states)s)
ORDER BY n.created_at DESC, n.id, d.channel LIMIT %(limit)s

-- name: forget_notices
-- Old ones whose deliveries have all ended.
DELETE FROM notices n WHERE n.created_at < %(before)s AND n.routed_at IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.notice_id = n.id AND d.state = 'pending')
