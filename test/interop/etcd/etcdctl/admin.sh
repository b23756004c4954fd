# The server itself. Sourced by run.
# shellcheck shell=bash disable=SC2154

endpoint_health() {
    has 'endpoint health' "$(ctl endpoint health 2>&1)" "$endpoint is healthy: successfully committed proposal: took = "
    has 'endpoint health --cluster' "$(ctl endpoint health --cluster 2>&1)" 'is healthy'
}

endpoint_status() {
    local json
    json=$(ctl endpoint status -w json)
    has 'endpoint status -w json' "$json" '"version":"3\.[0-9]+\.[0-9]+"'
    has 'its size' "$json" '"dbSize":[1-9][0-9]*'
    has 'its leader' "$json" '"leader":[1-9][0-9]*'
    has 'endpoint status' "$(ctl endpoint status)" "^$endpoint, [0-9a-f]+, 3\."
    has 'endpoint status -w table' "$(ctl endpoint status -w table)" "^(\||│) +$endpoint +(\||│)"
    has 'endpoint hashkv' "$(ctl endpoint hashkv)" "^$endpoint, [1-9][0-9]*"
}

member_list() {
    local id
    id=$(ctl member list | cut -d , -f 1)
    has 'member id' "$id" '^[0-9a-f]+$'
    has 'member list' "$(ctl member list)" "^$id, started, [^,]+, [^,]+, http://$endpoint, false$"
    has 'member list -w json' "$(ctl member list -w json)" "\"clientURLs\":\[\"http://$endpoint\"\]"
    if ! grep -qx member_changes <<<"${SERVER_FEATURES:-}"; then
        refused 'moving the leader' 'unknown method MoveLeader for service etcdserverpb.Maintenance' ctl move-leader "$id"
        refused 'removing nobody' 'unknown method MemberRemove for service etcdserverpb.Cluster' ctl member remove 1234
        return
    fi
    has 'move-leader to itself' "$(ctl move-leader "$id")" "^Leadership transferred from $id to $id$"
    refused 'removing nobody' 'etcdserver: member not found' ctl member remove 1234
    refused 'promoting a voter' 'etcdserver: can only promote a learner member' ctl member promote "$id"
}

alarm_and_defrag() {
    equal 'alarm list' "$(ctl alarm list)" ''
    equal 'alarm disarm' "$(ctl alarm disarm)" ''
    has defrag "$(ctl defrag)" "^Finished defragmenting etcd member\[$endpoint\]"
}

check endpoint_health endpoint_health
check endpoint_status endpoint_status
check member_list member_list
check alarm_and_defrag alarm_and_defrag
