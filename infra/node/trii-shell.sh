# /etc/profile.d: the shell that `ray exec`, `ray submit` and `ray attach` open on a node is on the
# cluster. The token stays with Ray's user; whoever may become root is given it, and nobody else.
if [ -r /etc/trii/ray.env ]; then
    set -a
    . /etc/trii/ray.env
    RAY_ADDRESS=$TRII_HEAD_ADDRESS
    # Ray makes the folder of these for its own user alone.
    RAY_event_log_reporter_enabled=0
    PATH=/opt/trii/bin:$PATH
    RAY_AUTH_TOKEN=$(sudo -n cat "$RAY_AUTH_TOKEN_PATH" 2> /dev/null || :)
    set +a
    unset RAY_AUTH_TOKEN_PATH
fi
