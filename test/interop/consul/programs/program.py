"""What the checks of unmodified programs share: claims, requests to the server at CONSUL_HTTP_ADDR, a program that runs
while one looks at what it does."""
import json, os, signal, subprocess, sys, time, urllib.error, urllib.request

address = os.environ["CONSUL_HTTP_ADDR"]
WITHIN = 15  # seconds, for what has no time of its own
failed = False


def claims(prefix):
    """A decorator that runs a function and prints its line."""
    def check(f):
        global failed
        try:
            f()
            print(f"ok {prefix}/{f.__name__}", flush=True)
        except Exception as e:  # noqa: BLE001 - the line says what it was
            failed = True
            print(f"not ok {prefix}/{f.__name__}: {type(e).__name__} {' '.join(str(e).split())[:600]}", flush=True)
    return check


def finish():
    sys.exit(1 if failed else 0)


def eq(what, got, want):
    if got != want:
        raise AssertionError(f"{what} is {got!r}, want {want!r}")


def call(method, path, body=None, token=None):
    """The answer's JSON, or its text where it is none; an error says what the server said."""
    if body is not None and not isinstance(body, bytes):
        body = json.dumps(body).encode()
    request = urllib.request.Request(f"http://{address}{path}", data=body, method=method)
    if token:
        request.add_header("X-Consul-Token", token)
    try:
        with urllib.request.urlopen(request, timeout=WITHIN) as answer:
            text = answer.read().decode()
    except urllib.error.HTTPError as e:
        raise AssertionError(f"{method} {path}: {e.code} {e.read().decode()}") from None
    try:
        return json.loads(text)
    except ValueError:
        return text


def put(path, body=None, token=None):
    return call("PUT", path, body, token)


def until(what, holds, seconds=WITHIN):
    """Asks HOLDS until it is true; how long that took."""
    began = time.monotonic()
    while not holds():
        if time.monotonic() - began > seconds:
            raise AssertionError(f"{what}: not within {seconds} s")
        time.sleep(0.02)
    return time.monotonic() - began


class Program:
    """Runs COMMAND as long as the block, which a signal ends (consul-template knows no SIGTERM); its output is in the
    file LOG."""

    def __init__(self, command, log, end=signal.SIGINT):
        self.command, self.log, self.end = command, log, end

    def __enter__(self):
        with open(self.log, "a") as out:
            self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
        return self

    def runs(self):
        if self.process.poll() is not None:
            raise AssertionError(f"ended with {self.process.returncode}: {self.said()[-400:]}")
        return True

    def said(self):
        with open(self.log, errors="replace") as file:
            return file.read()

    def __exit__(self, *_):
        self.process.send_signal(self.end)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"does not end: {self.said()[-300:]}") from None
