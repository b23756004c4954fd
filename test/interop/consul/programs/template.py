"""Drives consul-template: what it renders of a server's catalog and pairs, and how soon again after a change.
    template.py PROGRAM [acl]     acl: the server asks for tokens and nobody has bootstrapped it"""
import os, signal, subprocess, sys, tempfile

from program import Program, address, call, claims, eq, finish, put, until

program = sys.argv[1]
check = claims("consul-template")
folder = tempfile.mkdtemp()
made = 0
own = None  # the name of the server's node
SOON = 1.0  # a change is rendered within so many seconds


def command(template, *flags, and_run=""):
    """(its command, the file it writes)"""
    global made
    made += 1
    source, result = f"{folder}/{made}.tpl", f"{folder}/{made}.out"
    with open(source, "w") as file:
        file.write(template)
    return [program, "-consul-addr", address, "-log-level", "debug", "-template", f"{source}:{result}{and_run}", *flags], result


def read(path):
    try:
        with open(path) as file:
            return file.read()
    except FileNotFoundError:
        return None


def once(template, *flags):
    """What -once renders."""
    what, result = command(template, "-once", *flags)
    ended = subprocess.run(what, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30)
    if ended.returncode:
        raise AssertionError(f"ended with {ended.returncode}: {ended.stderr[-500:]}")
    return read(result)


class Rendered:
    """consul-template keeps a template rendered as long as the block."""

    def __init__(self, template, *flags, and_run="", end=signal.SIGINT):
        what, self.result = command(template, *flags, and_run=and_run)
        self.program = Program(what, self.result + ".log", end)

    def __enter__(self):
        self.program.__enter__()
        return self

    def __exit__(self, *how):
        self.program.__exit__(*how)

    def becomes(self, want, seconds=15):
        try:
            return until("rendered", lambda: self.program.runs() and read(self.result) == want, seconds)
        except AssertionError as e:
            raise AssertionError(f"{e}: {read(self.result)!r}, want {want!r}; {self.program.said()[-300:]}") from None


def register(name, id, port, tags=(), meta=None, status="passing"):
    put("/v1/agent/service/register", {"ID": id, "Name": name, "Port": port, "Address": "192.0.2.1", "Tags": list(tags),
                                       "Meta": meta or {}, "Check": {"TTL": "10m", "Status": status}})


def instances_are_rendered():
    register("web", "web1", 81, ["v1", "a"], {"zone": "x"})
    register("web", "web2", 82, ["v2"], {"zone": "y"})
    register("web", "web3", 83, ["v2"], {"zone": "z"}, "critical")
    register("web", "web4", 84, ["v1"], {"zone": "w"}, "warning")
    register("db", "db1", 5432, ["primary"])

    line = '{{.ID}} {{.Address}}:{{.Port}} {{.Tags | join ","}} {{.ServiceMeta.zone}} {{.Status}}\n'

    @check
    def once_lists_services_with_tags():
        eq("services", once('{{range services}}{{.Name}}={{.Tags | join ","}};{{end}}'),
           "consul=;db=primary;web=a,v1,v2;")

    @check
    def service_is_what_passes():
        eq("web", once('{{range service "web"}}' + line + '{{end}}'),
           "web1 192.0.2.1:81 a,v1 x passing\nweb2 192.0.2.1:82 v2 y passing\n")

    @check
    def service_by_status_and_tag():
        eq("web", once('{{range service "web|any"}}{{.ID}}={{.Status}} {{end}}|'
                       '{{range service "web|passing,warning"}}{{.ID}} {{end}}|{{range service "web|critical"}}{{.ID}} {{end}}|'
                       '{{range service "v1.web|any"}}{{.ID}} {{end}}|{{range service "v2.web"}}{{.ID}} {{end}}|'
                       '{{range service "nothing"}}{{.ID}}{{else}}none{{end}}'),
           "web1=passing web2=passing web3=critical web4=warning |web1 web2 web4 |web3 |web1 web4 |web2 |none")

    @check
    def service_is_grouped_by_tag():
        eq("groups", once('{{range $tag, $of := service "web" | byTag}}{{$tag}}:{{range $of}} {{.ID}}{{end}};{{end}}'),
           "a: web1;v1: web1;v2: web2;")

    @check
    def nodes_and_their_services():
        put("/v1/catalog/register", {"Node": "far", "Address": "192.0.2.77", "Service": {"Service": "ext", "Port": 7}})
        eq("nodes", once('{{range nodes}}{{.Node}} {{.Datacenter}};{{end}}{{range datacenters}}{{.}};{{end}}'
                         '{{with node "far"}}{{.Node.Address}}{{range .Services}} {{.Service}}:{{.Port}}{{end}}{{end}}'),
           f"far dc1;{own} dc1;dc1;192.0.2.77 ext:7")
        put("/v1/catalog/deregister", {"Node": "far"})

    @check
    def mesh_certificates():
        text = once('{{range caRoots}}{{.RootCertPEM}}{{end}}{{with caLeaf "web"}}{{.CertPEM}}{{.PrivateKeyPEM}}{{end}}')
        eq("certificates", text.count("-----BEGIN CERTIFICATE-----"), 2)
        eq("keys", text.count("PRIVATE KEY-----"), 2)


def pairs_are_rendered():
    for key, value in (("app/host", "h"), ("app/port", "80"), ("app/deep/er", "d"), ("other", "o")):
        put(f"/v1/kv/{key}", value.encode())

    @check
    def keys_defaults_and_presence():
        eq("keys", once('{{key "app/host"}} {{keyOrDefault "app/none" "dflt"}} {{keyOrDefault "app/port" "1"}} '
                        '{{keyExists "other"}} {{keyExists "app/none"}}'), "h dflt 80 true false")

    @check
    def lists_and_trees():
        eq("lists", once('{{range ls "app"}}{{.Key}}={{.Value}};{{end}}|{{range tree "app"}}{{.Key}}={{.Value}};{{end}}|'
                         '{{range ls "none"}}{{.Key}}{{end}}|{{range $k, $p := tree "app" | byKey}}{{$k}} {{end}}'),
           "host=h;port=80;|deep/er=d;host=h;port=80;||deep ")

    @check
    def safe_list_waits_for_its_first_pair():
        with Rendered('{{range safeLs "first"}}{{.Key}}{{end}}') as it:
            until("it asks", lambda: it.program.runs() and "kv.list(first)" in it.program.said())
            eq("before there is a pair", read(it.result), None)
            put("/v1/kv/first/one", b"1")
            it.becomes("one")
        call("DELETE", "/v1/kv/first/one")

    @check
    def missing_key_is_waited_for():
        with Rendered('{{key "late"}}') as it:
            until("it asks", lambda: it.program.runs() and "kv.block(late)" in it.program.said())
            eq("before there is a value", read(it.result), None)
            put("/v1/kv/late", b"here")
            it.becomes("here")
        call("DELETE", "/v1/kv/late")


def changes_are_rendered():
    @check
    def pair_again_within_a_second():
        with Rendered('{{key "app/host"}} {{keyOrDefault "app/new" "none"}} {{range ls "app"}}{{.Key}} {{end}}') as it:
            it.becomes("h none host port ")
            put("/v1/kv/app/host", b"i")
            it.becomes("i none host port ", SOON)
            put("/v1/kv/app/new", b"n")
            it.becomes("i n host new port ", SOON)
            call("DELETE", "/v1/kv/app/new")
            it.becomes("i none host port ", SOON)

    @check
    def instance_again_within_a_second():
        with Rendered('{{range service "db"}}{{.ID}}={{.Port}} {{end}}|{{range services}}{{.Name}} {{end}}') as it:
            it.becomes("db1=5432 |consul db web ")
            register("db", "db2", 5433)
            it.becomes("db1=5432 db2=5433 |consul db web ", SOON)
            put("/v1/agent/check/fail/service:db1")
            it.becomes("db2=5433 |consul db web ", SOON)
            put("/v1/agent/check/pass/service:db1")
            it.becomes("db1=5432 db2=5433 |consul db web ", SOON)
            register("db", "db1", 1)
            it.becomes("db1=1 db2=5433 |consul db web ", SOON)
            register("new", "new1", 1)
            it.becomes("db1=1 db2=5433 |consul db new web ", SOON)
            for id in ("db1", "db2", "new1"):
                put(f"/v1/agent/service/deregister/{id}")
            it.becomes("|consul web ", SOON)

    @check
    def node_again_within_a_second():
        with Rendered('{{range nodes}}{{.Node}}={{.Address}} {{end}}{{with node "come"}}{{range .Services}}{{.Service}}{{end}}{{end}}') as it:
            it.becomes(f"{own}=127.0.0.1 ")
            put("/v1/catalog/register", {"Node": "come", "Address": "192.0.2.5", "Service": {"Service": "with"}})
            it.becomes(f"come=192.0.2.5 {own}=127.0.0.1 with", SOON)
            put("/v1/catalog/deregister", {"Node": "come"})
            it.becomes(f"{own}=127.0.0.1 ", SOON)

    @check
    def unrelated_change_renders_nothing():
        with Rendered('{{key "app/host"}}', and_run=f":echo >>{folder}/runs") as it:
            it.becomes("i")
            until("its command", lambda: read(f"{folder}/runs") == "\n")
            put("/v1/kv/elsewhere", b"1")
            register("web", "web2", 99)
            put("/v1/kv/app/host", b"j")
            it.becomes("j", SOON)
            until("its command again", lambda: read(f"{folder}/runs") == "\n\n")

    @check
    def two_share_the_work():
        how = ('{{range ls "app"}}{{.Key}}={{.Value}} {{end}}', "-dedup")
        kill = signal.SIGKILL  # asked to end it waits for the end of its own query, a minute
        with Rendered(*how, end=kill) as one, Rendered(*how, end=kill) as two:
            for it in (one, two):
                it.becomes("host=j port=80 ", 30)
            leaders = [p for p in call("GET", "/v1/kv/consul-template/dedup/?recurse") if "Session" in p]
            eq("who leads", len(leaders), 1)
            put("/v1/kv/app/port", b"81")
            for it in (one, two):
                it.becomes("host=j port=81 ")


def tokens_are_asked():
    global own
    root = put("/v1/acl/bootstrap")["SecretID"]
    own = call("GET", "/v1/agent/self", token=root)["Config"]["NodeName"]
    put("/v1/kv/app/x", b"1", root)
    put("/v1/acl/policy", {"Name": "app", "Rules": 'key_prefix "app/" { policy = "read" } service_prefix "" { policy = "read" } '
                                                   'node_prefix "" { policy = "read" }'}, root)
    token = put("/v1/acl/token", {"Policies": [{"Name": "app"}]}, root)["SecretID"]
    template = '{{key "app/x"}} {{range nodes}}{{.Node}}{{end}} {{range services}}{{.Name}}{{end}}'

    @check
    def token_renders_what_it_may():
        eq("rendered", once(template, "-consul-token", token), f"1 {own} consul")
        with Rendered(template, "-consul-token", token) as it:
            it.becomes(f"1 {own} consul")
            put("/v1/kv/app/x", b"2", root)
            it.becomes(f"2 {own} consul", SOON)

    @check
    def nothing_is_rendered_without():
        what, result = command(template, "-once", "-consul-retry-attempts", "1", "-consul-retry-backoff", "10ms")
        ended = subprocess.run(what, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
        eq("it ends well", ended.returncode == 0, False)
        eq("it says why", "Permission denied" in ended.stderr or "403" in ended.stderr, True)
        eq("rendered", read(result), None)


os.environ.pop("CONSUL_HTTP_ADDR")
os.environ["HOME"] = folder
if sys.argv[2:] == ["acl"]:
    tokens_are_asked()
else:
    own = call("GET", "/v1/agent/self")["Config"]["NodeName"]
    instances_are_rendered()
    pairs_are_rendered()
    changes_are_rendered()
finish()
