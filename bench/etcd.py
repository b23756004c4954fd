"""The rows beside etcd 3.7. Each load meets a server of its own, on an empty directory."""
import os, re, shutil, signal, struct, subprocess, sys, time

import measure
from measure import go_client, has_said_ready

FLOORS = {  # work -> (how much better at least, server CPU per operation at most)
    "Range, linearizable, 1 x 10": (5, 1 / 5), "Range, linearizable, 16 x 10": (3, 1 / 5),
    "Range, linearizable, 128 x 10": (2.5, 1 / 5), "Put 256 B, 16 x 10": (3, 1 / 4), "Put 256 B, 128 x 10": (3, 1 / 4),
    "Put 256 B, one client, one at a time": (1.5, 1 / 4), "one Put to the last of 1,000 watchers": (2, 1 / 5),
    "one Put to the last of 10,000 watchers": (2, 1 / 5),
    "lease keepalives, 160 streams on 16 connections": (1.3, 1 / 2),
}


def floor(row):
    return FLOORS.get(row["work"], (5 if row["figure"] == "s" else 3, None))


def etcd(data):
    ports = {"etcd": measure.free_port(), "peer": measure.free_port()}
    url, peer = (f"http://127.0.0.1:{ports[which]}" for which in ("etcd", "peer"))
    return measure.Server("etcd", data, ports, [
        f"{measure.CACHE}/etcd/server/etcd", "--name", "n", "--data-dir", data, "--listen-client-urls", url,
        "--advertise-client-urls", url, "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
        "--initial-cluster", f"n={peer}", "--log-level", "info"], has_said_ready)


SERVERS = {"etcd": etcd, "muster": measure.muster}


def varint(n):
    out = b""
    while n > 127:
        out, n = out + bytes([n & 127 | 128]), n >> 7
    return out + bytes([n])


def field(number, data):
    return varint(number << 3 | 2) + varint(len(data)) + data


def body(path, message):
    with open(path, "wb") as file:
        file.write(b"\0" + struct.pack(">I", len(message)) + message)


def h2load(server, method, message, conns, streams, seconds):
    work = measure.WORK
    body(f"{work}/body", message)
    before = server.cpu()
    out = subprocess.run(
        ["h2load", "-t", "1", "-c", str(conns), "-m", str(streams), "-D", str(seconds), "--warm-up-time", "1",
         f"--log-file={work}/h2log", "-d", f"{work}/body", "-H", "content-type: application/grpc", "-H",
         "te: trailers", f"http://127.0.0.1:{server.ports['etcd']}/etcdserverpb.KV/{method}"],
        capture_output=True, text=True).stdout
    used = server.cpu() - before
    rate = float(re.search(r"finished in .*?, ([\d.]+) req/s", out).group(1))
    bad = [int(x) for x in re.search(r"(\d+) failed, (\d+) errored, (\d+) timeout", out).groups()]
    times = []
    with open(f"{work}/h2log") as log:
        for line in log:
            times.append(int(line.split("\t")[2]))
    os.remove(f"{work}/h2log")
    if any(bad):
        print(f"  {server.name}: failed, errored, timeout: {bad}", file=sys.stderr)
    times.sort()
    # The CPU covers the warm-up second too, so it is held against all requests of it and the run.
    total = len(times)
    return {"rate": rate, "cpu_us": used * 1e6 / max(1, total * (seconds + 1) / seconds),
            "p50_ms": times[total // 2] / 1000, "p99_ms": times[total * 99 // 100] / 1000}


REST_S = 45  # after which Linux has written dirty pages back (vm.dirty_expire_centisecs is 30 s)
KEY, VALUE = b"fill/000000007", b"v" * 256
LOADS = [(c, 10) for c in (1, 16, 128)]


def works(quick):
    seconds = "2" if quick else "3"
    for conns, streams in LOADS:
        yield (f"Range, linearizable, {conns} x {streams}", "rate",
               lambda s, c=conns, m=streams: h2load(s, "Range", field(1, KEY), c, m, int(seconds)))
    for conns, streams in LOADS[1:]:
        yield (f"Put 256 B, {conns} x {streams}", "rate",
               lambda s, c=conns, m=streams: h2load(s, "Put", field(1, b"put/one") + field(2, VALUE), c, m, int(seconds)))
    yield "Put 256 B, one client, one at a time", "p50_ms", lambda s: go_client(s, "etcd", "put", "-seconds", seconds)
    yield ("one Put to the last of 1,000 watchers", "p50_ms",
           lambda s: go_client(s, "etcd", "watch", "-watchers", "1000", "-rounds", "100"))
    yield ("one Put to the last of 10,000 watchers", "p50_ms",
           lambda s: go_client(s, "etcd", "watch", "-watchers", "10000", "-rounds", "30"))
    yield "lease keepalives, 160 streams on 16 connections", "rate", lambda s: go_client(s, "etcd", "lease", "-seconds", seconds)


def run_loads(quick, wanted):
    for work, key, load in works(quick):
        if not wanted(work):
            continue
        runs = {which: [] for which in SERVERS}
        for turn in range(1 if quick else 3):
            for which, start in SERVERS.items():
                server = start(measure.fresh())
                go_client(server, "etcd", "fill", "-keys", "1000")
                runs[which].append(load(server))
                server.stop()
                shutil.rmtree(server.data, ignore_errors=True)
        yield measure.compare("etcd", work, key, runs)


def start_and_memory(start, quick):
    """{work: figures} of one server."""
    data, found = measure.fresh(), {}
    server = start(data)
    found["start to ready, empty"] = {"s": server.ready_s}
    time.sleep(1)
    found["memory, idle"] = server.memory()
    holder = measure.go_holds(server, "etcd", "hold", "-watchers", "10000")
    found["memory, 10,000 watchers"] = server.memory()
    measure.let_go(holder)
    go_client(server, "etcd", "fill", "-keys", "100000")
    found["memory, 100,000 keys"] = server.memory()
    if not quick:
        time.sleep(REST_S)
        found["memory, 100,000 keys, at rest"] = server.memory()
        go_client(server, "etcd", "fill", "-keys", "1000000")
        found["memory, 1,000,000 keys"] = server.memory()
        time.sleep(REST_S)
        found["memory, 1,000,000 keys, at rest"] = server.memory()
    keys = "100,000" if quick else "1,000,000"
    server.stop()
    server = start(data)
    found[f"start to ready, {keys} keys, after a clean stop"] = {"s": server.ready_s}
    server.stop(signal.SIGKILL)
    server = start(data)
    found[f"start to ready, {keys} keys, after kill -9"] = {"s": server.ready_s}
    server.stop()
    shutil.rmtree(data, ignore_errors=True)
    return found


def rows(quick, wanted):
    yield from run_loads(quick, wanted)
    if not wanted("start to ready, memory"):
        return
    steps = {which: start_and_memory(start, quick) for which, start in SERVERS.items()}
    for work in steps["muster"]:
        found = {which: steps[which][work] for which in steps}
        if work.startswith("start"):
            yield measure.compare("etcd", work, "s", {which: [figures] for which, figures in found.items()})
        else:
            yield measure.memory_row("etcd", work, found)
