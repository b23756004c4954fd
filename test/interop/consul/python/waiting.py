"""Two thousand queries wait for one service: what they cost the server whose process id is given, and that one change
answers all of them. The server is CONSUL_HTTP_ADDR."""
import asyncio, json, os, re, resource, sys, urllib.request

QUERIES, KIB_EACH = 2000, 16
address = os.environ["CONSUL_HTTP_ADDR"]
host, port = address.rsplit(":", 1)
failed = False


def claim(name, holds, why):
    global failed
    failed |= not holds
    print(f"ok waiting/{name}" if holds else f"not ok waiting/{name}: {why}")


def put(path, body=None):
    data = json.dumps(body).encode() if body is not None else None
    urllib.request.urlopen(urllib.request.Request(f"http://{address}{path}", data=data, method="PUT")).read()


def resident_kib():
    with open(f"/proc/{sys.argv[1]}/status") as file:
        return int(re.search(r"VmRSS:\s+(\d+)", file.read())[1])


def waiting():
    with urllib.request.urlopen(f"http://{address}/v1/agent/metrics?format=prometheus") as answer:
        return int(re.search(r"^consul_rpc_queries_blocking (\d+)", answer.read().decode(), re.M)[1])


async def ask(index):
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(f"GET /v1/health/service/many?index={index}&wait=60s HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    return reader, writer


async def main():
    for i in range(10):
        put("/v1/agent/service/register", {"ID": f"many{i}", "Name": "many", "Port": i, "Check": {"TTL": "10m"}})
    with urllib.request.urlopen(f"http://{address}/v1/health/service/many") as answer:
        index = answer.headers["X-Consul-Index"]
    before = resident_kib()
    asked = [await ask(index) for _ in range(QUERIES)]
    for _ in range(200):
        if await asyncio.to_thread(waiting) == QUERIES:
            break
        await asyncio.sleep(0.05)
    each = (resident_kib() - before) / QUERIES
    claim("all_of_them_wait", waiting() == QUERIES, f"{waiting()} do")
    claim("each_costs_a_few_kib", each <= KIB_EACH, f"{each:.1f} KiB each")
    answers = [asyncio.create_task(reader.readuntil(b"\r\n")) for reader, _ in asked]
    await asyncio.to_thread(put, "/v1/agent/check/pass/service:many3")
    done, late = await asyncio.wait(answers, timeout=20)
    lines = {task.result() for task in done}
    claim("one_change_answers_all", not late and lines == {b"HTTP/1.1 200 OK\r\n"}, f"{len(late)} late, {lines}")
    claim("nobody_waits_afterwards", await asyncio.to_thread(waiting) == 0, "somebody does")
    for i in range(10):
        put(f"/v1/agent/service/deregister/many{i}")


soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, QUERIES + 1000), hard))
asyncio.run(main())
sys.stdout.flush()
os._exit(1 if failed else 0)
