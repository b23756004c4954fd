/* A face's life. */
#include "faces/consul/call/face.h"

#include <string.h>

#include "base/mem.h"
#include "faces/consul/call/call.h"
#include "faces/consul/call/core.h"
#include "faces/consul/call/facts.h"
#include "faces/consul/call/kept.h"
#include "faces/consul/call/outside.h"
#include "faces/consul/call/query.h"

enum { DEFAULT_QUERY_MS = 300 * 1000, MAX_QUERY_MS = 600 * 1000 };

#define BODY_MAX ((size_t)1 << 30)
#define UNSENT_MAX ((size_t)256 << 20)

struct consul_face *consul_face_new(struct hub *hub, const struct consul_options *options)
{
    struct consul_face *face = mem_zalloc(1, sizeof *face);
    face->hub = hub;
    face->loop = hub_loop(hub);
    face->box = mailbox_new(face->loop);
    face->options = *options;
    if (face->options.default_query_ms == 0)
        face->options.default_query_ms = DEFAULT_QUERY_MS;
    if (face->options.unsent_max == 0)
        face->options.unsent_max = UNSENT_MAX;
    if (face->options.max_query_ms == 0)
        face->options.max_query_ms = MAX_QUERY_MS;
    face->self = options->self;
    if (face->self.node_id == NULL) {
        consul_member_uuid(hub, face->node_id);
        face->self.node_id = face->node_id;
    }
    face->began_wall_ms = clock_wall_ms();
    face->random = entropy_u64();
    face->router = consul_router_new();
    face->waits = wait_table_new(hub);
    face->kept = consul_kept_new(hub);
    if (options->metrics == NULL)
        face->own_metrics = metrics_new();
    struct metrics *metrics = options->metrics == NULL ? face->own_metrics : options->metrics;
    face->blocking = metric_gauge(metrics, "muster_consul_queries_blocking",
                                  "Queries of Consul's API that wait for a change.");
    face->requests =
        metric_counter(metrics, "muster_consul_requests_total", "Requests to Consul's API.");
    list_init(&face->calls);
    list_init(&face->outside);
    buf_init(&face->body, BODY_MAX);
    arena_init(&face->scratch, 0);
    buf_init(&face->ranges, CONSUL_KEPT_RANGES_MAX);
    return face;
}

void consul_face_free(struct consul_face *face)
{
    if (face == NULL)
        return;
    mailbox_free(face->box);
    if (face->keys != NULL)
        face->free_keys(face->keys);
    outside_free(face);
    consul_kept_free(face->kept);
    metrics_free(face->own_metrics);
    wait_table_free(face->waits);
    consul_router_free(face->router);
    buf_fini(&face->body);
    arena_fini(&face->scratch);
    buf_fini(&face->ranges);
    mem_free(face);
}

static struct consul_call *find_live(struct consul_face *face)
{
    LIST_FOR_EACH(link, &face->calls)
    {
        struct consul_call *c = CONTAINER_OF(link, struct consul_call, link);
        if (c->is_live)
            return c;
    }
    return NULL;
}

void consul_face_drain(struct consul_face *face)
{
    face->draining = true;
    outside_stop(face);
    LIST_FOR_EACH(link, &face->calls)
    {
        struct consul_call *c = CONTAINER_OF(link, struct consul_call, link);
        if (c->is_blocked)
            consul_query_answer_now(c);
    }
    for (struct consul_call *c; (c = find_live(face)) != NULL;)
        c->on_end(c);
}

bool consul_face_is_drained(const struct consul_face *face)
{
    return outside_is_gone(face);
}
