# What the shell scripts of these folders share. Source it with `suite`, the folder's name, set; set `prefix` before
# the first check.
# shellcheck shell=bash

cache=${MUSTER_TEST_CACHE:-$HOME/.cache/muster-test}/${suite:?}
passed=0
failed=0

# check NAME COMMAND...: runs a command, usually a function of asserts, and prints one line.
# The command runs in a subshell with `set -e`; what it prints is the reason if it fails.
check() {
    local name=$prefix/$1 why status
    shift
    why=$(set -e -o pipefail; shopt -s inherit_errexit; "$@" 2>&1)
    status=$?
    if [ $status -eq 0 ]; then
        passed=$((passed + 1))
        echo "ok $name"
    else
        failed=$((failed + 1))
        echo "not ok $name: $(tail -n 5 <<<"$why" | tr -s '[:space:]' ' ' | cut -c 1-900)"
    fi
}

# finish: ends the program as a check program ends.
finish() {
    [ $failed -eq 0 ] && [ $passed -gt 0 ]
    exit
}

# equal WHAT GOT WANT
equal() {
    [ "$2" = "$3" ] || {
        printf '%s is %q, want %q\n' "$1" "$2" "$3"
        return 1
    }
}

# has WHAT TEXT REGEX
has() {
    grep -qE -- "$3" <<<"$2" || {
        printf '%s is %q, want a match of %s\n' "$1" "$2" "$3"
        return 1
    }
}

# refused WHAT REGEX COMMAND...: the command must fail and say so.
refused() {
    local what=$1 regex=$2 text
    shift 2
    if text=$("$@" 2>&1); then
        echo "$what succeeds: $text"
        return 1
    fi
    has "$what" "$text" "$regex"
}

# until_true SECONDS COMMAND...: again and again until it succeeds.
until_true() {
    local end=$((SECONDS + $1 + 1))
    shift
    until "$@" >/dev/null 2>&1; do
        if [ $SECONDS -ge $end ]; then
            echo "not in time: $*"
            return 1
        fi
        sleep 0.05
    done
}

# in_file FILE REGEX: a line of the file matches.
in_file() { grep -qE -- "$2" "$1"; }

# lines FILE COUNT: the file has at least so many lines.
lines() { [ "$(wc -l <"$1")" -ge "$2" ]; }
