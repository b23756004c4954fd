#!/usr/bin/env bash
# What Consul's clients left lives on over a kill -9, on time: checks, sessions and their locks; and over a SIGTERM,
# which takes out what the own configuration registered and nothing else.
. "$(dirname "$0")/lib.sh"

ttl=5 # seconds, of checks; sessions take Consul's least, 10

# consul METHOD PATH [BODY]: prints the status; the body is in $work/answer.
consul() { curl -s -m 10 -X "$1" ${3:+-d "$3"} -o "$work/answer" -w '%{http_code}' "http://127.0.0.1:$consul$2"; }
answers() { # STATUS METHOD PATH [BODY]
    local status=$1
    shift
    [ "$(consul "$@")" = "$status" ]
}
holds() { answers 200 GET "$2" && grep -q -- "$1" "$work/answer"; } # TEXT PATH
passing() { holds "\"Service\":\"$1\"" "/v1/health/service/$1?passing"; }
not_passing() { holds '^\[\]$' "/v1/health/service/$1?passing"; }
holder_is() { holds "\"Session\":\"$2\"" "/v1/kv/$1"; } # KEY SESSION
is_free() { answers 200 GET "/v1/kv/$1" && ! grep -q '"Session"' "$work/answer"; }
shown_in_etcd() { [ "$(ctl get --prefix --keys-only "services/$1/" | grep -c .)" = "$2" ]; }
register() { answers 200 PUT /v1/agent/service/register "$1"; }
session_new() { # prints its id
    answers 200 PUT /v1/session/create "{\"TTL\":\"10s\",\"LockDelay\":\"$1\"}" && grep -oE '[0-9a-f]{8}-[0-9a-f-]{27}' "$work/answer"
}
lock() { # KEY SESSION: it is taken
    answers 200 PUT "/v1/kv/$1?acquire=$2" x && grep -q true "$work/answer"
}
not_lock() { answers 200 PUT "/v1/kv/$1?acquire=$2" x && grep -q false "$work/answer"; }
start_all() { start_server --consul-listen "127.0.0.1:$consul" "$@"; }
# now: milliseconds
now() { date +%s%3N; }

# -- kill -9 ------------------------------------------------------------------------------------
target=$(free_port)
python3 -m http.server --bind 127.0.0.1 "$target" --directory "$work" >/dev/null 2>&1 &
target_pid=$!
check "a server starts" start_all
ttl_check="\"TTL\":\"${ttl}s\",\"Status\":\"passing\""
check "a service that beats" register "{\"Name\":\"beats\",\"Address\":\"10.0.0.1\",\"Port\":80,\"Check\":{$ttl_check}}"
check "one that is silent" register "{\"Name\":\"silent\",\"Address\":\"10.0.0.2\",\"Port\":80,\"Check\":{$ttl_check}}"
check "one that is asked" register "{\"Name\":\"asked\",\"Address\":\"10.0.0.3\",\"Port\":80,\"Check\":{\"HTTP\":\"http://127.0.0.1:$target/\",\"Interval\":\"1s\"}}"
check "which passes" until_true 5 passing asked
renewed=$(session_new 0s) left=$(session_new 0s)
check "a lock of a session that is renewed" lock kept "$renewed"
check "a lock of one that is not" lock lost "$left"
left_since=$(now)
beat() {
    while :; do
        curl -s -m 2 -X PUT "http://127.0.0.1:$consul/v1/agent/check/pass/service:beats"
        curl -s -m 2 -X PUT "http://127.0.0.1:$consul/v1/session/renew/$renewed"
        read -rt 0.5 <> <(:)
    done
}
beat >/dev/null 2>&1 &
beats=$!

killed=$(now)
end_server KILL
check "it starts again after kill -9" start_all
for service in beats silent asked; do check "$service passes as before" passing $service; done
check "each is shown in etcd" shown_in_etcd silent 1
check "the renewed session holds its lock" holder_is kept "$renewed"
check "so does the other" holder_is lost "$left"
check "nobody else gets the one" not_lock kept "$left"
check "nor the other" not_lock lost "$renewed"
check "the silent one is critical in the end" until_true $((ttl + 5)) not_passing silent
took=$(($(now) - killed))
check "by its time, counted from the start at the latest ($took ms)" test "$took" -ge $((ttl * 1000 - 1000))
check "and gone from etcd" shown_in_etcd silent 0
check "the one that beats passes" passing beats
check "the one that is asked passes" passing asked
check "the session that is not renewed ends" until_true 30 is_free lost
took=$(($(now) - left_since))
check "not before its time ($took ms)" test "$took" -ge 10000
check "its lock is for the other" lock lost "$renewed"
check "who was renewed is still there" holder_is kept "$renewed"
kill $target_pid
check "a target that is gone is noticed" until_true 10 not_passing asked
kill $beats 2>/dev/null
check "who stops beating is critical" until_true $((ttl + 5)) not_passing beats
end_server TERM

# -- SIGTERM ------------------------------------------------------------------------------------
data=$work/other
cat >"$work/own.json" <<'J'
{"services":[{"name":"own","port":81,"check":{"ttl":"10m","status":"passing"}}],"check":{"id":"own-check","name":"own check","ttl":"10m","status":"passing"}}
J
own_agent() { # with its own definitions, or without
    : >"$work/log"
    MUSTER_CONSUL_LISTEN='' "$muster" agent -server -node n -data-dir "$data" -http-port "$consul" -dns-port -1 --etcd-listen "127.0.0.1:$port" \
        "$@" >>"$work/log" 2>&1 &
    server=$!
    until_true 20 holds '"n"' /v1/catalog/nodes
}
# Everything that is registered, by each view, without what the own files define.
everything() {
    local path
    for path in /v1/agent/services /v1/agent/checks '/v1/health/state/any?filter=CheckID+not+contains+own' /v1/catalog/nodes '/v1/kv/?recurse' /v1/session/list; do
        curl -s -m 10 "http://127.0.0.1:$consul$path"
        echo
    done
    ctl get --prefix '' | grep -v own
}
check "an agent starts with definitions" own_agent -config-file "$work/own.json"
check "they are there" until_true 5 passing own
check "and shown in etcd" shown_in_etcd own 1
check "a service by the API" register '{"Name":"api","Port":82,"Check":{"TTL":"10m","Status":"passing"}}'
check "a node by the API" answers 200 PUT /v1/catalog/register '{"Node":"far","Address":"10.0.0.9","Service":{"Service":"far","Port":1}}'
check "a pair" answers 200 PUT /v1/kv/pair x
check "an instance of etcd's" ctl put services/other/1 10.0.0.8:80
end_server TERM
check "SIGTERM ends it with 0 (code $code)" test "$code" = 0
check "without definitions it starts again" own_agent
check "what they defined is gone" not_passing own
check "from the agent too" answers 404 GET /v1/agent/service/own
check "and from etcd" shown_in_etcd own 0
everything >"$work/before"
check "what came by the API is there" passing api
for text in '"far"' '"pair"' services/other/1; do check "so is $text" grep -q -- "$text" "$work/before"; done
end_server TERM
check "a SIGTERM without definitions" own_agent
everything >"$work/after"
check "takes out nothing" cmp "$work/before" "$work/after"
end_server TERM
finish
