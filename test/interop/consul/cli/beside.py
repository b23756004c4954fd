"""Runs each command of a file against the real Consul and against Muster, both started by the same `agent` line, and
compares what is printed and how it ends.
    beside.py CONSUL MUSTER FILE [FLAG...]       FLAGs go to both agents; =NAME@ in one is that file beside FILE

A line of the file is a shell command, run in a folder of its own for each server; `consul` in it is the real command line.
Indented lines below it say more:
    save NAME REGEX     what the group matches stands for {NAME} later on
    order               lines may come in any order
    ends                how it ends is the same, not what it says
    muster REGEX        it differs, for the reason in the comment above: this is what Muster says
"""
import os, random, re, shutil, signal, socket, subprocess, sys, tempfile, time, urllib.request

consul, muster, script, *flags = sys.argv[1:]
here = os.path.dirname(os.path.abspath(script))
name = os.path.splitext(os.path.basename(script))[0]
work = tempfile.mkdtemp()
failed = False
# What is never the same, and what stands for it.
NORMAL = [(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "<id>"),
          (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?( ?[+-]\d{4} UTC|Z)?", "<time>"),
          (r"\w+day, \d\d-\w+-\d\d [\d:]+ UTC", "<time>"), (r"127\.0\.0\.1:\d{4,5}", "<address>"), (r"_port=\d+|\bport=\d+", "<port>"), (r"\b1\.(16\.3|21\.4)\b", "<version>"),
          (r"(Index|Indices|index)(\"?[: ]+)\d+", r"\1\2<n>"), (r"^(\S+ +)[0-9a-f]{8}( +127)", r"\1<short>\2"),
          (r"[ \t]+$", ""), (r"(?<=\S) {2,}", "  ")]


def free_ports(n):
    """Below those the kernel gives to clients: one that dials must not be given a port of a server that starts."""
    held = []
    while len(held) < n:
        try:
            held.append(socket.create_server(("127.0.0.1", random.randrange(12000, 32000))))
        except OSError:
            pass
    ports = [s.getsockname()[1] for s in held]
    for s in held:
        s.close()
    return ports


class Server:
    def __init__(self, who, program):
        self.who, self.saved = who, {}
        self.folder = f"{work}/{who}"
        os.mkdir(self.folder)
        kinds = ("http", "dns", "grpc", "server", "serf-lan", "serf-wan")
        ports = free_ports(len(kinds))
        self.address = f"127.0.0.1:{ports[0]}"
        command = [program, "agent", "-dev", "-node=vm", "-bind=127.0.0.1", "-client=127.0.0.1", "-grpc-tls-port=-1"]
        command += [f"-{kind}-port={port}" for kind, port in zip(kinds, ports)]
        command += [re.sub(r"=(\S+)@$", rf"={here}/\1", flag) for flag in flags]
        self.log = open(f"{work}/{who}.log", "w")
        self.process = subprocess.Popen(command, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)

    def wait(self):
        deadline = time.monotonic() + 30
        while self.process.poll() is None and time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"http://{self.address}/v1/status/leader", timeout=5) as answer:
                    if len(answer.read()) > 2:
                        return
            except OSError:
                pass
            time.sleep(0.05)
        with open(self.log.name, errors="replace") as log:
            sys.exit(f"{self.who} does not start: {log.read()[-600:]}")

    def end(self):
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def run(self, line):
        """(how it ends, what it prints)"""
        for key, value in self.saved.items():
            line = line.replace("{%s}" % key, value)
        env = {**os.environ, "CONSUL_HTTP_ADDR": self.address, "PATH": f"{work}/bin:{os.environ['PATH']}", "HOME": self.folder,
               "TMPDIR": self.folder, "PYTHON": sys.executable}
        if "token" in self.saved:
            env["CONSUL_HTTP_TOKEN"] = self.saved["token"]
        try:
            ended = subprocess.run(["bash", "-c", line], cwd=self.folder, env=env, stdin=subprocess.DEVNULL, timeout=60,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
        except subprocess.TimeoutExpired:
            return "no end", ""
        return ended.returncode, ended.stdout

    def save(self, key, regex, text):
        found = re.search(regex, text)
        self.saved[key] = found[1] if found else f"no-{key}"
        return found


def normal(text, in_order):
    lines = []
    for line in text.splitlines():
        for regex, to in NORMAL:
            line = re.sub(regex, to, line)
        lines.append(line)
    return lines if in_order else sorted(lines)


def steps():
    """(command, {what: its argument})"""
    with open(script) as file:
        lines = [line.rstrip("\n") for line in file if line.strip() and not line.startswith("#")]
    for at, line in enumerate(lines):
        if line.startswith(" "):
            continue
        more = {}
        for below in lines[at + 1:]:
            if not below.startswith(" "):
                break
            what, _, argument = below.strip().partition(" ")
            more[what] = argument
        yield line, more


def difference(more, real, ours):
    """Why the two (end, text) are not as they shall be, or nothing."""
    if "muster" in more:
        return None if re.search(more["muster"], ours[1]) else f"muster says {ours[1]!r}"
    if real[0] != ours[0]:
        return f"ends with {ours[0]}, not {real[0]}: {ours[1][-300:]!r}, not {real[1][-300:]!r}"
    if "ends" in more:
        return None
    want, got = (normal(text, "order" not in more) for _, text in (real, ours))
    if want == got:
        return None
    only = [line for line in got if line not in want][:3], [line for line in want if line not in got][:3]
    return f"muster says {only[0]}, Consul says {only[1]}" if any(only) else f"muster says {got}, Consul says {want}"


def run_step(line, more):
    global failed
    outcome = [server.run(line) for server in servers]
    why = difference(more, *outcome)
    if "save" in more:
        key, regex = more["save"].split(" ", 1)
        for server, (_, text) in zip(servers, outcome):
            if not server.save(key, regex, text):
                why = why or f"{server.who} says no {key}: {text[-200:]!r}"
    failed |= why is not None
    print(f"not ok {name}/{line}: {why[:700]}" if why else f"ok {name}/{line}", flush=True)


os.mkdir(f"{work}/bin")
os.symlink(os.path.realpath(consul), f"{work}/bin/consul")
os.symlink(f"{here}/api", f"{work}/bin/api")
servers = [Server("consul", os.path.realpath(consul)), Server("muster", os.path.realpath(muster))]
try:
    for server in servers:
        server.wait()
    for line, more in steps():
        run_step(line, more)
finally:
    for server in servers:
        server.end()
shutil.rmtree(work)
sys.exit(1 if failed else 0)
