#!/usr/bin/env bash
# One data directory has one owner; a copy of a running one is refused; SIGTERM ends cleanly.
. "$(dirname "$0")/lib.sh"

check "a fresh server starts" start_server
ctl put a 1 >/dev/null
first=$server
second_port=$(free_port) second_native=$(free_port)
"$muster" serve --name n --data-dir "$data" --listen-client-urls "http://127.0.0.1:$second_port" \
    --native-listen "127.0.0.1:$second_native" >"$work/second" 2>&1
check_not "a second process on the same directory fails" test $? = 0
check "and names the first" grep -q "$first" "$work/second"
check "the first goes on" value_is a 1

cp -a "$data" "$work/copy"
rm -f "$work/copy/lock"
"$muster" serve --name n --data-dir "$work/copy" --listen-client-urls "http://127.0.0.1:$second_port" \
    --native-listen "127.0.0.1:$second_native" >"$work/second" 2>&1 &
copy=$!
copy_ended() { [ ! -d "/proc/$copy" ] || grep -q '^State:.*Z' "/proc/$copy/status"; }
until_true 10 copy_ended || kill -KILL $copy
wait $copy
check_not "a copy of a running directory does not start" test $? = 0
check "it names the way out" grep -q 'snapshot restore' "$work/second"

timeout 60 etcdctl watch a >"$work/watch" 2>&1 &
watch=$!
begin=$(date +%s%N)
end_server TERM
took=$((($(date +%s%N) - begin) / 1000000))
check "SIGTERM with a watch open: exit 0" test "$code" = 0
check "within 5 s (took $took ms)" test "$took" -lt 5000
kill $watch 2>/dev/null
check "it starts again" start_server
check "with its key" value_is a 1
end_server TERM
finish
