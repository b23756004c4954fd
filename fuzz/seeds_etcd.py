"""Writes the first seeds of fuzz_etcd: one file a message, its first byte says which.

usage: seeds_etcd.py FOLDER
"""

import os
import sys

RANGE, PUT, DELETE, TXN, COMPACT, GRANT, REVOKE, HASH, WATCH, KEEPALIVE, TTL, ALARM, MEMBERS = range(13)


def varint(n):
    n &= (1 << 64) - 1
    out = bytearray()
    while n >= 0x80:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    out.append(n)
    return bytes(out)


def number(field, n):
    return varint(field << 3) + varint(n)


def run(field, data):
    return varint(field << 3 | 2) + varint(len(data)) + data


def put(key, value=b"v", rest=b""):
    return run(1, key) + run(2, value) + rest


def op_put(key):
    return run(2, run(2, put(key)))


def nested(levels):
    txn = run(2, run(2, put(b"deep")))
    for _ in range(levels):
        txn = run(2, run(4, txn))
    return txn


SEEDS = {
    "range-one": (RANGE, run(1, b"k")),
    "range-all": (RANGE, run(1, b"\0") + run(2, b"\0")),
    "range-sorted": (RANGE, run(1, b"a") + run(2, b"z") + number(3, 2) + number(5, 2) + number(6, 4)),
    "range-old": (RANGE, run(1, b"k") + number(4, 2) + number(8, 1)),
    "range-filters": (RANGE, run(1, b"a") + run(2, b"\0") + number(10, 3) + number(13, 9) + number(9, 1)),
    "range-bad-sort": (RANGE, run(1, b"k") + number(5, 1) + number(6, 9)),
    "put": (PUT, put(b"k")),
    "put-lease": (PUT, put(b"k", b"", number(3, 7) + number(4, 1))),
    "put-ignore": (PUT, run(1, b"k") + number(5, 1) + number(6, 1)),
    "put-long-key": (PUT, put(b"k" * 700, b"v" * 5000)),
    "delete": (DELETE, run(1, b"k") + number(3, 1)),
    "delete-range": (DELETE, run(1, b"a") + run(2, b"z") + number(3, 1)),
    "txn-cas": (TXN, run(1, number(2, 2) + run(3, b"k") + number(6, 4)) + op_put(b"k") + run(3, run(1, run(1, b"k")))),
    "txn-value": (TXN, run(1, number(1, 3) + number(2, 3) + run(3, b"k") + run(7, b"v")) + op_put(b"x")),
    "txn-duplicate": (TXN, op_put(b"x") + run(2, run(3, run(1, b"w") + run(2, b"y")))),
    "txn-nested": (TXN, nested(3)),
    "txn-deep": (TXN, nested(127)),
    "txn-empty-op": (TXN, run(2, b"")),
    "txn-read": (TXN, run(2, run(1, run(1, b"a") + run(2, b"z")))),
    "compact": (COMPACT, number(1, 5) + number(2, 1)),
    "grant": (GRANT, number(1, 60) + number(2, 7)),
    "grant-negative": (GRANT, number(1, 2) + number(2, -7)),
    "revoke": (REVOKE, number(1, 7)),
    "hash": (HASH, number(1, 3)),
    "watch-create": (WATCH, run(1, run(1, b"a") + run(2, b"z") + number(3, 2) + run(5, b"\0\1") + number(6, 1) + number(8, 1))),
    "watch-cancel": (WATCH, run(2, number(1, 77))),
    "watch-progress": (WATCH, run(3, b"")),
    "keepalive": (KEEPALIVE, number(1, 7)),
    "ttl": (TTL, number(1, 7) + number(2, 1)),
    "alarm": (ALARM, number(1, 1) + number(2, 5) + number(3, 1)),
    "members": (MEMBERS, number(1, 1)),
}

folder = sys.argv[1]
os.makedirs(folder, exist_ok=True)
for name, (which, data) in SEEDS.items():
    with open(os.path.join(folder, name), "wb") as f:
        f.write(bytes([which]) + data)
