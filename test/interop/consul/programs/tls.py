"""The TLS and gRPC listeners of `consul agent`, with certificates of openssl's and curl as the client.
    tls.py PROGRAM     started as if it were called consul

HTTPS with and without client certificates, by the keys of configuration of now and of before Consul 1.12; new certificates
after a reload, and a reload of a bad file; gRPC's health over plain HTTP/2 and over TLS, and what is not there."""
import json, os, shutil, signal, socket, subprocess, sys, tempfile, time

program = os.path.realpath(sys.argv[1])
work = tempfile.mkdtemp()
failed = False


def check(name, got, want):
    global failed
    good = want(got) if callable(want) else got == want
    failed = failed or not good
    print(f"ok tls/{name}" if good else f"not ok tls/{name}: {got!r}", flush=True)


def run(*args, data=None):
    return subprocess.run(args, input=data, cwd=work, capture_output=True, timeout=30)


def openssl(*args):
    done = run("openssl", *args)
    if done.returncode:
        sys.exit(done.stderr.decode())


def authority(name):
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
            "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.pem")


def certificate(name, issuer, serial):
    with open(f"{work}/san", "w") as f:
        f.write("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
    openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
            "-keyout", f"{name}.key", "-out", f"{name}.csr")
    openssl("x509", "-req", "-in", f"{name}.csr", "-CA", f"{issuer}.pem", "-CAkey", f"{issuer}.key", "-days", "2",
            "-set_serial", str(serial), "-extfile", "san", "-out", f"{name}.pem")


def free_ports(n):
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(n)]
    ports = [s.getsockname()[1] for s in held]
    for s in held:
        s.close()
    return ports


class Agent:
    """With one file of configuration, whose ports are filled in."""

    def __init__(self, name, **config):
        self.http, self.https, self.grpc, self.grpc_tls = free_ports(4)
        self.folder = f"{work}/{name}"
        os.mkdir(self.folder)
        self.config = dict(config, server=True, data_dir=f"{self.folder}/data", bind_addr="127.0.0.1",
                           ports={"http": self.http, "https": self.https, "grpc": self.grpc,
                                  "grpc_tls": self.grpc_tls, "dns": -1})
        self.write(self.config)
        os.symlink(program, f"{self.folder}/consul")
        self.log = open(f"{self.folder}/log", "wb")
        self.process = subprocess.Popen([f"{self.folder}/consul", "agent", "-config-file", f"{self.folder}/agent.json"],
                                        stdout=self.log, stderr=self.log, cwd=work)
        end = time.monotonic() + 20
        while run("curl", "-sf", self.url("/v1/status/leader")).stdout in (b"", b'""'):
            if time.monotonic() > end or self.process.poll() is not None:
                sys.exit(f"not ok tls/{name}: it does not start: {open(self.log.name).read()}")
            time.sleep(0.05)

    def write(self, config):
        with open(f"{self.folder}/agent.json", "w") as f:
            f.write(config if isinstance(config, str) else json.dumps(config))

    def url(self, path):
        return f"http://127.0.0.1:{self.http}{path}"

    def ask(self, *args, path="/v1/status/leader"):
        done = run("curl", "-s", "--max-time", "10", *args, f"https://127.0.0.1:{self.https}{path}")
        return done.stdout if done.returncode == 0 else done.returncode

    def health(self, service, *args, url=None):
        """gRPC's status and the message, over HTTP/2: a frame of five bytes, then {1: service}."""
        message = (b"\x0a" + bytes([len(service)]) + service) if service else b""
        frame = b"\0" + len(message).to_bytes(4, "big") + message
        return self.call("grpc.health.v1.Health/Check", "--data-binary", "@-", *args, url=url, data=frame)

    def call(self, method, *args, url=None, data=None):
        head = f"{self.folder}/head"
        done = run("curl", "-s", "--max-time", "10", "--http2-prior-knowledge", "-X", "POST", *args, "-D", head,
                   "-H", "te: trailers", "-H", "content-type: application/grpc",
                   f"{url or f'http://127.0.0.1:{self.grpc}'}/{method}", data=data)
        fields = dict(line.strip().split(": ", 1) for line in open(head) if ": " in line)
        return fields.get("grpc-status"), done.stdout

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait(15)
        self.log.close()


def leader(answer):
    return isinstance(answer, bytes) and answer.endswith(b':8300"')


SERVING = ("0", b"\0\0\0\0\x02\x08\x01")


def https():
    agent = Agent("https", tls={"defaults": {"ca_file": f"{work}/ca.pem", "cert_file": f"{work}/server.pem",
                                             "key_file": f"{work}/server.key"}})
    check("https is answered to who checks the certificate", agent.ask("--cacert", "ca.pem"), leader)
    check("https is answered over HTTP/2 too", agent.ask("--cacert", "ca.pem", "--http2", "-o", "/dev/null", "-w", "%{http_version}"), b"2")
    check("a certificate of another authority is not trusted", agent.ask("--cacert", "other.pem"), 60)
    check("members are said to use TLS", json.loads(run("curl", "-s", agent.url("/v1/agent/self")).stdout)["xDS"]["Ports"],
          {"Plaintext": agent.grpc, "TLS": agent.grpc_tls})
    check("gRPC serves", agent.health(b""), SERVING)
    check("gRPC over TLS serves", agent.health(b"", "--cacert", "ca.pem", "--http2", url=f"https://127.0.0.1:{agent.grpc_tls}"), SERVING)
    check("a service that is not there is not found", agent.health(b"none")[0], "5")
    # Without a message: curl forgets the head of an answer that comes before all of its request has left.
    check("xDS is not implemented", agent.call("envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources")[0], "12")
    shutil.copy(f"{work}/second.pem", f"{work}/server.pem")
    shutil.copy(f"{work}/second.key", f"{work}/server.key")
    check("a reload is answered", run("curl", "-s", "-w", "%{http_code}", "-X", "PUT", agent.url("/v1/agent/reload")).stdout, b"200")
    check("it has taken the new certificate", agent.ask("--cacert", "other.pem"), leader)
    agent.write("{ this is no JSON")
    answer = run("curl", "-s", "-w", "%{http_code}", "-X", "PUT", agent.url("/v1/agent/reload")).stdout
    check("a reload of a bad file says so", answer, lambda a: a.endswith(b"500") and b"agent.json" in a)
    with open(f"{work}/server.pem", "w") as f:
        f.write("no certificate")
    agent.write(agent.config)
    answer = run("curl", "-s", "-w", "%{http_code}", "-X", "PUT", agent.url("/v1/agent/reload")).stdout
    check("a reload of a bad certificate says so", answer, lambda a: a.endswith(b"500") and b"server.pem" in a)
    check("and the one before stays", agent.ask("--cacert", "other.pem"), leader)
    agent.stop()


def verify_incoming(name, **config):
    agent = Agent(name, **config)
    own = ("--cacert", "ca.pem")
    check(f"{name}: a client without a certificate is refused", agent.ask(*own), lambda a: isinstance(a, int) and a != 0)
    check(f"{name}: one with a certificate of the authority is answered", agent.ask(*own, "--cert", "client.pem", "--key", "client.key"), leader)
    check(f"{name}: one of another authority is refused", agent.ask(*own, "--cert", "stranger.pem", "--key", "stranger.key"),
          lambda a: isinstance(a, int) and a != 0)
    check(f"{name}: plain HTTP is as it was", run("curl", "-s", agent.url("/v1/status/leader")).stdout, leader)
    agent.stop()


try:
    authority("ca")
    authority("other")
    certificate("first", "ca", 2)
    certificate("second", "other", 3)
    certificate("client", "ca", 4)
    certificate("stranger", "other", 5)
    files = {"ca_file": f"{work}/ca.pem", "cert_file": f"{work}/first.pem", "key_file": f"{work}/first.key"}
    shutil.copy(f"{work}/first.pem", f"{work}/server.pem")
    shutil.copy(f"{work}/first.key", f"{work}/server.key")
    https()
    verify_incoming("tls.https", tls={"defaults": files, "https": {"verify_incoming": True}})
    verify_incoming("tls.defaults", tls={"defaults": dict(files, verify_incoming=True)})
    verify_incoming("old keys", **files, verify_incoming_https=True)
finally:
    shutil.rmtree(work)
sys.exit(failed)
