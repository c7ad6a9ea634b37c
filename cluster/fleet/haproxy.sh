#!/bin/sh
# Ray asks for its HAProxy by path and writes the configuration itself. This mends it, then runs the
# real program. Called as: haproxy -db -f CONFIGURATION ...
#  - The metrics and statistics pages listen on every interface: on loopback instead. The API listens
#    where Serve was told to.
#  - A path of no application is a text 404, even when HAProxy was just started and knows no
#    application yet: problems instead, and in that window a 503 with Retry-After.
#  - What no replica answered (502, 503, 504) is a text 500: a problem, 503 with Retry-After.
#  - One that is killed is missed by Ray after three health checks, and its successor learns of the
#    applications later still. A guard starts a stand-in at once, which serves until the successor
#    knows them. Ray takes no other process for its HAProxy than the one that it started, so the
#    guard is no parent of it, and a stand-in has no socket of Ray's: it would hide the death from it.
set -eu

if [ "$1" = guard ]; then # FILES, the HAProxy that Ray asked for, the one that it had before
    files=$2
    sleep 1
    kill -0 "$3" 2> /dev/null || {
        # It never served: Ray goes on with the one before.
        [ "$(cat "$files/guarded")" != "$3" ] || echo "$4" > "$files/guarded"
        exit
    }
    tail -f -s 0.2 --pid="$3" /dev/null
    # Ended, and not because another one took its place.
    while [ "$(cat "$files/guarded")" = "$3" ] && [ -e "$files/stand-in.cfg" ]; do
        "$TRII_HAPROXY" -db -f "$files/stand-in.cfg" &
        echo $! > "$files/stand-in"
        wait $! || sleep 0.5
    done
    exit
fi

files=$(dirname "$3")
id='%[var(txn.trii_id)]'

problem() { # status, code, title, detail, request id
    printf '{"type":"urn:trii:problem:%s","title":"%s","status":%s,"detail":"%s","instance":"",' \
        "$2" "$3" "$1" "$4"
    printf '"code":"%s","request_id":"%s","errors":[]}' "$2" "$5"
}

if grep -q '^ *use_backend ' "$3"; then
    status=404 retry=
    body=$(problem 404 not_found 'Not found' 'no application answers this path' "$id")
else
    status=503 retry='hdr retry-after 1'
    body=$(problem 503 overloaded 'Temporarily unavailable' 'starting: try again in a moment' "$id")
fi
cat > "$files/nobody.cfg" <<RULES
    http-request set-var(txn.trii_id) uuid
    http-request set-var(txn.trii_id) req.hdr(x-request-id) if { req.hdr(x-request-id) -m reg '^[A-Za-z0-9._-]{1,64}\$' }
    http-request return status $status content-type application/problem+json $retry hdr x-request-id $id hdr x-content-type-options nosniff lf-string '$body'
RULES

body=$(problem 503 overloaded 'Temporarily unavailable' 'no server of this application answered: try again' '')
{
    printf 'HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/problem+json\r\n'
    printf 'Retry-After: 1\r\nContent-Length: %s\r\n\r\n%s' "${#body}" "$body"
} > "$files/503.http"

sed -i \
    -e 's/^\( *bind \):\([0-9]\)/\1127.0.0.1:\2/' \
    -e '/^frontend http_frontend/,/^ *bind /!s/^\( *bind \)\*:/\1127.0.0.1:/' \
    -e "s|^\( *errorfile 50[234] \).*|\1$files/503.http|" \
    -e "/return status 404 .*Ping http/ {
r $files/nobody.cfg
d
}" "$3"

stands_in() { # whether a stand-in serves now
    kill -0 "$(cat "$files/stand-in" 2> /dev/null || echo none)" 2> /dev/null
}

if [ "$status" = 404 ]; then
    # By its own socket it hands its ports over, so that nobody is refused.
    sed "s|^\( *stats socket \).*|\1$files/own.sock mode 600 level admin expose-fd listeners|" \
        "$3" > "$files/stand-in.cfg"
    if stands_in; then set -- "$@" -sf "$(cat "$files/stand-in")" -x "$files/own.sock"; fi
elif stands_in; then
    sed -i '/^ *bind /d' "$3" # this one knows no application yet: the stand-in keeps the ports
fi
before=$(cat "$files/guarded" 2> /dev/null || echo none)
echo $$ > "$files/guarded"
# In a session of its own: Ray ends all that its manager of HAProxy leaves in its own.
setsid -f "$0" guard "$files" $$ "$before"
exec "$TRII_HAPROXY" "$@"
