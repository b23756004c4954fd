#!/usr/bin/env bash
# SIGSTOP of 20 s kills no lease whose client lives; and a lease whose client is gone goes.
. "$(dirname "$0")/lib.sh"

check "a server starts" start_server
lease=$(ctl lease grant 5 | awk '{print $2}')
other=$(ctl lease grant 5 | awk '{print $2}')
check "a key with each lease" ctl put --lease="$lease" alive 1
check "and the other" ctl put --lease="$other" dead 1
# etcdctl's own loop gives a lease up that was not answered for its time; this client never does.
beat() {
    while :; do
        timeout 3 etcdctl lease keep-alive --once "$lease"
        read -rt 0.5 <> <(:)
    done
}
beat >"$work/beats" 2>&1 &
beats=$!
check "its client beats" until_true 5 grep -q keepalived "$work/beats"
kill -STOP "$server"
read -rt 20 <> <(:) || true # the length of the stop is what is tested
kill -CONT "$server"
check "the lease outlives the stop" value_is alive 1
gone() { [ -z "$(ctl get --print-value-only dead)" ]; }
check "a lease without beats goes in the end" until_true 10 gone
check "the one with beats is still there" value_is alive 1
kill $beats 2>/dev/null
end_server TERM
finish
