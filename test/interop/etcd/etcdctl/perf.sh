# The minute of `etcdctl check perf` at its smallest load. Sourced by run.
# shellcheck shell=bash disable=SC2154

# Its limits on the slowest request and the spread depend on the machine: only the rate counts.
check_perf() {
    timeout 120 "$program" --endpoints="$endpoint" check perf --load=s >"$tmp/perf" 2>&1 || true
    grep -oE '(PASS|FAIL)(: .*)?$' "$tmp/perf" >"$tmp/verdict"
    in_file "$tmp/verdict" '^PASS: Throughput is [0-9]+ writes/s$' || {
        tail -c 300 "$tmp/perf"
        return 1
    }
}

check check_perf check_perf
sed 's/^/# check perf: /' "$tmp/verdict"
