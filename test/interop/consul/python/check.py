"""Drives a server with py-consul or python-consul2, which the first argument names; the server is CONSUL_HTTP_ADDR."""
import os, sys, threading, time

import consul

failed = False
name = sys.argv[1]
host, port = os.environ["CONSUL_HTTP_ADDR"].rsplit(":", 1)
c = consul.Consul(host=host, port=int(port))


def check(f):
    global failed
    try:
        f()
        print(f"ok {name}/{f.__name__}")
    except Exception as e:  # noqa: BLE001 - the line says what it was
        failed = True
        print(f"not ok {name}/{f.__name__}: {type(e).__name__} {' '.join(str(e).split())[:300]}")


def eq(got, want):
    if got != want:
        raise AssertionError(f"is {got!r}, want {want!r}")


@check
def agent_says_who_it_is():
    eq(c.agent.self()["Config"]["Datacenter"], "dc1")
    eq(c.agent.members()[0]["Status"], 1)
    assert c.status.leader()
    eq(len(c.status.peers()), 1)


@check
def register_discover_deregister():
    eq(c.agent.service.register("py", service_id="py1", address="10.0.0.1", port=81, tags=["a"],
                                check=consul.Check.ttl("30s")), True)
    index, found = c.health.service("py")
    eq([n["Service"]["ID"] for n in found], ["py1"])
    assert int(index) > 0
    eq(c.health.service("py", passing=True)[1], [])
    eq(c.agent.check.ttl_pass("service:py1"), True)
    eq(len(c.health.service("py", passing=True)[1]), 1)
    eq(c.agent.services()["py1"]["Port"], 81)
    eq(c.agent.checks()["service:py1"]["Status"], "passing")
    eq(c.catalog.services()[1]["py"], ["a"])
    eq(c.catalog.service("py")[1][0]["ServicePort"], 81)
    eq(c.agent.service.deregister("py1"), True)
    eq(c.catalog.service("py")[1], [])


@check
def blocking_query_wakes():
    index, _ = c.catalog.services()
    got = []
    waiting = threading.Thread(target=lambda: got.append(
        consul.Consul(host=host, port=int(port)).catalog.services(index=index, wait="20s")))
    waiting.start()
    time.sleep(0.3)  # it must be held: this waits for nothing
    eq(got, [])
    c.agent.service.register("woken", service_id="woken")
    waiting.join(10)
    assert "woken" in got[0][1] and int(got[0][0]) > int(index)
    c.agent.service.deregister("woken")


@check
def catalog_registers_a_node():
    eq(c.catalog.register("pynode", "192.0.2.9", service={"service": "ext", "port": 5}), True)
    eq(c.catalog.node("pynode")[1]["Node"]["Address"], "192.0.2.9")
    assert "pynode" in [n["Node"] for n in c.catalog.nodes()[1]]
    eq(c.catalog.deregister("pynode"), True)
    eq(c.catalog.node("pynode")[1], None)


@check
def maintenance_and_states():
    c.agent.service.register("m", service_id="m1")
    c.agent.service.maintenance("m1", True, reason="disk")
    assert "_service_maintenance:m1" in [x["CheckID"] for x in c.health.state("critical")[1]]
    c.agent.service.maintenance("m1", False)
    eq([x for x in c.health.state("critical")[1] if x["ServiceID"] == "m1"], [])
    c.agent.maintenance(True, "kernel")
    assert "_node_maintenance" in c.agent.checks()
    c.agent.maintenance(False)
    c.agent.service.deregister("m1")


@check
def bad_input_is_said():
    try:
        c.agent.service.register("")
    except getattr(consul, "exceptions", consul.base).BadRequest as e:
        assert "Missing service name" in str(e), e
    else:
        raise AssertionError("it was taken")


sys.stdout.flush()
os._exit(1 if failed else 0)
