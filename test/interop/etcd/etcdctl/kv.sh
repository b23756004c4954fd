# Keys, txns and watches. Sourced by run.
# shellcheck shell=bash disable=SC2154

starts_with_nothing() { ctl del --prefix "$p"; }

put_get() {
    equal put "$(ctl put "${p}a" 1)" OK
    equal 'put --prev-kv' "$(ctl put --prev-kv "${p}a" 2)" "OK
${p}a
1"
    equal get "$(ctl get "${p}a")" "${p}a
2"
    equal 'get of nothing' "$(ctl get "${p}none")" ''
    ctl put "${p}stdin" <<<'from stdin' >/dev/null
    has 'value from standard input' "$(ctl get --print-value-only "${p}stdin")" '^from stdin$'
}

get_options() {
    for i in 1 2 3 4; do ctl put "${p}o/$i" "$((9 - i))"; done >/dev/null
    equal prefix "$(ctl get --prefix --keys-only "${p}o/" | grep . | sed "s#.*/##" | tr '\n' ' ')" '1 2 3 4 '
    equal limit "$(ctl get --prefix --limit 2 --print-value-only "${p}o/" | tr '\n' ' ')" '8 7 '
    equal order "$(ctl get --prefix --order DESCEND --sort-by KEY --print-value-only "${p}o/" | tr '\n' ' ')" '5 6 7 8 '
    equal 'sort by value' "$(ctl get --prefix --sort-by VALUE --print-value-only "${p}o/" | tr '\n' ' ')" '5 6 7 8 '
    equal range "$(ctl get --print-value-only "${p}o/2" "${p}o/4" | tr '\n' ' ')" '7 6 '
    equal 'from key' "$(ctl get --from-key --limit 1 --print-value-only "${p}o/4")" 5
    equal count "$(ctl get --prefix --limit 1 -w fields "${p}o/" | sed -n 's/^"Count" : //p')" 4
    equal serializable "$(ctl get --consistency=s --print-value-only "${p}o/1")" 8
    local revision
    revision=$(ctl get -w json "${p}o/1" | sed 's/.*"mod_revision":\([0-9]*\).*/\1/')
    ctl put "${p}o/1" new >/dev/null
    equal 'old revision' "$(ctl get --rev "$revision" --print-value-only "${p}o/1")" 8
    refused 'get of the future' 'etcdserver: mvcc: required revision is a future revision' ctl get --rev 999999999 "${p}o/1"
    refused 'put of no key' 'etcdserver: key is not provided' ctl put '' v
}

delete() {
    ctl put "${p}d/1" 1 >/dev/null
    ctl put "${p}d/2" 2 >/dev/null
    equal 'del --prev-kv' "$(ctl del --prev-kv "${p}d/1")" "1
${p}d/1
1"
    equal 'del --prefix' "$(ctl del --prefix "${p}d/")" 1
    equal 'del of nothing' "$(ctl del --prefix "${p}d/")" 0
}

txn() {
    ctl put "${p}t" 1 >/dev/null
    ask() {
        printf '%s\n' "value(\"${p}t\") = \"1\"" "ver(\"${p}none\") = \"0\"" '' \
            "put ${p}t 2" "get ${p}t" '' "get ${p}t" '' | ctl txn
    }
    equal 'first txn' "$(ask)" "SUCCESS

OK

${p}t
2"
    equal 'second txn' "$(ask)" "FAILURE

${p}t
2"
    printf '%s\n' '' "put ${p}t 1" "put ${p}t 2" '' '' >"$tmp/twice"
    refused 'the same key twice' 'etcdserver: duplicate key given in txn request' ctl txn <"$tmp/twice"
}

watch() {
    local revision
    ctl put "${p}w/a" 1 >/dev/null
    revision=$(ctl get -w json "${p}w/a" | sed 's/.*"mod_revision":\([0-9]*\).*/\1/')
    background "$tmp/watch" watch --prefix --rev "$revision" --prev-kv "${p}w/"
    until_true 10 lines "$tmp/watch" 3
    ctl put "${p}w/a" 2 >/dev/null
    ctl del "${p}w/a" >/dev/null
    until_true 10 in_file "$tmp/watch" DELETE
    until_true 10 lines "$tmp/watch" 12
    equal events "$(tr '\n' ' ' <"$tmp/watch" | sed "s#$p##g")" 'PUT w/a 1 PUT w/a 1 w/a 2 DELETE w/a 2 w/a  '
}

watch_with_a_command() {
    background "$tmp/exec" watch "${p}x" -- sh -c 'echo $ETCD_WATCH_EVENT_TYPE $ETCD_WATCH_VALUE'
    put_and_look() { ctl put "${p}x" v && in_file "$tmp/exec" '"PUT" "v"'; }
    until_true 10 put_and_look
}

compaction() {
    local now
    ctl put "${p}c" 1 >/dev/null
    ctl put "${p}c" 2 >/dev/null
    now=$(ctl get -w json "${p}c" | sed 's/.*"revision":\([0-9]*\).*/\1/')
    equal compaction "$(ctl compaction "$now")" "compacted revision $now"
    refused 'compaction again' 'etcdserver: mvcc: required revision has been compacted' ctl compaction "$now"
    refused 'get below it' 'etcdserver: mvcc: required revision has been compacted' ctl get --rev $((now - 1)) "${p}c"
    refused 'watch below it' 'required revision has been compacted' ctl watch --rev $((now - 1)) "${p}c"
}

make_mirror() {
    ctl put "${p}m/old" 1 >/dev/null
    background "$tmp/mirror" make-mirror --prefix "${p}m/" --dest-prefix "${p}mirrored/" "$endpoint"
    mirrored() { [ "$(ctl get --print-value-only "${p}mirrored/$1")" = "$2" ]; }
    until_true 15 mirrored old 1
    ctl put "${p}m/new" 2 >/dev/null
    until_true 15 mirrored new 2
    ctl del "${p}m/old" >/dev/null
    until_true 15 mirrored old ''
}

check starts_with_nothing starts_with_nothing
check put_get put_get
check get_options get_options
check del delete
check txn_from_standard_input txn
check watch_prefix_from_an_old_revision watch
check watch_runs_a_command watch_with_a_command
check compaction compaction
check make_mirror make_mirror
