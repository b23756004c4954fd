#!/usr/bin/env bash
# SIGSTOP of 20 s kills no lease and no session whose client lives; and those whose client is gone go.
. "$(dirname "$0")/lib.sh"

check "a server starts" start_server --consul-listen "127.0.0.1:$consul"
put() { curl -s -m 3 -X PUT ${2:+-d "$2"} "http://127.0.0.1:$consul$1"; }
session() { put /v1/session/create '{"TTL":"10s","LockDelay":"0s"}' | grep -oE '[0-9a-f]{8}-[0-9a-f-]{27}'; }
held() { curl -s -m 3 "http://127.0.0.1:$consul/v1/kv/$1" | grep -q '"Session"'; }
free() { ! held "$1"; }
passes() { curl -s -m 3 "http://127.0.0.1:$consul/v1/health/service/web?passing" | grep -q '"web"'; }
renewed=$(session) left=$(session)
check "a lock of a session that is renewed" test "$(put "/v1/kv/renewed?acquire=$renewed" x)" = true
check "a lock of one that is not" test "$(put "/v1/kv/left?acquire=$left" x)" = true
put /v1/agent/service/register '{"Name":"web","Check":{"TTL":"5s","Status":"passing"}}'
check "a service that beats" passes
lease=$(ctl lease grant 5 | awk '{print $2}')
other=$(ctl lease grant 5 | awk '{print $2}')
check "a key with each lease" ctl put --lease="$lease" alive 1
check "and the other" ctl put --lease="$other" dead 1
# etcdctl's own loop gives a lease up that was not answered for its time; this client never does.
beat() {
    while :; do
        timeout 3 etcdctl lease keep-alive --once "$lease"
        put "/v1/session/renew/$renewed"
        put /v1/agent/check/pass/service:web
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
check "so does the session" held renewed
check "the service passes with its next beat at the latest" until_true 5 passes
gone() { [ -z "$(ctl get --print-value-only dead)" ]; }
check "a lease without beats goes in the end" until_true 10 gone
check "the one with beats is still there" value_is alive 1
check "the session without renewals goes in the end" until_true 25 free left
check "the one with renewals is still there" held renewed
check "the service passes" passes
kill $beats 2>/dev/null
end_server TERM
finish
