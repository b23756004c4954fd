/* /v1/agent/metrics: what dashboards and alerts of Consul read, by Consul's names. Muster's own are
 * on the native listener's /metrics. */
#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "catalog/read.h"
#include "faces/consul/agent/agent.h"
#include "faces/consul/call/answer.h"
#include "faces/consul/call/ask.h"
#include "faces/consul/call/core.h"
#include "faces/consul/call/facts.h"
#include "faces/consul/call/gate.h"
#include "faces/consul/call/live.h"
#include "faces/consul/rows/lookup.h"

enum { INTERVAL_MS = 10000 };

static void write_interval(struct consul_call *c, const struct view *view);

struct figures {
    struct consul_facts facts;
    uint64_t nodes, services, instances, pairs;
    int64_t blocking, requests;
    uint64_t resident_bytes, heap_bytes, threads;
};

/* -- figures ------------------------------------------------------------------------------------
 */

#define FIGURE(name, expression)                \
    static double name(const struct figures *f) \
    {                                           \
        return (double)(expression);            \
    }
FIGURE(is_leader, f->facts.leads)
FIGURE(is_healthy, f->facts.has_leader)
FIGURE(none, 0)
FIGURE(one, 1)
FIGURE(applied, f->facts.applied)
FIGURE(commit, f->facts.commit)
FIGURE(node_n, f->nodes)
FIGURE(service_n, f->services)
FIGURE(instance_n, f->instances)
FIGURE(pair_n, f->pairs)
FIGURE(blocking, f->blocking)
FIGURE(requests, f->requests)
FIGURE(memory, f->resident_bytes)
FIGURE(heap, f->heap_bytes)
FIGURE(threads, f->threads)

/* Names of runtime figures have the host's in JSON, as Consul's have unless it is told otherwise.
 * Of those that it has there are only what a program without a garbage collector has. */
static const struct {
    const char *name, *help;
    double (*value)(const struct figures *f);
} rows[] = {
    { "consul.autopilot.failure_tolerance", "Members that may fail.", none },
    { "consul.autopilot.healthy", "1 while all members are healthy.", is_healthy },
    { "consul.members.clients", "Agents that are no members.", none },
    { "consul.members.servers", "Members.", one },
    { "consul.raft.applied_index", "The last entry applied.", applied },
    { "consul.raft.last_index", "The last entry of the log.", commit },
    { "consul.raft.leader.lastContact", "Milliseconds since the leader was heard.", none },
    { "consul.rpc.queries_blocking", "Queries that wait.", blocking },
    { "consul.rpc.request", "Requests so far.", requests },
    { "consul.runtime.alloc_bytes", "Bytes of the heap in use.", heap },
    { "consul.runtime.num_goroutines", "Threads.", threads },
    { "consul.runtime.sys_bytes", "Resident memory.", memory },
    { "consul.server.isLeader", "1 on the leader.", is_leader },
    { "consul.state.kv_entries", "Pairs.", pair_n },
    { "consul.state.nodes", "Nodes.", node_n },
    { "consul.state.service_instances", "Instances of services.", instance_n },
    { "consul.state.services", "Services.", service_n },
};

static uint64_t resident_bytes(void)
{
    unsigned long total = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (file == NULL)
        return 0;
    if (fscanf(file, "%lu %lu", &total, &resident) != 2)
        resident = 0;
    fclose(file);
    return (uint64_t)resident * 4096;
}

static uint64_t thread_n(void)
{
    unsigned long n = 0;
    char line[256];
    FILE *file = fopen("/proc/self/status", "re");
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (sscanf(line, "Threads: %lu", &n) == 1)
            break;
    if (file != NULL)
        fclose(file);
    return n;
}

static uint64_t heap_bytes(void)
{
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

static enum err read_figures(struct consul_call *c, const struct view *view, struct figures *f)
{
    struct arena *arena = &c->face->scratch;
    struct nodes nodes;
    struct services services;
    *f = (struct figures){ .facts = consul_facts(c->face->hub),
                           .pairs = consul_pairs(c->face->hub),
                           .blocking = metric_get(c->face->blocking),
                           .requests = metric_get(c->face->requests),
                           .resident_bytes = resident_bytes(),
                           .heap_bytes = heap_bytes(),
                           .threads = thread_n() };
    enum err e = nodes_read(view, bytes_str(CONSUL_NS), arena, &nodes);
    if (e == OK)
        e = services_read(view, bytes_str(CONSUL_NS), arena, &services);
    if (e != OK)
        return e;
    f->nodes = nodes.n + 1; /* with Muster's own, and its service */
    f->services = f->instances = 1;
    for (size_t i = 0; i < services.n; i++) {
        f->services += services.all[i].state.publication_n > 0;
        f->instances += services.all[i].state.publication_n;
    }
    return OK;
}

/* -- forms --------------------------------------------------------------------------------------
 */

static void put_number(struct buf *out, double value)
{
    buf_printf(out, "%.15g", value);
}

static void answer_prometheus(struct consul_call *c, const struct figures *f)
{
    struct buf *out = consul_body(c);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char name[100];
        snprintf(name, sizeof name, "%s", rows[i].name);
        for (char *at = name; *at != 0; at++)
            *at = *at == '.' ? '_' : *at;
        buf_printf(out, "# HELP %s %s\n# TYPE %s gauge\n%s ", name, rows[i].help, name, name);
        put_number(out, rows[i].value(f));
        buf_put_u8(out, '\n');
    }
    buf_printf(out,
               "# HELP consul_version The version whose API this is.\n"
               "# TYPE consul_version gauge\nconsul_version{version=\"%s\"} 1\n",
               CONSUL_VERSION);
    consul_answer_body(c, 200, "text/plain; version=0.0.4; charset=utf-8");
}

static void add_gauge(struct json_writer *j, const char *name, double value)
{
    struct buf text;
    buf_init(&text, 64);
    put_number(&text, value);
    json_open_object(j);
    json_add_str(j, "Name", name);
    json_add_raw(j, "Value", buf_bytes(&text));
    json_add_object(j, "Labels");
    json_close_object(j);
    json_close_object(j);
    buf_fini(&text);
}

static void add_nothing(struct json_writer *j, const char *name)
{
    json_add_array(j, name);
    json_close_array(j);
}

/* "consul.HOST.runtime.alloc_bytes" */
static const char *name_in_json(const char *name, char *room, size_t n)
{
    static const char runtime[] = "consul.runtime.";
    char host[200] = "";
    if (strncmp(name, runtime, sizeof runtime - 1) != 0)
        return name;
    IGNORE(gethostname(host, sizeof host - 1)); /* it stays empty */
    snprintf(room, n, "consul.%s.%s", host, name + strlen("consul."));
    return room;
}

static void put_json(struct json_writer *j, const struct figures *f)
{
    char when[64];
    struct tm tm;
    time_t now = (time_t)(clock_wall_ms() / 1000);
    size_t n = gmtime_r(&now, &tm) == NULL
                   ? 0
                   : strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S +0000 UTC", &tm);
    char name[300];
    json_open_object(j);
    json_add_string(j, "Timestamp", bytes_of(when, n));
    json_add_array(j, "Gauges");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        add_gauge(j, name_in_json(rows[i].name, name, sizeof name), rows[i].value(f));
    json_close_array(j);
    add_nothing(j, "Points");
    add_nothing(j, "Counters");
    add_nothing(j, "Samples");
    json_close_object(j);
}

static bool wants_prometheus(struct consul_call *c)
{
    static const char open_metrics[] = "application/openmetrics-text";
    struct bytes format;
    return (consul_param(c, "format", &format) && bytes_is(format, "prometheus")) ||
           bytes_starts(http_header(c->request, "accept"), bytes_str(open_metrics));
}

static void show_metrics(struct consul_call *c, const struct view *view)
{
    struct figures f;
    enum err e = read_figures(c, view, &f);
    if (e != OK)
        consul_fail(c, e);
    else if (wants_prometheus(c))
        answer_prometheus(c, &f);
    else {
        put_json(consul_json(c), &f);
        consul_answer_json(c, 200);
    }
}

void consul_agent_metrics(struct consul_call *c)
{
    if (consul_grant(c, ACCESS_READ, ACCESS_AGENT, bytes_str(c->face->self.node_name)))
        consul_read(c, show_metrics);
}

/* -- every few seconds ------------------------------------------------------------------------ */

static void read_again(struct timer *t)
{
    struct consul_call *c = CONTAINER_OF(t, struct consul_call, timer);
    consul_waits_no_more(c);
    consul_read(c, write_interval);
}

static void stop_timer(struct consul_call *c)
{
    timer_stop(&c->timer);
}

static void end_stream(struct consul_call *c)
{
    if (!timer_is_set(&c->timer))
        return; /* it reads, and ends when it has written */
    timer_stop(&c->timer);
    consul_waits_no_more(c);
    consul_live_end(c);
}

/* A client that has not read what came before misses this one. */
static void write_interval(struct consul_call *c, const struct view *view)
{
    struct figures f;
    struct json_writer j;
    struct buf line;
    if (!c->is_live)
        consul_live_begin(c, "application/json", NULL, end_stream);
    buf_init(&line, 64 * 1024);
    if (!consul_live_is_full(c) && read_figures(c, view, &f) == OK) {
        json_init(&j, &line);
        put_json(&j, &f);
        buf_put_u8(&line, '\n');
        consul_live_write(c, buf_bytes(&line));
    }
    buf_fini(&line);
    if (c->face->draining) {
        consul_live_end(c);
        return;
    }
    consul_wait(c, stop_timer);
    timer_start(&c->timer, INTERVAL_MS);
}

void consul_agent_metrics_stream(struct consul_call *c)
{
    if (!consul_grant(c, ACCESS_READ, ACCESS_AGENT, bytes_str(c->face->self.node_name)))
        return;
    timer_init(&c->timer, c->face->loop, read_again);
    consul_read(c, write_interval);
}
