# Runs check programs against servers and counts what they print. Source it after lib.sh with `adapter` and `only` set;
# `endpoint_variable` names what tells programs where the server is. Makes `work`, a folder for logs, data and process ids.
# shellcheck shell=bash

work=$(mktemp -d)
mkdir "$work/tmp"
export TMPDIR=$work/tmp PYTHONDONTWRITEBYTECODE=1
. "$(dirname "${BASH_SOURCE[0]}")/server.sh"
features=$("$adapter" features)
export SERVER_FEATURES=$features

# feature NAME: the server has it. value NAME: what it says after NAME=.
feature() { grep -qx -- "$1" <<<"$features"; }
value() { sed -n "s/^$1=//p" <<<"$features"; }

# count NAME LINE: counts and prints a line of a check program.
count() {
    case $1 in
    'ok '*) passed=$((passed + 1)) ;;
    'not ok '*) failed=$((failed + 1)) ;;
    esac
    echo "$1"
}

# program NAME COMMAND...: runs one program and counts its lines; a program that ends with an
# error but names no failed check is a failure of its own.
program() {
    local name=$1 line before=$failed began=$SECONDS status
    shift
    grep -qE -- "$only" <<<"$name" || return 0
    while IFS= read -r line; do
        case $line in
        exit=*) status=${line#exit=} ;;
        *) count "$line" ;;
        esac
    done < <(timeout -k 5 170 "$@" 2>"$work/$name.err"; echo "exit=$?")
    if [ "$status" != 0 ] && [ $failed = "$before" ]; then
        count "not ok $name: ended with $status: $(tail -n 3 "$work/$name.err" | tr -s '[:space:]' ' ')"
    fi
    echo "# $name took $((SECONDS - began)) s"
}

end() {
    local pid
    for pid in "$work"/*.pid; do stop "$(basename "$pid" .pid)" >/dev/null; done
    if [ $failed -eq 0 ]; then rm -rf "$work"; else echo "# logs are in $work"; fi
}
trap end EXIT
trap 'exit 130' INT TERM

# on SERVER NAME COMMAND...: runs a program on a server, which must outlive it.
on() {
    local server=$1 name=$2
    shift
    grep -qE -- "$only" <<<"$name" || return 0
    export "${endpoint_variable:?}=$(cat "$work/$server.endpoint")"
    program "$@"
    if ! alive "$server"; then
        count "not ok $name: the server died: $(tail -n 3 "$work/$server.log" | tr -s '[:space:]' ' ' | tr -cd '[:print:]' | cut -c 1-600)"
        start "$server" || fresh "$server" || exit 1
    fi
}

# stopped SERVER: stops it; one that does not end is a failed check.
stopped() {
    local line
    line=$(stop "$1")
    [ -z "$line" ] || count "$line"
}

# fresh SERVER [FLAG...]: a new server with no data.
fresh() {
    local server=$1
    rm -rf "${work:?}/$server.data"
    prepare "$@"
    start "$server" && return
    count "not ok $server: the server does not start"
    return 1
}

# result: prints the sums; true if nothing failed.
result() {
    echo "$passed passed, $failed failed"
    [ $failed -eq 0 ] && [ $passed -gt 0 ]
}
