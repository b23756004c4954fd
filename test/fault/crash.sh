#!/usr/bin/env bash
# How a server died decides what the next one trusts: its own faults cost it the view, which is built again from
# snapshot and log, also if a thread's stack has run out; kill -9 leaves a view that is whole; a clean stop says so.
. "$(dirname "$0")/lib.sh"

state_is() { grep -q "^state $1$" "$data/view.state"; }
rebuilds() { says 'builds the view again'; }

check "a fresh server starts" start_server
check "it says that the view is in use" state_is in-use
n=0
for fault in SEGV BUS ABRT; do
    n=$((n + 1))
    ctl put "key$n" "$fault" >/dev/null
    end_server "$fault"
    check "SIG$fault ends the process by that signal" test "$code" = $((128 + $(kill -l "$fault")))
    check "SIG$fault: nothing vouches for the view" test ! -e "$data/view.state"
    check "it starts again" start_server
    check "SIG$fault: with a view made anew" rebuilds
    check "SIG$fault: that has the key" value_is "key$n" "$fault"
done

end_server TERM

preload=${EIO_PRELOAD:-$here/../../build-test/test/lib/libeio_preload.so}
export MUSTER_EIO_PATH=$data/log MUSTER_STACK_SWITCH=$work/stack
PRELOAD=$(realpath "$preload")
check "it starts with a disk that will kill who writes to it" start_server
touch "$work/stack"
ctl --command-timeout=2s put lost 1 >/dev/null 2>&1
wait_server 5
rm "$work/stack"
PRELOAD=
check "a stack that runs out ends the process by SIGSEGV (code $code)" test "$code" = $((128 + $(kill -l SEGV)))
check "then nothing vouches for the view either" test ! -e "$data/view.state"
check "it starts again after that" start_server
check "with a view made anew" rebuilds
check "that has what was acknowledged" value_is key3 ABRT

ctl put killed 1 >/dev/null
end_server KILL
check "kill -9 leaves the view in use" state_is in-use
check "it starts again after kill -9" start_server
check_not "kill -9: with the view as it was" rebuilds
check "kill -9: that has the key" value_is killed 1

ctl put stopped 1 >/dev/null
end_server TERM
check "SIGTERM leaves the view clean" state_is clean
check "it starts again after SIGTERM" start_server
check_not "SIGTERM: with the view as it was" rebuilds
check "SIGTERM: that has the key" value_is stopped 1
end_server TERM

check "--rebuild-view starts too" start_server --rebuild-view
check "--rebuild-view: with a view made anew" rebuilds
check "--rebuild-view: that has every key" test "$(ctl get '' --prefix --keys-only | grep -c .)" = 5
end_server TERM
finish
