#!/usr/bin/env bash
# A full disk: nothing acknowledged is lost; reads, heartbeats, what checks report and deletes go on; writes get the
# protocol's error, etcd's and Consul's; when there is space again it works without a restart.
. "$(dirname "$0")/lib.sh"

mkdir "$work/disk"
mount -t tmpfs -o size=160m tmpfs "$work/disk" || { not_ok "a small tmpfs can be mounted"; finish; }
data=$work/disk/data
value=$(head -c 1000 /dev/zero | tr '\0' v)

free_kb() { df --output=avail -k "$work/disk" | tail -n 1; }
# Leaves KB of the disk free.
fill_to() { head -c $((($(free_kb) - $1) * 1024)) /dev/zero >>"$work/disk/ballast"; }
write_refused() { ! ctl put "probe" "$value"; }

# consul METHOD PATH [BODY]: prints the status; the body is in $work/answer.
consul() { curl -s -m 10 -X "$1" ${3:+-d "$3"} -o "$work/answer" -w '%{http_code}' "http://127.0.0.1:$consul$2"; }
answers() { # STATUS METHOD PATH [BODY]
    local status=$1
    shift
    [ "$(consul "$@")" = "$status" ]
}
no_space() { answers 500 "$@" && grep -q 'no space left on device' "$work/answer"; }
holds() { # TEXT METHOD PATH
    answers 200 "$2" "$3" && grep -q -- "$1" "$work/answer"
}

check "a server starts on the small disk" start_server --consul-listen "127.0.0.1:$consul"
service='{"Name":"web","Port":80,"Check":{"TTL":"2m","Status":"passing"}}'
check "a service" answers 200 PUT /v1/agent/service/register "$service"
check "a node" answers 200 PUT /v1/catalog/register '{"Node":"far","Address":"10.0.0.9"}'
check "a pair of Consul's" answers 200 PUT /v1/kv/pair "$value"
check "a session" answers 200 PUT /v1/session/create '{"TTL":"2m"}'
session=$(grep -oE '[0-9a-f]{8}-[0-9a-f-]{27}' "$work/answer")
check "a lock of it" answers 200 PUT "/v1/kv/lock?acquire=$session" 1
lease=$(ctl lease grant 120 | awk '{print $2}')
check "a key with a lease" ctl put --lease="$lease" held 1
for i in $(seq 1 30); do ctl put "before/$i" "$value" >/dev/null && echo "before/$i" >>"$work/acked"; done
fill_to 3000
check "writes are refused when the disk is nearly full" until_true 5 write_refused
ctl put more "$value" >"$work/late" 2>&1
check "with etcd's error" grep -q 'database space exceeded' "$work/late"
check "the log says so" says 'space is short'
check "no alarm is raised by it" test -z "$(ctl alarm list)"
check "reads go on" value_is before/1 "$value"
check "heartbeats go on" ctl lease keep-alive --once "$lease"
check "deletes go on" ctl del before/30
check "Consul: a pair is refused" no_space PUT /v1/kv/more "$value"
check "Consul: a service is" no_space PUT /v1/agent/service/register '{"Name":"new"}'
check "Consul: a node is" no_space PUT /v1/catalog/register '{"Node":"new","Address":"10.0.0.9"}'
check "Consul: a session is" no_space PUT /v1/session/create '{"TTL":"2m"}'
check "Consul: a transaction is, whole" no_space PUT /v1/txn '[{"KV":{"Verb":"delete","Key":"pair"}},{"KV":{"Verb":"set","Key":"k","Value":"MQ=="}}]'
check "Consul: a configuration is" no_space PUT /v1/config '{"Kind":"service-defaults","Name":"web"}'
check "Consul: reads go on" holds "$value" GET '/v1/kv/pair?raw'
check "Consul: nothing of them is there" answers 404 GET /v1/kv/k
check "Consul: what is found is" holds '"Service":"web"' GET '/v1/health/service/web?passing'
check "Consul: renewals go on" answers 200 PUT "/v1/session/renew/$session"
check "Consul: beats go on" answers 200 PUT /v1/agent/check/pass/service:web
check "Consul: a check that fails goes on" answers 200 PUT /v1/agent/check/fail/service:web
check "Consul: and is seen" holds '^\[\]$' GET '/v1/health/service/web?passing'
check "Consul: and passes again" answers 200 PUT /v1/agent/check/pass/service:web
check "Consul: deregistrations go on" answers 200 PUT /v1/catalog/deregister '{"Node":"far"}'
rm "$work/disk/ballast"
check "with space again writes work, without a restart" until_true 5 ctl put after 1
lost=0
while read -r key; do
    [ "$key" = before/30 ] || value_is "$key" "$value" || lost=$((lost + 1))
done <"$work/acked"
check "nothing acknowledged is lost" test $lost = 0
check "Consul: writes too" answers 200 PUT /v1/kv/after "$value"
end_server KILL
check "nor after a kill and a restart" start_server --consul-listen "127.0.0.1:$consul"
check "the last write is there" value_is after 1
check "Consul: so is its" holds "$value" GET '/v1/kv/after?raw'
check "Consul: and what was before" holds "$value" GET '/v1/kv/pair?raw'
check "Consul: the lock is held" holds "\"Session\":\"$session\"" GET /v1/kv/lock
check "Consul: the service passes" holds '"Service":"web"' GET '/v1/health/service/web?passing'
check "Consul: the node is gone" holds '^null' GET /v1/catalog/node/far
end_server TERM
finish
