#!/usr/bin/env bash
# A full disk: nothing acknowledged is lost; reads, heartbeats and deletes go on; writes get the
# protocol's error; when there is space again it works without a restart.
. "$(dirname "$0")/lib.sh"

mkdir "$work/disk"
mount -t tmpfs -o size=160m tmpfs "$work/disk" || { not_ok "a small tmpfs can be mounted"; finish; }
data=$work/disk/data
value=$(head -c 1000 /dev/zero | tr '\0' v)

free_kb() { df --output=avail -k "$work/disk" | tail -n 1; }
# Leaves KB of the disk free.
fill_to() { head -c $((($(free_kb) - $1) * 1024)) /dev/zero >>"$work/disk/ballast"; }
write_refused() { ! ctl put "probe" "$value"; }

check "a server starts on the small disk" start_server
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
rm "$work/disk/ballast"
check "with space again writes work, without a restart" until_true 5 ctl put after 1
lost=0
while read -r key; do
    [ "$key" = before/30 ] || value_is "$key" "$value" || lost=$((lost + 1))
done <"$work/acked"
check "nothing acknowledged is lost" test $lost = 0
end_server KILL
check "nor after a kill and a restart" start_server
check "the last write is there" value_is after 1
end_server TERM
finish
