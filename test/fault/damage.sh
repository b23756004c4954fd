#!/usr/bin/env bash
# A torn tail is cut with a log line; a flipped bit in the middle refuses to start and says where.
. "$(dirname "$0")/lib.sh"

segment() { grep -l MUSTERLG "$data"/log/*.seg | tail -n 1; }
# The last 4 KiB block of FILE that is not all zero.
last_block() {
    python3 - "$1" <<'P'
import sys
data = open(sys.argv[1], "rb").read()
block = len(data) // 4096 - 1
while block > 0 and not any(data[block * 4096:block * 4096 + 4096]):
    block -= 1
print(block * 4096)
P
}
overwrite() { printf "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none; }
flip() {
    python3 - "$1" "$2" <<'P'
import sys
with open(sys.argv[1], "r+b") as file:
    file.seek(int(sys.argv[2]))
    byte = file.read(1)[0]
    file.seek(int(sys.argv[2]))
    file.write(bytes([byte ^ 1]))
P
}

check "a fresh server starts" start_server
for i in 1 2 3 4 5 6 7 8; do ctl put "k$i" "v$i" >/dev/null; done
check "the eighth write is there" value_is k8 v8
end_server KILL

file=$(segment)
overwrite "$file" "$(($(last_block "$file") + 40))" '\xff\xff\xff\xff\xff\xff'
rm "$data/view.state" # as after a power cut: what was applied is not taken from the view
check "a torn tail does not keep it from starting" start_server
check "and it says that it cut it" says 'cut a torn tail'
check "all before it is there" value_is k7 v7
for i in 1 2 3 4; do ctl put "l$i" "v$i" >/dev/null; done
check "and it takes writes" value_is l4 v4
end_server KILL

middle=$(($(last_block "$file") - 2 * 4096 + 50))
flip "$file" "$middle"
check_not "a flipped bit in the middle: it does not start" start_server
check "it names the file" says "$(basename "$file")"
check "it names the offset" says "$((middle / 4096 * 4096))"
check "it says what to do" says 'snapshot restore'
flip "$file" "$middle"
check "with the bit flipped back it starts" start_server
check "with all its keys" value_is l4 v4
end_server TERM

truncate -s 20000 "$data/view/view.mdb"
check_not "a view that was cut: it does not start" start_server
check "it says how the view is made again" says 'rebuild-view'
check "which makes it again" start_server --rebuild-view
check "with all its keys" value_is l4 v4
end_server TERM
truncate -s 0 "$data/view/view.mdb"
check_not "an empty view: it does not start" start_server
check "it says how the view is made again" says 'rebuild-view'
check "which makes it again" start_server --rebuild-view
check "with all its keys" value_is l4 v4
end_server TERM

rm "$data"/log/*.seg
check_not "a log that is missing: it does not start" start_server
check "it says so" says 'the log is missing'
check "it can go back to the snapshot" start_server --rebuild-view
end_server TERM
finish
