"""The rows beside Consul 1.16.3: one server with a disk each. A round starts both afresh and gives them every load in
turn, for Consul takes 6 to 9 s to elect itself; the memory rows have servers of their own."""
import http.client, re, resource, shutil, subprocess, sys

import measure
from measure import go_client

WAITERS = (1000, 10000)
FLOORS = {  # work -> (how much better at least, server CPU per operation at most)
    "GET health/service?passing, 10 instances, 16 connections": (12, 1 / 20),
    "PUT agent/service/register, 16 connections": (30, 1 / 50), "PUT catalog/register, 16 connections": (8, 1 / 15),
    "KV put 256 B, 128 connections": (5, 1 / 6), "KV put 256 B, one at a time": (1.5, 1 / 6),
    "KV get, 16 connections": (3, 1 / 6), "DNS A, 10 instances": (7, 1 / 12), "DNS SRV, 10 instances": (7, 1 / 12),
    "one change to the last of 1,000 waiting queries": (8, None), "one change to the last of 10,000 waiting queries": (8, None),
    "memory, idle": (5, None), "memory, 10,000 instances": (5, None), "start to ready": (20, None),
}


def floor(row):
    return FLOORS.get(row["work"], (None, None))


def request(server, method, path, body=None):
    """(status, text), or (0, "") from a server that does not answer."""
    conn = http.client.HTTPConnection("127.0.0.1", server.ports["consul"], timeout=10)
    try:
        conn.request(method, path, body)
        answer = conn.getresponse()
        return answer.status, answer.read().decode()
    except OSError:
        return 0, ""
    finally:
        conn.close()


def writes(server):
    """Ready is who has done a write."""
    return request(server, "PUT", "/v1/kv/ready", "yes") == (200, "true")


def consul(data):
    ports = {name: measure.free_port() for name in ("consul", "dns", "grpc", "server", "lan", "wan")}
    # More connections than this from one address, and Consul refuses them; more than open files, and it does not start.
    conns = min(12000, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 100)
    return measure.Server("consul", data, ports, [
        f"{measure.CACHE}/consul/server/consul", "agent", "-server", "-bootstrap-expect=1", "-data-dir", data, "-node=n",
        "-bind=127.0.0.1", "-client=127.0.0.1", f"-http-port={ports['consul']}", f"-dns-port={ports['dns']}",
        f"-grpc-port={ports['grpc']}", "-grpc-tls-port=-1", f"-server-port={ports['server']}",
        f"-serf-lan-port={ports['lan']}", f"-serf-wan-port={ports['wan']}", "-disable-host-node-id=true",
        "-log-level=error", f"-hcl=limits{{http_max_conns_per_client={conns}}}"], writes)


SERVERS = {"consul": consul, "muster": lambda data: measure.muster(data, writes)}


def milliseconds(text):
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s)", text).groups()
    return float(number) * {"us": 1e-3, "ms": 1, "s": 1e3}[unit]


def wrk(server, conns, seconds, path, *script):
    before = server.cpu()
    out = subprocess.run(["wrk", "-t", "1", "-c", str(conns), "-d", f"{seconds}s", "--latency", *script[:2],
                          f"http://127.0.0.1:{server.ports['consul']}{path}", *script[2:]], capture_output=True, text=True).stdout
    used = server.cpu() - before
    for trouble in re.findall(r"^ +(?:Socket errors|Non-2xx).*", out, re.M):
        sys.exit(f"{server.name}, {path}{script}: {trouble}")
    done = int(re.search(r"(\d+) requests in", out).group(1))
    at = dict(re.findall(r"^ +(\d\d)% +(\S+)", out, re.M))
    return {"rate": float(re.search(r"Requests/sec: +([\d.]+)", out).group(1)), "cpu_us": used * 1e6 / done,
            "p50_ms": milliseconds(at["50"]), "p99_ms": milliseconds(at["99"])}


turns = iter(range(0, 10**9, 10**6))  # where the next load of writes begins to count


def put(server, conns, seconds, kind):
    return wrk(server, conns, seconds, "", "-s", f"{measure.ROOT}/bench/writes.lua", "--", kind, str(next(turns)))


def dnsperf(server, seconds, kind):
    asked = f"{measure.WORK}/dns"
    with open(asked, "w") as file:
        file.write(f"web.service.consul {kind}\n")
    before = server.cpu()
    out = subprocess.run(["dnsperf", "-s", "127.0.0.1", "-p", str(server.ports["dns"]), "-d", asked, "-c", "16", "-l",
                          str(seconds)], capture_output=True, text=True).stdout
    used = server.cpu() - before
    done = int(re.search(r"Queries completed: +(\d+)", out).group(1))
    good = int(re.search(r"NOERROR (\d+)", out).group(1))
    if good != done:
        sys.exit(f"{server.name}, DNS {kind}: {out}")
    return {"rate": float(re.search(r"Queries per second: +([\d.]+)", out).group(1)), "cpu_us": used * 1e6 / done}


def works(quick):
    seconds = 2 if quick else 3
    yield ("GET health/service?passing, 10 instances, 16 connections", "rate",
           lambda s: wrk(s, 16, seconds, "/v1/health/service/web?passing"))
    for kind in ("A", "SRV"):
        yield f"DNS {kind}, 10 instances", "rate", lambda s, k=kind: dnsperf(s, seconds, k)
    yield "KV put 256 B, one at a time", "rate", lambda s: put(s, 1, seconds, "kv")
    yield "KV put 256 B, 128 connections", "rate", lambda s: put(s, 128, seconds, "kv")
    yield "KV get, 16 connections", "rate", lambda s: wrk(s, 16, seconds, "/v1/kv/bench/7")
    for n in WAITERS:
        rounds = "5" if n > 1000 else "20"
        yield (f"one change to the last of {n:,} waiting queries", "p50_ms",
               lambda s, n=n, r=rounds: go_client(s, "consul", "wake", "-waiters", str(n), "-rounds", r))
    yield "PUT catalog/register, 16 connections", "rate", lambda s: put(s, 16, seconds, "catalog")
    yield "PUT agent/service/register, 16 connections", "rate", lambda s: put(s, 16, seconds, "agent")


def run_round(quick, wanted, runs):
    servers = [start(measure.fresh()) for start in SERVERS.values()]
    for server in servers:
        if wanted("start to ready"):
            runs.setdefault(("start to ready", "s"), {}).setdefault(server.name, []).append({"s": server.ready_s})
        go_client(server, "consul", "register", "-instances", "10")
        request(server, "PUT", "/v1/kv/bench/7", "v" * 256)
    for work, key, load in works(quick):
        if not wanted(work):
            continue
        for server in servers:
            for each in servers:
                each.rest()
            runs.setdefault((work, key), {}).setdefault(server.name, []).append(load(server))
    for server in servers:
        server.stop()
        shutil.rmtree(server.data, ignore_errors=True)


def memory(start):
    """{work: figures} of one kind of server."""
    server, found = start(measure.fresh()), {}
    server.rest()
    found["memory, idle"] = server.memory()
    go_client(server, "consul", "register", "-instances", "10")
    holder = measure.go_holds(server, "consul", "wait", "-waiters", "10000")
    found["memory, 10,000 waiting queries"] = server.memory()
    measure.let_go(holder)
    server.stop()
    shutil.rmtree(server.data, ignore_errors=True)
    server = start(measure.fresh())
    go_client(server, "consul", "register", "-instances", "10000", "-services", "100")
    server.rest()
    found["memory, 10,000 instances"] = server.memory()
    server.stop()
    shutil.rmtree(server.data, ignore_errors=True)
    return found


def rows(quick, wanted):
    runs = {}
    if wanted("start to ready") or any(wanted(work) for work, _, _ in works(quick)):
        rounds = 1 if quick else 3
        for turn in range(rounds):
            run_round(quick, wanted, runs)
            print(f"  round {turn + 1} of {rounds} is done", file=sys.stderr)
    for (work, key), found in runs.items():
        yield measure.compare("consul", work, key, found)
    if wanted("memory"):
        steps = {which: memory(start) for which, start in SERVERS.items()}
        for work in steps["muster"]:
            yield measure.memory_row("consul", work, {which: steps[which][work] for which in steps})
