// Drives a server with npm's consul; the server is CONSUL_HTTP_ADDR.
const assert = require("node:assert");
const Consul = require("consul");

const [host, port] = process.env.CONSUL_HTTP_ADDR.split(":");
const consul = new Consul({ host, port: Number(port) });
let failed = false;

async function check(name, f) {
  try {
    await f();
    console.log(`ok npm-consul/${name}`);
  } catch (e) {
    failed = true;
    console.log(`not ok npm-consul/${name}: ${String(e.message).replace(/\s+/g, " ").slice(0, 300)}`);
  }
}

const within = (ms, what, promise) =>
  Promise.race([promise, new Promise((_, no) => setTimeout(() => no(new Error(`${what} takes too long`)), ms))]);

async function main() {
  await check("agent_says_who_it_is", async () => {
    const self = await consul.agent.self();
    assert.strictEqual(self.Config.Datacenter, "dc1");
    assert.strictEqual((await consul.agent.members())[0].Status, 1);
    assert.ok(await consul.status.leader());
  });

  await check("register_discover_deregister", async () => {
    await consul.agent.service.register({
      name: "js", id: "js1", tags: ["a"], address: "10.0.0.1", port: 82, meta: { v: "1" }, check: { ttl: "30s" },
    });
    let found = await consul.health.service({ service: "js" });
    assert.deepStrictEqual(found.map((n) => n.Service.ID), ["js1"]);
    assert.strictEqual((await consul.health.service({ service: "js", passing: true })).length, 0);
    await consul.agent.check.pass({ id: "service:js1", note: "fine" });
    found = await consul.health.service({ service: "js", passing: true });
    assert.strictEqual(found.length, 1);
    assert.strictEqual((await consul.agent.services()).js1.Meta.v, "1");
    assert.strictEqual((await consul.health.checks("js"))[0].Output, "fine");
    await consul.agent.service.deregister("js1");
    assert.deepStrictEqual(await consul.catalog.service.nodes("js"), []);
  });

  await check("watch_follows_a_service", async () => {
    const watch = consul.watch({ method: consul.health.service, options: { service: "watched" }, backoffFactor: 100 });
    const seen = [];
    let tell = () => {};
    watch.on("change", (data) => { seen.push(data.length); tell(); });
    const until = (n) => within(10000, `change to ${n}`, new Promise((yes) => {
      tell = () => { if (seen[seen.length - 1] === n) yes(); };
      tell();
    }));
    await until(0);
    await consul.agent.service.register({ name: "watched", id: "w1" });
    await until(1);
    await consul.agent.service.deregister("w1");
    await until(0);
    watch.end();
  });

  await check("catalog_lists_nodes_and_services", async () => {
    assert.deepStrictEqual(await consul.catalog.datacenters(), ["dc1"]);
    assert.strictEqual((await consul.catalog.node.list()).length, 1);
    assert.ok("consul" in (await consul.catalog.service.list()));
    assert.strictEqual((await consul.health.node((await consul.agent.self()).Config.NodeName))[0].CheckID, "serfHealth");
  });

  await check("bad_input_is_said", async () => {
    await assert.rejects(consul.agent.service.register({ name: "x", port: 70000 }), /bad request|Validation failed/i);
  });

  process.exit(failed ? 1 : 0);
}

main();
