"""Drives a server with the etcd3 package. RESTART_COMMAND, if set, restarts the server."""

import os
import threading

import etcd3
from etcd3 import exceptions

from check import Suite, endpoint, equal, raises, restart, until

PREFIX = 'python-etcd3/'


def text(event):
    kind = 'PUT' if isinstance(event, etcd3.events.PutEvent) else 'DELETE'
    key = event.key.decode().removeprefix(PREFIX)
    return f'{kind} {key}={event.value.decode()}' if kind == 'PUT' else f'{kind} {key}'


def take(events, n):
    return [text(next(events)) for _ in range(n)]


def starts_with_nothing(client):
    client.delete_prefix(PREFIX)
    client.delete_prefix('/locks/' + PREFIX)


def put_get_delete(client):
    client.put(PREFIX + 'a', '1')
    previous = client.put(PREFIX + 'a', '2', prev_kv=True)
    equal('previous value', previous.prev_kv.value, b'1')
    value, meta = client.get(PREFIX + 'a')
    equal('value', value, b'2')
    equal('version', meta.version, 2)
    equal('revision', meta.mod_revision, meta.response_header.revision)
    client.put(PREFIX + 'b', '3')
    equal('prefix', [v for v, _ in client.get_prefix(PREFIX)], [b'2', b'3'])
    backwards = client.get_prefix(PREFIX, sort_order='descend', sort_target='key')
    equal('prefix backwards', [v for v, _ in backwards], [b'3', b'2'])
    equal('deleted', client.delete(PREFIX + 'a'), True)
    equal('deleted again', client.delete(PREFIX + 'a'), False)
    equal('value after delete', client.get(PREFIX + 'a')[0], None)


def transactions(client):
    equal('put if not exists', client.put_if_not_exists(PREFIX + 't', '1'), True)
    equal('put if not exists again', client.put_if_not_exists(PREFIX + 't', '2'), False)
    equal('replace', client.replace(PREFIX + 't', '1', '2'), True)
    equal('replace of another value', client.replace(PREFIX + 't', '1', '3'), False)
    tx = client.transactions
    succeeded, answers = client.transaction(
        compare=[tx.value(PREFIX + 't') == '2', tx.version(PREFIX + 't') > 1],
        success=[tx.put(PREFIX + 'u', 'v'), tx.get(PREFIX + 't')], failure=[])
    equal('succeeded', succeeded, True)
    equal('value read inside', answers[1][0][0], b'2')


def errors(client):
    lease = client.lease(30)
    lease.revoke()
    raises('put with a revoked lease', Exception, client.put, PREFIX + 'e', 'v', lease)
    raises('grant of a used id', exceptions.PreconditionFailedError, used_id, client)
    now = client.get(PREFIX + 't')[1].response_header.revision
    client.compact(now)
    raises('compact again', Exception, client.compact, now)


def used_id(client):
    client.lease(30, lease_id=3333)
    try:
        client.lease(30, lease_id=3333)
    finally:
        client.revoke_lease(3333)


def watch(client):
    client.put(PREFIX + 'w/a', '1')
    first = client.get(PREFIX + 'w/a')[1].mod_revision
    client.delete(PREFIX + 'w/a')
    events, cancel = client.watch_prefix(PREFIX + 'w/', start_revision=first)
    equal('past', take(events, 2), ['PUT w/a=1', 'DELETE w/a'])
    client.put(PREFIX + 'w/b', '2')
    equal('present', take(events, 1), ['PUT w/b=2'])
    cancel()
    timer = threading.Timer(0.1, client.put, (PREFIX + 'once', 'v'))
    timer.start()
    equal('watch once', text(client.watch_once(PREFIX + 'once', timeout=5)), 'PUT once=v')
    raises('watch once of nothing', exceptions.WatchTimedOut, client.watch_once, PREFIX + 'never', timeout=0.3)


def watch_of_a_compacted_revision(client):
    client.put(PREFIX + 'c', '1')
    old = client.get(PREFIX + 'c')[1].mod_revision
    client.put(PREFIX + 'c', '2')
    client.compact(old + 1)
    events, _ = client.watch(PREFIX + 'c', start_revision=old)
    raises('watch', exceptions.RevisionCompactedError, next, events)


def lease(client):
    kept, left = client.lease(2), client.lease(2)
    client.put(PREFIX + 'kept', 'v', lease=kept)
    client.put(PREFIX + 'left', 'v', lease=left)

    def left_is_gone():
        kept.refresh()
        return client.get(PREFIX + 'left')[0] is None
    until(5, 'the key without refresh goes', left_is_gone)
    equal('refreshed key', client.get(PREFIX + 'kept')[0], b'v')
    equal('granted TTL', kept.granted_ttl, 2)
    equal('keys', list(kept.keys), [(PREFIX + 'kept').encode()])
    kept.revoke()
    equal('key after revoke', client.get(PREFIX + 'kept')[0], None)
    equal('TTL after revoke', kept.remaining_ttl, -1)


def lock(client):
    a, b = client.lock(PREFIX + 'lock', ttl=20), client.lock(PREFIX + 'lock', ttl=20)
    equal('first acquires', a.acquire(timeout=5), True)
    equal('second acquires', b.acquire(timeout=0.5), False)
    threading.Timer(0.2, a.release).start()
    equal('second acquires after release', b.acquire(timeout=5), True)
    equal('second holds it', b.is_acquired(), True)
    equal('first holds it', a.is_acquired(), False)
    equal('release', b.release(), True)


def members_and_status(client):
    equal('members', len(list(client.members)), 1)
    status = client.status()
    equal('major version', status.version.split('.')[0], '3')
    equal('leader', status.leader.id, next(iter(client.members)).id)
    equal('alarms', list(client.list_alarms()), [])


def watch_ends_with_an_error_on_restart_and_can_be_resumed(client):
    client.put(PREFIX + 'r/a', '1')
    first = client.get(PREFIX + 'r/a')[1].mod_revision
    events, _ = client.watch_prefix(PREFIX + 'r/', start_revision=first)
    equal('before', take(events, 1), ['PUT r/a=1'])
    restart()
    raises('watch over the restart', Exception, next, events)

    def put():
        try:
            client.put(PREFIX + 'r/b', '2')
            return True
        except exceptions.Etcd3Exception:
            return False
    until(15, 'put after the restart', put)
    events, cancel = client.watch_prefix(PREFIX + 'r/', start_revision=first + 1)
    equal('after', take(events, 1), ['PUT r/b=2'])
    cancel()


def main():
    host, port = endpoint()
    client = etcd3.client(host=host, port=port, timeout=10)
    suite = Suite('python-etcd3')
    for body in (starts_with_nothing, put_get_delete, transactions, errors, watch, watch_of_a_compacted_revision,
                 lease, lock, members_and_status):
        suite.run(body, client)
    if 'RESTART_COMMAND' in os.environ:
        suite.run(watch_ends_with_an_error_on_restart_and_can_be_resumed, client)
    suite.exit()


main()
