/* A hash table over whole paths, open addressing, at most half full. */
#include "net/grpc_routes.h"

#include <stdio.h>

#include "base/mem.h"
#include "base/metric.h"
#include "net/grpc.h"

struct grpc_routes {
    const struct grpc_service *const *services;
    struct grpc_route *routes; /* path p NULL: empty */
    size_t mask;
    struct metric *received_bytes, *sent_bytes;
};

static const struct grpc_service *const no_services[] = { NULL };

static size_t hash_path(struct bytes path)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    size_t at = 0;
    for (; at + 8 <= path.n; at += 8) {
        uint64_t word;
        memcpy(&word, path.p + at, 8);
        h = (h ^ word) * UINT64_C(0x9e3779b97f4a7c15);
        h ^= h >> 32;
    }
    for (; at < path.n; at++)
        h = (h ^ path.p[at]) * UINT64_C(0x100000001b3);
    return (size_t)(h ^ h >> 29);
}

/* -- counters ---------------------------------------------------------------------------------- */

static const char *kind_name(enum grpc_kind kind)
{
    switch (kind) {
    case GRPC_UNARY:
        return "unary";
    case GRPC_CLIENT_STREAM:
        return "client_stream";
    case GRPC_SERVER_STREAM:
        return "server_stream";
    case GRPC_BIDI_STREAM:
        return "bidi_stream";
    }
    return "";
}

static struct metric *series(struct metrics *m, const char *name, const char *help,
                             const struct grpc_route *r, const char *code)
{
    char labels[512];
    snprintf(
        labels, sizeof(labels), "%s%s%sgrpc_method=\"%s\",grpc_service=\"%s\",grpc_type=\"%s\"",
        code != NULL ? "grpc_code=\"" : "", code != NULL ? code : "", code != NULL ? "\"," : "",
        r->method->name, r->service->name, kind_name(r->method->kind));
    return metric_series(metric_family(m, METRIC_COUNTER, name, help), labels);
}

static void make_counters(struct metrics *m, struct grpc_route *r)
{
    r->started = series(m, "grpc_server_started_total", "Calls begun.", r, NULL);
    r->received = series(m, "grpc_server_msg_received_total", "Messages received.", r, NULL);
    r->sent = series(m, "grpc_server_msg_sent_total", "Messages sent.", r, NULL);
    for (unsigned i = 0; i < GRPC_STATUSES; i++)
        r->handled[i] =
            series(m, "grpc_server_handled_total", "Calls ended, whatever their outcome.", r,
                   grpc_status_name((enum grpc_status)i));
}

static struct metric *byte_counter(struct metrics *m, const char *family, const char *help,
                                   const char *listener)
{
    char labels[128];
    snprintf(labels, sizeof(labels), "listener=\"%s\"", listener);
    return metric_series(metric_family(m, METRIC_COUNTER, family, help), labels);
}

/* -- the table --------------------------------------------------------------------------------- */

static size_t count_methods(const struct grpc_service *const *services)
{
    size_t n = 0;
    for (; *services != NULL; services++)
        n += (*services)->method_n;
    return n;
}

static struct grpc_route *place(const struct grpc_routes *r, struct bytes path)
{
    size_t at = hash_path(path) & r->mask;
    while (r->routes[at].path.p != NULL && !bytes_eq(r->routes[at].path, path))
        at = (at + 1) & r->mask;
    return &r->routes[at];
}

static void add(struct grpc_routes *r, const struct grpc_service *service,
                const struct grpc_method *method, struct metrics *metrics)
{
    size_t n = strlen(service->name) + strlen(method->name) + 2;
    char *path = mem_alloc(n + 1);
    snprintf(path, n + 1, "/%s/%s", service->name, method->name);
    struct grpc_route *route = place(r, bytes_of(path, n));
    if (route->path.p != NULL) {
        mem_free(path); /* listed twice: the first stays */
        return;
    }
    *route = (struct grpc_route){ .path = bytes_of(path, n), .service = service, .method = method };
    if (metrics != NULL)
        make_counters(metrics, route);
}

struct grpc_routes *grpc_routes_new(const struct grpc_service *const *services, const char *name,
                                    struct metrics *metrics)
{
    struct grpc_routes *r = mem_zalloc(1, sizeof(*r));
    r->services = services != NULL ? services : no_services;
    size_t room = 2;
    while (room < 2 * count_methods(r->services))
        room *= 2;
    r->mask = room - 1;
    r->routes = mem_zalloc(room, sizeof(*r->routes));
    for (const struct grpc_service *const *s = r->services; *s != NULL; s++)
        for (size_t i = 0; i < (*s)->method_n; i++)
            add(r, *s, &(*s)->methods[i], metrics);
    if (metrics != NULL && services != NULL) {
        r->received_bytes = byte_counter(metrics, "muster_net_grpc_received_bytes_total",
                                         "Bytes of calls received.", name);
        r->sent_bytes =
            byte_counter(metrics, "muster_net_grpc_sent_bytes_total", "Bytes of calls sent.", name);
    }
    return r;
}

void grpc_routes_free(struct grpc_routes *r)
{
    if (r == NULL)
        return;
    for (size_t i = 0; i <= r->mask; i++)
        mem_free((void *)(uintptr_t)r->routes[i].path.p);
    mem_free(r->routes);
    mem_free(r);
}

const struct grpc_route *grpc_routes_find(const struct grpc_routes *r, struct bytes path)
{
    const struct grpc_route *route = place(r, path);
    return route->path.p != NULL ? route : NULL;
}

const struct grpc_service *grpc_routes_service(const struct grpc_routes *r, struct bytes name)
{
    for (const struct grpc_service *const *s = r->services; *s != NULL; s++)
        if (bytes_is(name, (*s)->name))
            return *s;
    return NULL;
}

const struct grpc_service *const *grpc_routes_services(const struct grpc_routes *r)
{
    return r->services;
}

struct metric *grpc_routes_received_bytes(const struct grpc_routes *r)
{
    return r->received_bytes;
}

struct metric *grpc_routes_sent_bytes(const struct grpc_routes *r)
{
    return r->sent_bytes;
}
