# Shared by the fault scenarios: a server of our own on free ports, and checks that count.
# Usage: . lib.sh; each scenario ends with `finish`.
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
muster=${MUSTER:-$here/../../build/muster}
work=$(mktemp -d)
passed=0 failed=0 server=

ok() { passed=$((passed + 1)); echo "ok $1"; }
not_ok() {
    failed=$((failed + 1))
    echo "not ok $1"
    [ -f "$work/log" ] && tail -n 5 "$work/log" | sed 's/^/# /'
}
# check NAME COMMAND...: the command succeeds
check() {
    local name=$1
    shift
    if "$@" >"$work/out" 2>&1; then ok "$name"; else
        sed 's/^/# /' "$work/out" | head -n 5
        not_ok "$name"
    fi
}
check_not() {
    local name=$1
    shift
    if "$@" >"$work/out" 2>&1; then not_ok "$name"; else ok "$name"; fi
}
# until_true SECONDS COMMAND...: polls to a deadline
until_true() {
    local end=$((SECONDS + $1))
    shift
    while ! "$@" >/dev/null 2>&1; do
        [ $SECONDS -ge $end ] && return 1
        read -rt 0.05 <> <(:) || true
    done
}
free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}
port=$(free_port) native=$(free_port) consul=$(free_port)
data=$work/data
export MUSTER_CONSUL_LISTEN=off MUSTER_DNS_LISTEN=off ETCDCTL_API=3 ETCDCTL_ENDPOINTS=127.0.0.1:$port ETCDCTL_DIAL_TIMEOUT=2s

# begin_server [FLAG...]: starts it; its log is in $work/log. PRELOAD is LD_PRELOAD for it.
begin_server() {
    : >"$work/log"
    LD_PRELOAD=${PRELOAD:-} "$muster" serve --name n --data-dir "$data" --listen-client-urls "http://127.0.0.1:$port" \
        --native-listen "127.0.0.1:$native" "$@" 2>>"$work/log" >>"$work/log" &
    server=$!
}
is_ready() { grep -q 'ready to serve client requests' "$work/log"; }
is_gone() { [ ! -d "/proc/$server" ] || grep -q '^State:.*Z' "/proc/$server/status" 2>/dev/null; }
ready_or_gone() { is_ready || is_gone; }
start_server() {
    begin_server "$@"
    until_true 20 ready_or_gone
    is_ready
}
# end_server SIGNAL: sends it, waits, leaves the exit code in $code
end_server() {
    kill "-$1" "$server" 2>/dev/null
    wait "$server" 2>/dev/null
    code=$?
    server=
}
# wait_server: until it ends by itself
wait_server() {
    until_true "$1" is_gone || { kill -KILL "$server"; }
    wait "$server" 2>/dev/null
    code=$?
    server=
}
ctl() { timeout 10 etcdctl "$@"; }
says() { grep -q -- "$1" "$work/log"; }
value_is() { [ "$(ctl get --print-value-only "$1" 2>/dev/null)" = "$2" ]; }

cleanup() {
    [ -n "$server" ] && kill -CONT "$server" 2>/dev/null && kill -KILL "$server" 2>/dev/null
    wait 2>/dev/null
    mountpoint -q "$work/disk" 2>/dev/null && umount "$work/disk"
    rm -rf "$work"
}
trap cleanup EXIT
finish() {
    echo "$passed passed, $failed failed"
    [ "$failed" = 0 ]
    exit
}
