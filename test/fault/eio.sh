#!/usr/bin/env bash
# EIO on the log: the process ends at once with a line that says where, acknowledging nothing more. A
# stalled disk: a call's own deadline ends it, and what it holds up is not read on and on.
. "$(dirname "$0")/lib.sh"
preload=${EIO_PRELOAD:-$here/../../build-test/test/lib/libeio_preload.so}
export MUSTER_EIO_PATH=$data/log MUSTER_EIO_SWITCH=$work/eio MUSTER_STALL_SWITCH=$work/stall
PRELOAD=$(realpath "$preload")

check "a server starts on a disk that is well" start_server --io-threads 1
check "and takes a write" ctl put a 1
touch "$work/stall"
begin=$(date +%s%N)
ctl --command-timeout=100ms put b 1 >"$work/late" 2>&1
late=$?
took=$((($(date +%s%N) - begin) / 1000000))
check_not "a write to a stalled disk fails by its deadline" test $late = 0
check "with the status of a deadline" grep -q -i 'deadline exceeded' "$work/late"
check "in time (took $took ms, a process start included)" test "$took" -lt 1000
check "reads go on meanwhile" value_is a 1
rm "$work/stall"
check "writes go on when the disk does" until_true 5 ctl put c 1

# Ten writes of 1.4 MB are above the 12 MiB at which a thread stops reading, and below the 16 at which it refuses.
metrics() { curl -s "http://127.0.0.1:$native/metrics"; }
has_held() { metrics | grep -q '^muster_net_holds_total [1-9]'; }
check_not "nothing has been held so far" has_held
head -c 1400000 /dev/zero | tr '\0' x >"$work/large"
touch "$work/stall"
writers=
for i in 0 1 2 3 4 5 6 7 8 9; do
    ctl put "large$i" <"$work/large" >"$work/put$i" 2>&1 &
    writers="$writers $!"
done
check "connections are held while the disk is behind, /metrics is not" until_true 5 has_held
rm "$work/stall"
refused=0
for w in $writers; do wait "$w" || refused=$((refused + 1)); done
check "each of the writes succeeds then" test $refused = 0
check "and is there" test "$(ctl get --prefix --keys-only large | grep -c large)" = 10

touch "$work/eio"
ctl --command-timeout=3s put d 1 >"$work/late" 2>&1
check_not "a write that meets EIO is not acknowledged" test $? = 0
wait_server 5
check "the process has ended by itself (code $code)" test "$code" = 70
check "it names the log's file" says 'log/'
check "it names the offset" says 'offset'
rm "$work/eio"
PRELOAD=
check "it starts clean when the disk is well" start_server
check "with what was acknowledged" value_is c 1
end_server TERM
finish
