"""Runs named checks and prints "ok NAME" or "not ok NAME: reason" for each."""

import os
import subprocess
import sys
import time


def endpoint():
    """Host and port of the server: the first argument or ETCD_ENDPOINT."""
    where = sys.argv[1] if len(sys.argv) > 1 else os.environ.get('ETCD_ENDPOINT')
    if not where:
        sys.exit('give HOST:PORT or set ETCD_ENDPOINT')
    host, port = where.rsplit(':', 1)
    return host, int(port)


class Suite:
    def __init__(self, prefix):
        self.prefix = prefix
        self.passed = self.failed = 0

    def run(self, body, *args):
        """Runs one check, named as its function."""
        try:
            body(*args)
            self._told(body, None)
        except Exception as e:
            self._told(body, e)

    async def run_async(self, body, *args):
        try:
            await body(*args)
            self._told(body, None)
        except Exception as e:
            self._told(body, e)

    def _told(self, body, error):
        name = f'{self.prefix}/{body.__name__}'
        if error is None:
            self.passed += 1
            print(f'ok {name}', flush=True)
        else:
            self.failed += 1
            reason = ' '.join(f'{type(error).__name__}: {error}'.split())
            print(f'not ok {name}: {reason}', flush=True)

    def exit(self):
        """Ends at once: threads of the library would hold the program."""
        os._exit(1 if self.failed or not self.passed else 0)


def equal(what, got, want):
    if got != want:
        raise AssertionError(f'{what} is {got!r}, want {want!r}')


def raises(what, kind, call, *args, **kwargs):
    try:
        call(*args, **kwargs)
    except kind:
        return
    raise AssertionError(f'{what}: no {kind.__name__}')


def until(limit, what, holds):
    """Asks again and again until the answer is true; tells how long that took."""
    start = time.monotonic()
    while not holds():
        if time.monotonic() - start > limit:
            raise AssertionError(f'{what}: not within {limit} s')
        time.sleep(0.02)
    return time.monotonic() - start


def restart():
    """Restarts the server with RESTART_COMMAND."""
    subprocess.run(os.environ['RESTART_COMMAND'], shell=True, check=True, timeout=30)
