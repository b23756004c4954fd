#!/usr/bin/env python3
"""Seeds of fuzz_dns: `fuzz/seeds_dns.py fuzz/corpus/dns`. The first byte is how many records are answered."""
import os, struct, sys

A, SOA, PTR, MX, TXT, AAAA, SRV, OPT, AXFR, ANY = 1, 6, 12, 15, 16, 28, 33, 41, 252, 255


def name(text):
    return b"".join(bytes([len(l)]) + l.encode() for l in text.split(".")) + b"\0"


def query(asked, kind=A, flags=0x0100, more=b"", counts=(1, 0, 0, 0), klass=1):
    return struct.pack(">6H", 0x1234, flags, *counts) + name(asked) + struct.pack(">2H", kind, klass) + more


def opt(size, options=b"", version=0):
    return b"\0" + struct.pack(">HHBBHH", OPT, size, 0, version, 0x8000, len(options)) + options


def option(code, data):
    return struct.pack(">HH", code, len(data)) + data


SUBNET = option(8, struct.pack(">HBB", 1, 24, 0) + bytes([10, 1, 2]))
COOKIE = option(10, b"12345678")

seeds = {
    "a": (3, query("web.service.consul")),
    "case": (9, query("WeB.serVICE.consul")),
    "srv": (40, query("_web._tcp.service.dc1.dc.consul", SRV)),
    "srv-short": (2, query("_web._tcp.consul", SRV)),
    "any-edns": (200, query("a.b.web.service.team.ns.dc1.dc.consul", ANY, more=opt(1232), counts=(1, 0, 0, 1))),
    "subnet": (100, query("n.1.node.consul", TXT, more=opt(4096, SUBNET + COOKIE), counts=(1, 0, 0, 1))),
    "large": (255, query("web.service.test.zone", AAAA, more=opt(65535), counts=(1, 0, 0, 1))),
    "version": (1, query("consul", SOA, more=opt(512, version=1), counts=(1, 0, 0, 1))),
    "addr": (1, query("20010db8000000000000000000000001.addr.consul", AAAA)),
    "query": (1, query("_near._tcp.query.dc1.consul", SRV)),
    "ptr4": (1, query("4.3.2.1.in-addr.arpa", PTR)),
    "ptr6": (1, query("1." + "0." * 23 + "8.b.d.0.1.0.0.2.ip6.arpa", PTR)),
    "outside": (1, query("www.example.com", MX)),
    "transfer": (0, query("consul", AXFR)),
    "chaos": (0, query("version.bind", TXT, klass=3)),
    "update": (0, query("consul", SOA, flags=0x2800)),
    "pointer": (1, struct.pack(">6H", 1, 0x100, 1, 0, 0, 0) + b"\xc0\x0c\0\1\0\1"),
    "loop": (1, query("a", more=b"\xc0\x13\0\1\0\1\0\0\0\0\0\0", counts=(1, 0, 0, 1))),
    "long": (8, query(".".join(["x" * 63] * 3 + ["y" * 61]))),
    "labels": (8, query(".".join(["x"] * 126) + ".y")),
}

os.makedirs(sys.argv[1], exist_ok=True)
for label, (records, packet) in seeds.items():
    with open(os.path.join(sys.argv[1], label), "wb") as file:
        file.write(bytes([records]) + packet)
