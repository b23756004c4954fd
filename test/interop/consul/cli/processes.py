"""Drives the real command line where it stays and waits: locks, watches with handlers, logs; snapshots and leaving too.
    processes.py CONSUL PID     the server is CONSUL_HTTP_ADDR, a process with that id"""
import json, os, re, subprocess, sys, tempfile

from program import Program, address, call, claims, eq, finish, put, until

consul, server_pid = os.path.realpath(sys.argv[1]), int(sys.argv[2])
check = claims("consul")
folder = tempfile.mkdtemp()
os.chdir(folder)
SOON = 1.0
made = 0


def run(*arguments, given=None, ends=0):
    """What it prints."""
    ended = subprocess.run([consul, *arguments], input=given, stdin=None if given is not None else subprocess.DEVNULL,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
    if ended.returncode != ends:
        raise AssertionError(f"consul {' '.join(arguments)} ends with {ended.returncode}: {ended.stdout[-400:]}")
    return ended.stdout


def running(*arguments):
    global made
    made += 1
    return Program([consul, *arguments], f"{folder}/log{made}")


def lines(path):
    try:
        with open(path) as file:
            return file.read().splitlines()
    except FileNotFoundError:
        return []


def holder(name):
    """A command for one who holds something: says so, holds it until the file NAME.go is there."""
    return f"echo {name} >>held; while [ ! -e {name}.go ]; do sleep 0.02; done; echo {name} ends >>held"


def lets_go(name):
    with open(f"{name}.go", "w"):
        pass


def wait_for_held(want):
    try:
        until("held", lambda: lines("held") == want)
    except AssertionError:
        raise AssertionError(f"held is {lines('held')}, want {want}") from None


def contenders(prefix):
    """How many sessions stand in line for it."""
    return len([p for p in call("GET", f"/v1/kv/{prefix}?recurse") if "Session" in p and not p["Key"].endswith("/.lock")])


def locks():
    @check
    def lock_is_held_by_one():
        with running("lock", "one", holder("a")):
            wait_for_held(["a"])
            with running("lock", "one", holder("b")) as second:
                until("the second waits", lambda: second.runs() and len(call("GET", "/v1/session/list")) == 2)
                text = run("lock", "-try=200ms", "one", "echo never >>held", ends=1)
                eq("it says why", "Shutdown triggered or timeout during lock acquisition" in text, True)
                eq("held", lines("held"), ["a"])
                lets_go("a")
                wait_for_held(["a", "a ends", "b"])
                lets_go("b")
                wait_for_held(["a", "a ends", "b", "b ends"])
        os.remove("held")

    @check
    def semaphore_is_held_by_three():
        with running("lock", "-n=3", "some", holder("c")), running("lock", "-n=3", "some", holder("c")), \
                running("lock", "-n=3", "some", holder("c")):
            wait_for_held(["c"] * 3)
            with running("lock", "-n=3", "some", holder("d")):
                until("four stand in line", lambda: contenders("some") == 4)
                eq("held", lines("held"), ["c"] * 3)
                text = run("lock", "-n=2", "some", "true", ends=1)
                eq("it says why", "semaphore limit conflict" in text, True)
                lets_go("c")
                until("the fourth has it", lambda: "d" in lines("held"))
                lets_go("d")
                until("it ends", lambda: "d ends" in lines("held"))
        os.remove("held")

    @check
    def lock_that_is_lost_ends_its_command():
        with running("lock", "-monitor-retry=0", "lost", "echo $$ >pid; exec sleep 60") as it:
            until("it is held", lambda: lines("pid"))
            session, = {p["Session"] for p in call("GET", "/v1/kv/lost?recurse") if "Session" in p}
            put(f"/v1/session/destroy/{session}")
            until("its command ends", lambda: not os.path.exists(f"/proc/{lines('pid')[0]}"))
            until("it ends", lambda: it.process.poll() is not None)

    @check
    def lock_ends_as_its_command_does():
        put("/v1/kv/other", b"")
        run("lock", "-child-exit-code", "code", "exit 0")
        run("lock", "-child-exit-code", "code", "exit 42", ends=2)
        run("lock", "code", "exit 42")
        eq("what is left", [key for key in call("GET", "/v1/kv/?keys") if key.startswith("code")], [])
        eq("sessions", [s["Name"] for s in call("GET", "/v1/session/list") if "'code'" in s["Name"]], [])


def watched(change, again, shown, *arguments):
    """A watch's handler is given what SHOWN says of it at first, after CHANGE, and after AGAIN, each soon."""
    path = f"{folder}/watched{made}"
    with running("watch", *arguments, f"cat >>{path}; echo >>{path}") as it:
        def given():
            it.runs()
            return [shown(json.loads(line)) for line in lines(path) if line]

        def becomes(want, seconds):
            try:
                until("its handler", lambda: given()[-1:] == [want], seconds)
            except AssertionError as e:
                raise AssertionError(f"{e}: was given {given()}, want {want}") from None
        for want, seconds, act in ((change[0], 10, None), (change[1], SOON, change[2]), (again[0], SOON, again[1])):
            if act:
                act()
            becomes(want, seconds)


def watches():
    def register(id, *tags, status="passing"):
        put("/v1/agent/service/register", {"ID": id, "Name": "watched", "Port": 1, "Tags": tags, "Check": {"TTL": "10m", "Status": status}})

    @check
    def watch_of_a_key():
        put("/v1/kv/w", b"1")
        watched(("MQ==", "Mg==", lambda: put("/v1/kv/w", b"2")), (None, lambda: call("DELETE", "/v1/kv/w")),
                lambda given: given and given["Value"], "-type=key", "-key=w")

    @check
    def watch_of_a_prefix():
        put("/v1/kv/p/1", b"1")
        watched((["p/1"], ["p/1", "p/2"], lambda: put("/v1/kv/p/2", b"2")), (["p/2"], lambda: call("DELETE", "/v1/kv/p/1")),
                lambda given: [p["Key"] for p in given], "-type=keyprefix", "-prefix=p/")

    @check
    def watch_of_a_service():
        register("s1", "a")
        watched((["s1"], ["s1", "s2"], lambda: register("s2", "a")), (["s2"], lambda: put("/v1/agent/check/fail/service:s1")),
                lambda given: [i["Service"]["ID"] for i in given], "-type=service", "-service=watched", "-tag=a", "-passingonly=true")

    @check
    def watch_of_services():
        watched((["a"], ["a", "b"], lambda: register("s3", "b")), (None, lambda: [put(f"/v1/agent/service/deregister/s{i}") for i in (1, 2, 3)]),
                lambda given: sorted(given["watched"]) if "watched" in given else None, "-type=services")

    @check
    def watch_of_nodes():
        names = [n["Node"] for n in call("GET", "/v1/catalog/nodes")]
        watched((names, sorted(names + ["zz"]), lambda: put("/v1/catalog/register", {"Node": "zz", "Address": "192.0.2.1"})),
                (names, lambda: put("/v1/catalog/deregister", {"Node": "zz"})),
                lambda given: sorted(n["Node"] for n in given), "-type=nodes")

    @check
    def watch_of_checks():
        register("c1", status="critical")
        watched((["service:c1"], ["service:c1", "service:c2"], lambda: register("c2", status="critical")),
                (["service:c2"], lambda: put("/v1/agent/check/pass/service:c1")),
                lambda given: sorted(c["CheckID"] for c in given), "-type=checks", "-state=critical")

    @check
    def watch_of_events():
        run("event", "-name=e", "one")
        watched((["b25l"], ["dHdv"], lambda: run("event", "-name=e", "two")), (["dGhyZWU="], lambda: run("event", "-name=e", "three")),
                lambda given: [e["Payload"] for e in given][-1:], "-type=event", "-name=e")


def snapshots():
    @check
    def snapshot_is_saved_inspected_restored():
        put("/v1/kv/kept", b"before")
        put("/v1/agent/service/register", {"Name": "kept", "Port": 7})
        run("config", "write", "-", given='Kind = "service-defaults"\nName = "kept"\nProtocol = "grpc"\n')
        eq("it says", "Saved and verified snapshot to index" in run("snapshot", "save", "x.snap"), True)
        text = run("snapshot", "inspect", "x.snap")
        eq("inspected", "Index" in text and "Version" in text, True)
        put("/v1/kv/kept", b"after")
        put("/v1/kv/new", b"1")
        call("DELETE", "/v1/config/service-defaults/kept")
        eq("it says", "Restored snapshot" in run("snapshot", "restore", "x.snap"), True)
        eq("pair", call("GET", "/v1/kv/kept?raw"), "before")
        eq("keys", "new" in call("GET", "/v1/kv/?keys"), False)
        eq("entry", call("GET", "/v1/config/service-defaults/kept")["Protocol"], "grpc")
        eq("service", [s["ServicePort"] for s in call("GET", "/v1/catalog/service/kept")], [7])

    @check
    def damaged_snapshot_is_refused():
        with open("x.snap", "rb") as file:
            whole = file.read()
        for name, damaged in (("short", whole[:-20]), ("other", whole[:100] + bytes([whole[100] ^ 1]) + whole[101:]), ("none", b"x" * 100)):
            with open(name, "wb") as file:
                file.write(damaged)
            put("/v1/kv/kept", name.encode())
            run("snapshot", "restore", name, ends=1)
            eq("pair", call("GET", "/v1/kv/kept?raw"), name)


def operators():
    @check
    def monitor_shows_the_log():
        with running("monitor", "-log-level=debug") as it:
            until("a line of the log", lambda: it.runs() and run("reload") and re.search(r"\[(DEBUG|INFO|WARN|ERROR)\]", it.said()))

    @check
    def debug_gathers_an_archive():
        run("debug", "-duration=10s", "-interval=5s", "-capture=agent", "-capture=host", "-capture=members", "-output=gathered")
        listed = subprocess.run(["tar", "tzf", "gathered.tar.gz"], capture_output=True, text=True, check=True).stdout.split()
        files = {os.path.basename(path) for path in listed}
        eq("files", files >= {"agent.json", "host.json", "members.json", "index.json"} or files, True)

    @check
    def autopilot_is_configured():
        run("operator", "autopilot", "set-config", "-cleanup-dead-servers=false")
        eq("configuration", "CleanupDeadServers = false" in run("operator", "autopilot", "get-config"), True)
        run("operator", "autopilot", "set-config", "-cleanup-dead-servers=true")

    @check
    def thousand_pairs_are_exported_and_imported():
        pairs = [{"key": f"many/{i:04}", "flags": i, "value": "AP8K"} for i in range(1000)]
        eq("imported", run("kv", "import", "-", given=json.dumps(pairs)).count("Imported: "), 1000)
        eq("exported", json.loads(run("kv", "export", "many/")), pairs)
        run("kv", "delete", "-recurse", "many/")
        eq("left", call("GET", "/v1/kv/?keys&separator=/").count("many/"), 0)

    @check
    def leave_ends_the_server():
        eq("it says", run("leave"), "Graceful leave complete\n")
        until("it ends", lambda: not os.path.exists(f"/proc/{server_pid}") or " Z " in open(f"/proc/{server_pid}/stat").read())


locks()
watches()
snapshots()
operators()
finish()
