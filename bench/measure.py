"""What the rows of bench/ share: servers, load tools, medians and ratios."""
import json, os, random, re, resource, signal, socket, statistics, subprocess, sys, tempfile, time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CACHE = os.environ.get("MUSTER_TEST_CACHE", os.path.expanduser("~/.cache/muster-test"))
running = []  # servers that were started and not stopped
WORK = None  # a folder of this run, on the file system that is measured


def set_up(work):
    """Before all else: the load client is built, and as many files may be open as the system lets us."""
    global WORK
    WORK = work
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    subprocess.run([f"{ROOT}/tools/go", "build", "-o", f"{WORK}/bench-go", "."], cwd=f"{ROOT}/bench/go", check=True)


def free_port():
    """A port that is free for TCP and UDP, below those that the kernel gives to clients."""
    while True:
        port = random.randrange(12000, 32000)
        try:
            with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
                tcp.bind(("127.0.0.1", port))
                udp.bind(("127.0.0.1", port))
                return port
        except OSError:
            pass


class Server:
    """One server; IS_READY(server) says whether it serves. `ports` are its listeners' by name."""

    def __init__(self, name, data, ports, command, is_ready):
        self.name, self.data, self.ports = name, data, ports
        if not os.path.exists(command[0]):
            sys.exit(f"{command[0]} is missing: `make bench` puts it in place")
        begin = time.monotonic()
        self.log = open(data + ".log", "w+")
        self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log)
        running.append(self)
        while not is_ready(self):
            if self.process.poll() is not None or time.monotonic() - begin > 120:
                sys.exit(f"{name} did not start: {self.said()[-500:]}")
            time.sleep(0.002)
        self.ready_s = time.monotonic() - begin

    def said(self):
        with open(self.data + ".log") as log:
            return log.read()

    def cpu(self):
        return time.clock_gettime(~self.process.pid << 3 | 2)  # clock_getcpuclockid(3)

    def rest(self):
        """Until it has used no more than a twentieth of a processor for 0.2 s: what was asked before is done."""
        for _ in range(150):
            before = self.cpu()
            time.sleep(0.2)
            if self.cpu() - before < 0.01:
                return
        print(f"  {self.name} does not come to rest", file=sys.stderr)

    def memory(self):
        with open(f"/proc/{self.process.pid}/status") as status:
            found = dict(re.findall(r"^(VmRSS|RssAnon|RssFile|RssShmem):\s+(\d+) kB", status.read(), re.M))
        with open(f"/proc/{self.process.pid}/smaps_rollup") as smaps:
            dirty = dict(re.findall(r"^(Shared_Dirty|Private_Dirty):\s+(\d+) kB", smaps.read(), re.M))
        anon = int(found["RssAnon"]) / 1024
        return {"anon": anon, "rss": int(found["VmRSS"]) / 1024,
                "anon_and_dirty": max(anon, sum(map(int, dirty.values())) / 1024)}

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        self.process.wait()
        self.log.close()
        running.remove(self)


def has_said_ready(server):
    return "ready to serve client requests" in server.said()


def muster(data, is_ready=has_said_ready):
    """Muster with all its faces, each on a port of its own."""
    ports = {face: free_port() for face in ("etcd", "consul", "dns", "native")}
    listen = [word for face, port in ports.items() for word in (f"--{face}-listen", f"127.0.0.1:{port}")]
    return Server("muster", data, ports, [f"{ROOT}/build/muster", "serve", "--data-dir", data, *listen], is_ready)


def fresh():
    return tempfile.mkdtemp(dir=WORK)


def go_command(server, face, *args):
    return [f"{WORK}/bench-go", "-endpoint", f"127.0.0.1:{server.ports[face]}", "-pid", str(server.process.pid), *args]


def go_client(server, face, *args):
    out = subprocess.run(go_command(server, face, *args), capture_output=True, text=True)
    if out.returncode != 0:
        sys.exit(f"{server.name}: {out.stderr}")
    return json.loads(out.stdout)


def go_holds(server, face, *args):
    """Starts what holds connections open until `let_go`."""
    holder = subprocess.Popen(go_command(server, face, *args), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    if not holder.stdout.readline():
        sys.exit(f"{server.name}: {' '.join(args)} failed")
    return holder


def let_go(holder):
    holder.stdin.close()
    holder.wait()


def compare(peer, work, key, runs):
    """runs: {server: [results]} -> a row with medians and the ratio in which Muster is better."""
    row = {"peer": peer, "work": work, "figure": key}
    for server, results in runs.items():
        row[server] = {k: statistics.median(r[k] for r in results) for k in results[0] if isinstance(results[0][k], (int, float))}
    ours, theirs = row["muster"], row[peer]
    row["ratio"] = ours[key] / theirs[key] if key == "rate" else theirs[key] / ours[key]
    if ours.get("cpu_us") and theirs.get("cpu_us"):
        row["cpu_ratio"] = ours["cpu_us"] / theirs["cpu_us"]
    return row


def show(row):
    def one(figures):
        return "  ".join(f"{k} {figures[k]:,.3g}" if figures[k] < 1000 else f"{k} {figures[k]:,.0f}"
                         for k in ("rate", "p50_ms", "p99_ms", "cpu_us", "s", "anon_and_dirty", "anon", "rss") if figures.get(k))
    peer = row["peer"]
    print(f"{row['work']}\n    {'muster':<8}{one(row['muster'])}\n    {peer:<8}{one(row[peer])}\n    better by {row['ratio']:.2f}"
          + (f", CPU per operation {row['cpu_ratio']:.2f} of {peer}'s" if "cpu_ratio" in row else ""), flush=True)


def memory_row(peer, work, steps):
    """Muster's anonymous memory and dirty pages against the peer's resident memory. steps: {server: memory()}"""
    theirs = {**steps[peer], "anon_and_dirty": steps[peer]["rss"]}
    return compare(peer, work, "anon_and_dirty", {"muster": [steps["muster"]], peer: [theirs]})
