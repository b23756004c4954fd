"""Writes the files of a serialised FileDescriptorSet as C arrays, for gRPC reflection.

usage: embed.py SET HEADER NAME...   one C name for each file of the set, in its order
"""

import sys


def varint(data, at):
    value, shift = 0, 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


def files(data):
    """The set has one field, 1: a file."""
    at = 0
    while at < len(data):
        tag, at = varint(data, at)
        assert tag == (1 << 3 | 2)
        n, at = varint(data, at)
        yield data[at : at + n]
        at += n


def main(set_path, header_path, *names):
    with open(set_path, "rb") as f:
        found = list(files(f.read()))
    assert len(found) == len(names)
    with open(header_path, "w", encoding="ascii") as out:
        out.write("/* Made by proto/embed.py. */\n#include <stdint.h>\n")
        for name, data in zip(names, found):
            out.write(f"\nstatic const uint8_t {name}[{len(data)}] = {{")
            for i, byte in enumerate(data):
                out.write(("\n    " if i % 16 == 0 else " ") + f"{byte},")
            out.write("\n};\n")


main(*sys.argv[1:])
