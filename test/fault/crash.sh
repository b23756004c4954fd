#!/usr/bin/env bash
# How a server died decides what the next one trusts: its own faults cost it the view, which is built again from
# snapshot and log; kill -9 leaves a view that is whole; a clean stop says so.
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
