"""Writes the first seeds of fuzz_http2 and fuzz_grpc.

usage: seeds_http2.py FOLDER_HTTP2 FOLDER_GRPC
"""

import gzip
import os
import struct
import sys


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def field(name, value):
    return b"\0" + bytes([len(name)]) + name + bytes([len(value)]) + value


def head(path=b"/f.F/U", kind=b"application/grpc", method=b"POST", *more):
    block = field(b":method", method) + field(b":scheme", b"http") + field(b":path", path) + field(b":authority", b"a")
    block += field(b"content-type", kind) if kind else b""
    return block + b"".join(field(n, v) for n, v in more)


def message(data, flag=0):
    return bytes([flag]) + struct.pack(">I", len(data)) + data


def call(stream, path, body, *more):
    return frame(1, 4, stream, head(path, b"application/grpc", b"POST", *more)) + frame(0, 1, stream, body)


def http2():
    yield "unary", call(1, b"/f.F/U", message(b"hello"))
    yield "bidi", call(1, b"/f.F/B", message(b"a") + message(b"") + message(b"c" * 300))
    yield "paused", call(1, b"/f.F/P", message(b"a") * 20)
    yield "two", call(1, b"/f.F/S", message(b"a")) + call(3, b"/f.F/C", message(b"b") * 3)
    yield "unknown", call(1, b"/f.F/Nope", message(b"x")) + call(3, b"/nope", b"")
    yield "timeout", call(1, b"/f.F/C", b"", (b"grpc-timeout", b"1n"))
    yield "page", frame(1, 5, 1, head(b"/x?y=z", b"", b"GET"))
    yield "post", frame(1, 4, 1, head(b"/x", b"text/plain")) + frame(0, 1, 1, b"body")
    yield "reset", frame(1, 4, 1, head()) + frame(3, 0, 1, b"\0\0\0\x08")
    yield "windows", frame(1, 4, 1, head(b"/f.F/S")) + frame(4, 0, 0, b"\0\4\0\0\0\0") + frame(
        0, 1, 1, message(b"w" * 400)) + frame(8, 0, 1, b"\0\0\0\x0a") + frame(8, 0, 1, b"\0\0\xff\xff")
    yield "continuation", frame(1, 1, 1, head()[:20]) + frame(9, 0, 1, head()[20:40]) + frame(9, 4, 1, head()[40:])
    yield "padding", frame(1, 4, 1, head()) + frame(0, 9, 1, b"\2" + message(b"p") + b"\0\0")
    yield "pings", frame(6, 0, 0, b"12345678") * 4
    yield "goaway", frame(7, 0, 0, b"\0\0\0\0\0\0\0\0bye")
    yield "priority", frame(2, 0, 3, b"\0\0\0\1\x10") + frame(16, 0, 0, b"\0\0\0\1u=1")
    yield "trailers", frame(1, 4, 1, head(b"/f.F/B")) + frame(0, 0, 1, message(b"x")) + frame(
        1, 5, 1, field(b"x-trailer", b"1"))


def grpc():
    packed = gzip.compress(b"packed" * 50, mtime=0)
    for at, letter in enumerate("UBSCPE"):
        yield "one-" + letter, bytes([at, 3]) + message(b"hello")
        yield "many-" + letter, bytes([at, 7]) + message(b"a") + message(b"") + message(b"b" * 200)
        yield "cut-" + letter, bytes([at, 1]) + message(b"hello")[:-1]
        yield "gzip-" + letter, bytes([at | 0x80, 9]) + message(packed, 1) + message(b"plain")
    yield "too-big", b"\1\5" + b"\0\x7f\xff\xff\xff"
    yield "flag", b"\1\5" + message(b"x", 1)
    yield "odd-flag", b"\1\5" + message(b"x", 7)
    yield "large", b"\4\xff" + message(b"l" * 12000)
    yield "empty", b"\0\0"


def write(folder, seeds, prefix=b""):
    os.makedirs(folder, exist_ok=True)
    for name, data in seeds:
        with open(os.path.join(folder, name), "wb") as out:
            out.write(prefix + data)


write(sys.argv[1], http2(), b"\0")
write(sys.argv[1], ((n + "-cut", d) for n, d in http2()), b"\2")
write(sys.argv[2], grpc())
