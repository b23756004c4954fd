# Starts and stops servers through an adapter. Source it with `adapter` and `work` (a folder for
# data, logs and process ids) set.
# shellcheck shell=bash

ready_line='ready to serve client requests'

# free_ports N: ports that nobody uses, below those the kernel gives to clients: while a server
# is down a client that dials it could otherwise be given the server's own port.
free_ports() {
    python3 - "$1" <<'PY'
import random
import socket
import sys

held = []
while len(held) < int(sys.argv[1]):
    s = socket.socket()
    try:
        s.bind(('127.0.0.1', random.randrange(12000, 32000)))
        held.append(s)
    except OSError:
        s.close()
print(*[s.getsockname()[1] for s in held])
PY
}

# prepare NAME [FLAG...]: writes down how server NAME is started.
prepare() {
    local name=$1 ports
    shift
    ports=$(free_ports 2)
    echo "127.0.0.1:${ports% *}" >"$work/$name.endpoint"
    # shellcheck disable=SC2086
    printf '%s\n' "$adapter" start "$work/$name.data" $ports "$@" >"$work/$name.command"
    : >"$work/$name.log"
}

# start NAME: starts a prepared server and waits until it is ready.
start() {
    local name=$1 before command pid end=$((SECONDS + 20))
    mapfile -t command <"$work/$name.command"
    before=$(grep -c "$ready_line" "$work/$name.log")
    setsid "${command[@]}" >>"$work/$name.log" 2>&1 </dev/null 8>&- 9>&- &
    pid=$!
    echo "$pid" >"$work/$name.pid"
    until [ "$(grep -c "$ready_line" "$work/$name.log")" -gt "$before" ]; do
        if ! alive "$name" || [ $SECONDS -gt $end ]; then
            echo "# server $name is not ready: $(tail -n 3 "$work/$name.log" | cut -c 1-400)"
            return 1
        fi
        sleep 0.05
    done
}

# alive NAME: its process is there and no zombie.
alive() {
    local pid state
    pid=$(cat "$work/$1.pid" 2>/dev/null) || return 1
    state=$(sed 's/.*) \(.\).*/\1/' "/proc/$pid/stat" 2>/dev/null) || return 1
    [ -n "$state" ] && [ "$state" != Z ]
}

# stop NAME: asks a server to end; if it does not, prints a failed check and kills it.
stop() {
    local name=$1 pid end=$((SECONDS + 10))
    alive "$name" || return 0
    pid=$(cat "$work/$name.pid")
    kill -TERM "$pid"
    while alive "$name"; do
        if [ $SECONDS -gt $end ]; then
            echo "not ok server/$name: does not end within 10 s of SIGTERM"
            kill -KILL "$pid"
            end=$((SECONDS + 10))
        fi
        sleep 0.05
    done
}
