"""Drives Prometheus, which finds what it scrapes in a server's catalog; what it found is asked of its own API.
    prometheus.py PROGRAM"""
import http.server, json, os, re, socket, sys, tempfile, threading, urllib.parse, urllib.request

from program import Program, address, call, claims, eq, finish, put, until

prometheus = sys.argv[1]
check = claims("prometheus")
folder = tempfile.mkdtemp()
SOON = 5  # seconds from a change to Prometheus's list: it gathers its targets for five


class Target(http.server.BaseHTTPRequestHandler):
    """What is scraped: a metric that tells by which path it was."""

    def do_GET(self):
        text = f'demo_asked{{path="{self.path}"}} 42\n'.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


target = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Target)
target_port = target.server_address[1]
threading.Thread(target=target.serve_forever, daemon=True).start()

with socket.create_server(("127.0.0.1", 0)) as free:
    own_port = free.getsockname()[1]

CONFIG = f"""
global: {{scrape_interval: 1s, scrape_timeout: 1s}}
scrape_configs:
  - job_name: found
    consul_sd_configs:
      - {{server: "{address}", refresh_interval: 500ms, tags: [scraped]}}
    relabel_configs:
      - {{source_labels: [__meta_consul_tags], regex: ".*,off,.*", action: drop}}
      - {{source_labels: [__meta_consul_service_metadata_path], regex: "(.+)", target_label: __metrics_path__}}
      - {{source_labels: [__meta_consul_service], target_label: service}}
      - {{source_labels: [__meta_consul_service_id], target_label: id}}
      - {{source_labels: [__meta_consul_health], target_label: health}}
  - job_name: named
    consul_sd_configs:
      - {{server: "{address}", refresh_interval: 500ms, services: [shop], node_meta: {{rack: r1}}}}
  - job_name: server
    metrics_path: /v1/agent/metrics
    params: {{format: [prometheus]}}
    static_configs:
      - targets: ["{address}"]
"""


def ask(path):
    with urllib.request.urlopen(f"http://127.0.0.1:{own_port}/api/v1/{path}", timeout=10) as answer:
        return json.load(answer)["data"]


def value(expression):
    """What a query gives, or nothing: (labels, value)"""
    found = ask("query?" + urllib.parse.urlencode({"query": expression}))["result"]
    return [(v["metric"], v["value"][1]) for v in found]


def targets(job):
    return {t["labels"].get("id") or t["discoveredLabels"]["__meta_consul_service_id"]: t
            for t in ask("targets")["activeTargets"] if t["labels"]["job"] == job}


def becomes(job, want, seconds=15):
    try:
        return until(f"targets of {job}", lambda: prom.runs() and set(targets(job)) == set(want), seconds)
    except AssertionError as e:
        raise AssertionError(f"{e}: {sorted(targets(job))}, want {sorted(want)}; {prom.said()[-300:]}") from None


def register(id, name, tags, meta=None, status="passing", port=target_port):
    put("/v1/agent/service/register", {"ID": id, "Name": name, "Address": "127.0.0.1", "Port": port, "Tags": tags,
                                       "Meta": meta or {}, "Check": {"TTL": "10m", "Status": status}})


def ready():
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{own_port}/-/ready", timeout=5) as answer:
            return answer.status == 200
    except OSError:
        return False


own = call("GET", "/v1/agent/self")["Config"]["NodeName"]
register("shop1", "shop", ["scraped", "v1"], {"path": "/own"})
register("shop2", "shop", ["scraped"], {"path": "/second"}, "critical")
register("shop3", "shop", ["scraped", "off"])
register("shop4", "shop", ["v1"])
put("/v1/catalog/register", {"Node": "far", "Address": "127.0.0.1", "NodeMeta": {"rack": "r1"}, "TaggedAddresses": {"lan": "192.0.2.8"},
                             "Service": {"ID": "shop5", "Service": "shop", "Port": target_port, "Tags": ["v2"]}})
os.environ.pop("CONSUL_HTTP_ADDR")
with open(f"{folder}/prometheus.yml", "w") as file:
    file.write(CONFIG)
prom = Program([prometheus, f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data",
                f"--web.listen-address=127.0.0.1:{own_port}"], f"{folder}/log")

with prom:
    until("Prometheus is ready", lambda: prom.runs() and ready(), 30)

    @check
    def finds_by_tag_and_drops_by_relabelling():
        becomes("found", ["shop1", "shop2"], 30)
        dropped = {t["discoveredLabels"]["__meta_consul_service_id"] for t in ask("targets")["droppedTargets"]}
        eq("dropped", dropped, {"shop3"})

    @check
    def labels_say_what_was_registered():
        found = targets("found")["shop1"]["discoveredLabels"]
        for label, want in {"address": "127.0.0.1", "dc": "dc1", "health": "passing", "node": own, "service": "shop",
                            "service_address": "127.0.0.1", "service_id": "shop1", "service_port": str(target_port),
                            "service_metadata_path": "/own", "tags": ",scraped,v1,"}.items():
            eq(label, found.get(f"__meta_consul_{label}"), want)
        eq("address", found["__address__"], f"127.0.0.1:{target_port}")
        eq("labels", targets("found")["shop2"]["labels"]["health"], "critical")

    @check
    def finds_by_name_and_the_node():
        becomes("named", ["shop5"])
        found = targets("named")["shop5"]["discoveredLabels"]
        for label, want in {"node": "far", "metadata_rack": "r1", "tagged_address_lan": "192.0.2.8", "tags": ",v2,",
                            "address": "127.0.0.1", "service_address": ""}.items():
            eq(label, found.get(f"__meta_consul_{label}", ""), want)

    @check
    def scrapes_what_it_found():
        until("a sample", lambda: value('demo_asked{id="shop1"}'))
        (labels, number), = value('demo_asked{id="shop1"}')
        eq("value", number, "42")
        eq("path", labels["path"], "/own")
        until("up", lambda: {(l["id"], v) for l, v in value('up{job="found"}')} == {("shop1", "1"), ("shop2", "1")})

    @check
    def follows_health():
        put("/v1/agent/check/pass/service:shop2")
        until("passing", lambda: targets("found")["shop2"]["labels"]["health"] == "passing")

    @check
    def new_target_comes():
        register("shop6", "late", ["scraped"])
        becomes("found", ["shop1", "shop2", "shop6"], 2 * SOON)
        until("up", lambda: ("shop6", "1") in {(l["id"], v) for l, v in value('up{job="found"}')})

    @check
    def deregistered_target_disappears():
        put("/v1/agent/service/deregister/shop2")
        becomes("found", ["shop1", "shop6"], 2 * SOON)
        put("/v1/agent/service/deregister/shop6")  # the last of its name: the service goes with it
        becomes("found", ["shop1"], 2 * SOON)
        put("/v1/catalog/deregister", {"Node": "far"})
        becomes("named", [], 2 * SOON)

    @check
    def scrapes_the_server_itself():
        until("up", lambda: value('up{job="server"}') and value('up{job="server"}')[0][1] == "1")
        until("queries that wait", lambda: int(value("consul_rpc_queries_blocking")[0][1]) > 0)
        instances = len([s for name in call("GET", "/v1/catalog/services") for s in call("GET", f"/v1/catalog/service/{name}")])
        until("instances", lambda: value("consul_state_service_instances")[0][1] == str(instances))

    @check
    def discovery_met_no_error():
        with urllib.request.urlopen(f"http://127.0.0.1:{own_port}/metrics", timeout=10) as answer:
            failures = re.search(r"^prometheus_sd_consul_rpc_failures_total (\S+)", answer.read().decode(), re.M)
        eq("errors", failures[1], "0")
finish()
