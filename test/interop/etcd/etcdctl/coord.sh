# Locks and elections, which etcdctl builds from keys and leases. Sourced by run.
# shellcheck shell=bash disable=SC2154

lock_runs_a_command() {
    equal 'output under the lock' "$(ctl lock "${p}lock" echo held)" held
    refused 'a failing command' '' ctl lock "${p}lock" sh -c 'exit 3'
    equal 'keys left' "$(ctl get --prefix --keys-only "${p}lock/")" ''
}

lock_excludes() {
    background "$tmp/first" lock "${p}mutex"
    until_true 10 in_file "$tmp/first" "^${p}mutex/[0-9a-f]+$"
    local first=$pid
    background "$tmp/second" lock "${p}mutex" echo second
    waiting() { [ "$(ctl get --prefix --keys-only "${p}mutex/" | grep -c .)" = 2 ]; }
    until_true 10 waiting
    equal 'output of the waiter' "$(cat "$tmp/second")" ''
    kill -INT "$first"
    until_true 10 in_file "$tmp/second" '^second$'
}

elect() {
    background "$tmp/a" elect "${p}elect" a
    until_true 10 in_file "$tmp/a" '^a$'
    local a=$pid
    background "$tmp/b" elect "${p}elect" b
    background "$tmp/listen" elect --listen "${p}elect"
    until_true 10 in_file "$tmp/listen" '^a$'
    equal 'output of the second' "$(cat "$tmp/b")" ''
    kill -INT "$a"
    until_true 10 in_file "$tmp/b" '^b$'
    until_true 10 in_file "$tmp/listen" '^b$'
}

check lock_runs_a_command lock_runs_a_command
check lock_excludes lock_excludes
check elect elect
