# Leases. Sourced by run.
# shellcheck shell=bash disable=SC2154

grant_and_expiry() {
    local id
    id=$(lease 3)
    equal 'put with a lease' "$(ctl put --lease "$id" "${p}l" v)" OK
    has timetolive "$(ctl lease timetolive --keys "$id")" \
        "^lease $id granted with TTL\(3s\), remaining\([0-3]s\), attached keys\(\[${p}l\]\)$"
    has list "$(ctl lease list)" "^$id$"
    gone() { [ -z "$(ctl get "${p}l")" ]; }
    until_true 6 gone
    has 'timetolive after expiry' "$(ctl lease timetolive "$id")" 'already expired'
}

keep_alive_and_revoke() {
    local id
    id=$(lease 2)
    ctl put --lease "$id" "${p}k" v >/dev/null
    equal 'keep-alive once' "$(ctl lease keep-alive --once "$id")" "lease $id keepalived with TTL(2)"
    background "$tmp/alive" lease keep-alive "$id"
    until_true 10 lines "$tmp/alive" 5 # an answer each 0.7 s: longer than the TTL
    equal 'key kept' "$(ctl get --print-value-only "${p}k")" v
    equal revoke "$(ctl lease revoke "$id")" "lease $id revoked"
    equal 'key after revoke' "$(ctl get "${p}k")" ''
    refused 'revoke again' 'etcdserver: requested lease not found' ctl lease revoke "$id"
    refused 'put with it' 'etcdserver: requested lease not found' ctl put --lease "$id" "${p}k" v
}

check lease_grant_and_expiry grant_and_expiry
check lease_keep_alive_and_revoke keep_alive_and_revoke
