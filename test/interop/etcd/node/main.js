'use strict';
// Drives a server with the etcd3 package. RESTART_COMMAND, if set, restarts the server.

const { Suite, equal, fails, until, restart } = require('./check');
// The package is installed apart from this file.
const { Etcd3, EtcdLeaseInvalidError, EtcdLockFailedError } = require(
  require.resolve('etcd3', { paths: [process.env.NODE_PATH || __dirname] }));

const endpoint = process.argv[2] || process.env.ETCD_ENDPOINT;
if (!endpoint) {
  console.error('give HOST:PORT or set ETCD_ENDPOINT');
  process.exit(2);
}

/** Collects the events of a watcher, written as "PUT k=v" or "DELETE k", keys without prefix. */
class Events {
  constructor(watcher, prefix) {
    this.seen = [];
    this.errors = [];
    const key = (kv) => kv.key.toString().slice(prefix.length);
    watcher.on('put', (kv) => this.seen.push(`PUT ${key(kv)}=${kv.value}`));
    watcher.on('delete', (kv) => this.seen.push(`DELETE ${key(kv)}`));
    watcher.on('error', (e) => this.errors.push(e));
  }

  async expect(...want) {
    await until(15000, `events ${want}, seen ${this.seen}`, () => this.seen.length >= want.length || this.errors.length > 0);
    equal('errors', this.errors.map(String), []);
    equal('events', this.seen, want);
  }
}

const revisionOf = (answer) => answer.header.revision;
const next = (revision) => (BigInt(revision) + 1n).toString();

async function putGetDelete(kv) {
  const first = await kv.put('a').value('1');
  const second = await kv.put('a').value('2').getPrevious();
  equal('previous value', second.value.toString(), '1');
  equal('value', await kv.get('a').string(), '2');
  equal('old value', await kv.get('a').revision(revisionOf(first)).string(), '1');
  equal('json', await kv.put('j').value(JSON.stringify({ x: 1 })).then(() => kv.get('j').json()), { x: 1 });
  equal('all', await kv.getAll().keys(), ['a', 'j']);
  equal('count', await kv.getAll().count(), 2);
  equal('limit', await kv.getAll().sort('Key', 'Descend').limit(1).keys(), ['j']);
  equal('deleted', (await kv.delete().all()).deleted, '2');
  equal('value after delete', await kv.get('a').string(), null);
}

async function txn(kv) {
  const create = (value) => kv.if('t', 'Create', '==', 0).then(kv.put('t').value(value)).else(kv.get('t')).commit();
  equal('first succeeded', (await create('1')).succeeded, true);
  const second = await create('2');
  equal('second succeeded', second.succeeded, false);
  equal('value in the other branch', second.responses[0].response_range.kvs[0].value.toString(), '1');
  await kv.stm().transact(async (tx) => {
    const value = await tx.get('t').string();
    await tx.put('t').value(`${value}+`);
  });
  equal('value after stm', await kv.get('t').string(), '1+');
}

async function watch(kv) {
  const first = await kv.put('w/a').value('1');
  await kv.delete().key('w/a');
  const watcher = await kv.watch().prefix('w/').startRevision(revisionOf(first)).create();
  const events = new Events(watcher, 'w/');
  await events.expect('PUT a=1', 'DELETE a');
  await kv.put('w/b').value('2');
  await events.expect('PUT a=1', 'DELETE a', 'PUT b=2');
  const other = await kv.watch().key('w/c').create();
  const others = new Events(other, 'w/');
  await watcher.cancel();
  await kv.put('w/c').value('3');
  await others.expect('PUT c=3');
  await events.expect('PUT a=1', 'DELETE a', 'PUT b=2');
  await other.cancel();
}

async function lease(client, kv) {
  const kept = client.lease(2);
  const id = await kept.grant();
  await kept.put('node-etcd3/kept').value('v');
  const left = client.lease(2, { autoKeepAlive: false });
  await left.put('node-etcd3/left').value('v');
  await until(5000, 'the key without keep-alive goes', async () => (await kv.get('left').string()) === null);
  equal('kept value', await kv.get('kept').string(), 'v');
  const info = await client.leaseClient.leaseTimeToLive({ ID: id, keys: true });
  equal('keys on the lease', info.keys.map(String), ['node-etcd3/kept']);
  await kept.revoke();
  equal('value after revoke', await kv.get('kept').string(), null);
  const error = await fails('put with a revoked lease', client.put('node-etcd3/none').lease(id).value('v'));
  equal('kind of error', error instanceof EtcdLeaseInvalidError, true);
}

async function lock(client) {
  const a = client.lock('node-etcd3/lock');
  await a.acquire();
  const b = client.lock('node-etcd3/lock');
  const error = await fails('second acquire', b.acquire());
  equal('kind of error', error instanceof EtcdLockFailedError, true);
  await a.release();
  await until(5000, 'acquire after release', () => b.acquire().then(() => true, () => false));
  await b.release();
}

async function election(client) {
  const campaigns = ['a', 'b'].map(() => client.election('node-etcd3/election', 10));
  const first = campaigns[0].campaign('a');
  await new Promise((resolve, reject) => first.on('elected', resolve).on('error', reject));
  equal('leader', await campaigns[1].leader(), 'a');
  const second = campaigns[1].campaign('b');
  const elected = new Promise((resolve, reject) => second.on('elected', resolve).on('error', reject));
  await first.resign();
  await elected;
  equal('leader after resign', await campaigns[0].leader(), 'b');
  await second.resign();
}

async function membersAndStatus(client) {
  equal('members', (await client.cluster.memberList({})).members.length, 1);
  equal('major version', (await client.maintenance.status()).version.split('.')[0], '3');
}

async function watchSurvivesARestart(kv) {
  const first = await kv.put('r/a').value('1');
  const watcher = await kv.watch().prefix('r/').startRevision(revisionOf(first)).create();
  const events = new Events(watcher, 'r/');
  await events.expect('PUT a=1');
  restart();
  await until(20000, 'put after the restart', () => kv.put('r/b').value('2').then(() => true, () => false));
  await events.expect('PUT a=1', 'PUT b=2');
  equal('revision of the put', (await kv.get('r/b').exec()).kvs[0].mod_revision, next(revisionOf(first)));
  await watcher.cancel();
}

async function main() {
  const client = new Etcd3({ hosts: `http://${endpoint}`, dialTimeout: 5000 });
  const kv = client.namespace('node-etcd3/');
  const suite = new Suite('node-etcd3');
  await suite.run('starts_with_nothing', () => kv.delete().all().exec());
  await suite.run('put_get_delete', () => putGetDelete(kv));
  await suite.run('txn_and_stm', () => txn(kv));
  await suite.run('watch_prefix_from_an_old_revision', () => watch(kv));
  await suite.run('lease_expires_and_keep_alive_keeps', () => lease(client, kv));
  await suite.run('lock', () => lock(client));
  await suite.run('election', () => election(client));
  await suite.run('members_and_status', () => membersAndStatus(client));
  if (process.env.RESTART_COMMAND) {
    await suite.run('watch_survives_a_restart', () => watchSurvivesARestart(kv));
  }
  suite.exit();
}

main();
