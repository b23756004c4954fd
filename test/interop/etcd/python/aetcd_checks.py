"""Drives a server with the aetcd package. RESTART_COMMAND, if set, restarts the server."""

import asyncio
import os

import aetcd

from check import Suite, endpoint, equal, restart

PREFIX = b'python-aetcd/'


def text(event):
    key = event.kv.key.decode().removeprefix(PREFIX.decode())
    if event.kind == aetcd.EventKind.PUT:
        return f'PUT {key}={event.kv.value.decode()}'
    return f'DELETE {key}'


async def take(watch, n):
    async def collect():
        seen = []
        async for event in watch:
            seen.append(text(event))
            if len(seen) == n:
                return seen
        return seen + ['end']
    return await asyncio.wait_for(collect(), 15)


async def until(limit, what, holds):
    end = asyncio.get_running_loop().time() + limit
    while not await holds():
        if asyncio.get_running_loop().time() > end:
            raise AssertionError(f'{what}: not within {limit} s')
        await asyncio.sleep(0.02)


async def fails(what, call):
    try:
        await call
    except Exception as e:
        return e
    raise AssertionError(f'{what}: no error')


async def value(client, key):
    got = await client.get(PREFIX + key)
    return None if got is None else got.value


async def starts_with_nothing(client):
    await client.delete_prefix(PREFIX)


async def put_get_delete(client):
    first = (await client.put(PREFIX + b'a', b'1')).header.revision
    second = await client.put(PREFIX + b'a', b'2', prev_kv=True)
    equal('revision', second.header.revision, first + 1)
    equal('previous value', second.prev_kv.value, b'1')
    got = await client.get(PREFIX + b'a')
    equal('value', got.value, b'2')
    equal('version', got.version, 2)
    await client.put(PREFIX + b'b', b'3')
    equal('prefix', [kv.value for kv in await client.get_prefix(PREFIX)], [b'2', b'3'])
    equal('deleted', (await client.delete_prefix(PREFIX)).deleted, 2)
    equal('value after delete', await client.get(PREFIX + b'a'), None)


async def transactions(client):
    await client.put(PREFIX + b't', b'1')
    equal('replace', await client.replace(PREFIX + b't', b'1', b'2'), True)
    equal('replace of another value', await client.replace(PREFIX + b't', b'1', b'3'), False)
    tx = client.transactions
    succeeded, answers = await client.transaction(
        compare=[tx.value(PREFIX + b't') == b'2', tx.create(PREFIX + b'none') == 0],
        success=[tx.put(PREFIX + b'u', b'v'), tx.get(PREFIX + b't')], failure=[])
    equal('succeeded', succeeded, True)
    equal('value read inside', answers[1][0][0], b'2')


async def errors(client):
    lease = await client.lease(30)
    await lease.revoke()
    error = await fails('put with a revoked lease', client.put(PREFIX + b'e', b'v', lease=lease))
    equal('text', 'etcdserver: requested lease not found' in str(error), True)


async def watch(client):
    first = (await client.put(PREFIX + b'w/a', b'1')).header.revision
    await client.delete(PREFIX + b'w/a')
    events = await client.watch_prefix(PREFIX + b'w/', start_revision=first)
    equal('past', await take(events, 2), ['PUT w/a=1', 'DELETE w/a'])
    await client.put(PREFIX + b'w/b', b'2')
    equal('present', await take(events, 1), ['PUT w/b=2'])
    await events.cancel()
    deletes = await client.watch_prefix(PREFIX + b'w/', kind=aetcd.EventKind.DELETE)
    await client.put(PREFIX + b'w/b', b'3')
    await client.delete(PREFIX + b'w/b')
    equal('deletes only', await take(deletes, 1), ['DELETE w/b'])
    await deletes.cancel()


async def watch_of_a_compacted_revision(client):
    old = (await client.put(PREFIX + b'c', b'1')).header.revision
    await client.put(PREFIX + b'c', b'2')
    await client.compact(old + 1)
    events = await client.watch(PREFIX + b'c', start_revision=old)
    error = await fails('watch', take(events, 1))
    equal('kind of error', type(error).__name__, 'RevisionCompactedError')


async def lease(client):
    kept, left = await client.lease(2), await client.lease(2)
    await client.put(PREFIX + b'kept', b'v', lease=kept)
    await client.put(PREFIX + b'left', b'v', lease=left)

    async def left_is_gone():
        await kept.refresh()
        return await value(client, b'left') is None
    await until(5, 'the key without refresh goes', left_is_gone)
    equal('refreshed key', await value(client, b'kept'), b'v')
    equal('keys', list(await kept.keys()), [PREFIX + b'kept'])
    await kept.revoke()
    equal('key after revoke', await value(client, b'kept'), None)
    equal('TTL after revoke', await kept.remaining_ttl(), -1)


async def lock(client):
    a, b = client.lock(PREFIX + b'lock', ttl=20), client.lock(PREFIX + b'lock', ttl=20)
    equal('first acquires', await a.acquire(timeout=5), True)
    equal('second acquires', await b.acquire(timeout=0.5), False)
    waiting = asyncio.create_task(b.acquire(timeout=10))
    await a.release()
    equal('second acquires after release', await waiting, True)
    equal('second holds it', await b.is_acquired(), True)
    equal('first holds it', await a.is_acquired(), False)
    await b.release()
    equal('key after release', await value(client, b'lock'), None)


async def members_and_status(client):
    equal('members', len([m async for m in client.members()]), 1)
    equal('major version', (await client.status()).version.split('.')[0], '3')


async def watch_ends_with_an_error_on_restart_and_can_be_resumed(client):
    first = (await client.put(PREFIX + b'r/a', b'1')).header.revision
    events = await client.watch_prefix(PREFIX + b'r/', start_revision=first)
    equal('before', await take(events, 1), ['PUT r/a=1'])
    await asyncio.to_thread(restart)
    await fails('watch over the restart', take(events, 1))

    async def put():
        try:
            await client.put(PREFIX + b'r/b', b'2')
            return True
        except Exception:
            return False
    await until(15, 'put after the restart', put)
    events = await client.watch_prefix(PREFIX + b'r/', start_revision=first + 1)
    equal('after', await take(events, 1), ['PUT r/b=2'])
    await events.cancel()


async def main():
    host, port = endpoint()
    suite = Suite('python-aetcd')
    client = aetcd.Client(host=host, port=port, timeout=10)
    for body in (starts_with_nothing, put_get_delete, transactions, errors, watch, watch_of_a_compacted_revision,
                 lease, lock, members_and_status):
        await suite.run_async(body, client)
    if 'RESTART_COMMAND' in os.environ:
        await suite.run_async(watch_ends_with_an_error_on_restart_and_can_be_resumed, client)
    suite.exit()


asyncio.run(main())
