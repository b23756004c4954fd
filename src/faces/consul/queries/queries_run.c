/* /v1/query/:id/execute and /explain. */
#include "catalog/prepared_render.h"
#include "catalog/prepared_row.h"
#include "faces/consul/call/answer.h"
#include "faces/consul/call/ask.h"
#include "faces/consul/call/core.h"
#include "faces/consul/call/gate.h"
#include "faces/consul/queries/queries.h"
#include "faces/consul/queries/queries_show.h"
#include "faces/consul/rows/health_row.h"
#include "faces/consul/rows/lookup.h"
#include "faces/consul/rows/near.h"
#include "wire/go_text.h"

struct run { /* call->state */
    struct bytes id_or_name;
    uint64_t limit; /* 0: none */
    bool wants_mesh;
    struct prepared query; /* rendered */
    struct consul_health_row *rows;
    size_t n;
};

/* The query with the name put in; false: refused and answered. */
static bool find(struct consul_call *c, const struct view *view, struct run *run)
{
    struct prepared found;
    struct why why = { "" };
    enum err e =
        prepared_find(view, bytes_str(CONSUL_NS), run->id_or_name, &c->face->scratch, &found);
    if (e == ERR_NOT_FOUND) {
        consul_refuse_text(c, 404, "Query not found");
        return false;
    }
    if (e != OK) {
        consul_fail(c, e);
        return false;
    }
    e = prepared_render(&found, run->id_or_name, &c->face->scratch, &run->query, &why);
    if (e != OK)
        consul_refuse_text(c, 500, "%s", why.text);
    return e == OK;
}

/* -- executing ----------------------------------------------------------------------------------
 */

static bool is_kept(const struct run *run, const struct consul_health_row *row, struct arena *arena)
{
    const struct consul_service *s = row->service;
    struct prepared_check *checks = arena_zalloc(arena, row->checks.n + 1, sizeof *checks);
    for (size_t i = 0; i < row->checks.n; i++)
        checks[i] =
            (struct prepared_check){ row->checks.all[i].row.id, row->checks.all[i].row.status };
    const struct prepared_candidate candidate = { .tags = s->tags,
                                                  .tag_n = s->tag_n,
                                                  .service_meta = &s->meta,
                                                  .node_meta = &s->node->row.metadata,
                                                  .checks = checks,
                                                  .check_n = row->checks.n };
    return prepared_keeps(&run->query, &candidate);
}

static enum err read_services(struct consul_call *c, const struct consul_rows *rows,
                              const struct run *run, struct consul_service_list *ret)
{
    struct service_id id;
    struct bytes name = run->query.service.service;
    *ret = (struct consul_service_list){ .n = 0 };
    if (run->wants_mesh)
        return consul_services_read(rows, ret);
    return service_id_parse(bytes_str(CONSUL_NS), name, &id) == OK
               ? consul_service_read(rows, &id, ret)
               : OK; /* no service can be called that */
}

static bool may_see(struct consul_call *c, const struct consul_service *s)
{
    return consul_may(c, ACCESS_READ, ACCESS_NODE, s->node->row.name) &&
           consul_may(c, ACCESS_READ, ACCESS_SERVICE, s->name);
}

static enum err gather(struct consul_call *c, const struct view *view, struct run *run)
{
    struct consul_rows rows = consul_rows_of(c, view);
    struct consul_node_checks memo = { .node = NULL };
    struct consul_service_list services;
    enum err e = read_services(c, &rows, run, &services);
    if (e != OK)
        return e;
    run->rows = arena_zalloc(rows.arena, services.n + 1, sizeof *run->rows);
    for (size_t i = 0; i < services.n && e == OK; i++) {
        const struct consul_service *s = &services.all[i];
        if ((run->wants_mesh && !consul_service_is_mesh_of(c, s, run->query.service.service)) ||
            !may_see(c, s))
            continue;
        e = consul_health_row_read(&rows, s, &memo, &run->rows[run->n]);
        if (e == OK && is_kept(run, &run->rows[run->n], rows.arena))
            run->n++;
    }
    return e;
}

static void shuffle(struct consul_call *c, struct run *run)
{
    for (size_t i = run->n; i > 1; i--) {
        size_t other = consul_random(c->face) % i;
        struct consul_health_row row = run->rows[i - 1];
        run->rows[i - 1] = run->rows[other];
        run->rows[other] = row;
    }
}

/* Who asks, as the last proxy before this server knows him. */
static struct bytes address_of_caller(struct consul_call *c)
{
    struct bytes named = http_header(c->request, "x-forwarded-for");
    struct bytes peer = bytes_str(http_peer(c->request));
    const uint8_t *comma = named.n == 0 ? NULL : memchr(named.p, ',', named.n);
    if (named.n > 0)
        return comma == NULL ? named : bytes_of(named.p, (size_t)(comma - named.p));
    while (peer.n > 0 && peer.p[peer.n - 1] != ':')
        peer.n--;
    peer.n -= peer.n > 0;
    if (peer.n > 1 && peer.p[0] == '[')
        peer = bytes_of(peer.p + 1, peer.n - 2);
    return peer;
}

/* The node at ADDRESS; empty if there is none. */
static enum err find_node_at(struct consul_call *c, const struct view *view, struct bytes address,
                             struct bytes *ret)
{
    struct consul_rows rows = consul_rows_of(c, view);
    struct consul_node_list nodes;
    enum err e = consul_nodes_read(&rows, &nodes);
    *ret = bytes_str("");
    for (size_t i = 0; e == OK && i < nodes.n && ret->n == 0; i++)
        if (bytes_eq(nodes.all[i].row.address, address))
            *ret = nodes.all[i].row.name;
    return e;
}

static struct bytes node_of_row(const void *one)
{
    return ((const struct consul_health_row *)one)->service->node->row.name;
}

/* The nearest first, and before all what is on the very node that is looked from. */
static enum err sort(struct consul_call *c, const struct view *view, struct run *run)
{
    struct bytes own = bytes_str(c->face->self.node_name);
    struct bytes near = c->params.near.n > 0 ? c->params.near : run->query.service.near;
    const struct consul_vantage from = { view, own, &c->face->scratch };
    enum err e = OK;
    if (c->face->options.no_coordinates)
        return OK;
    if (bytes_is(near, "_agent"))
        near = own;
    else if (bytes_is(near, "_ip"))
        e = find_node_at(c, view, address_of_caller(c), &near);
    return e == OK
               ? consul_near_order(&from, near, run->rows, run->n, sizeof *run->rows, node_of_row)
               : e;
}

static void answer_run(struct consul_call *c, const struct run *run)
{
    struct json_writer *j = consul_json(c);
    json_open_object(j);
    json_add_string(j, "Service", run->query.service.service);
    json_add_array(j, "Nodes");
    for (size_t i = 0; i < run->n; i++)
        consul_health_row_show(c, j, &run->rows[i]);
    json_close_array(j);
    json_add_object(j, "DNS");
    json_add_string(j, "TTL", run->query.dns.ttl);
    json_close_object(j);
    json_add_str(j, "Datacenter", c->face->self.datacenter);
    json_add_str(j, "PeerName", "");
    json_add_uint(j, "Failovers", 0);
    consul_json_meta(c, j, c->index);
    json_close_object(j);
    consul_answer_json(c, 200);
}

/* From here on it is asked with the query's token; false: refused and answered. */
static bool become(struct consul_call *c, struct bytes token)
{
    if (token.n == 0)
        return true;
    c->params.token = arena_dup(consul_arena(c), token);
    c->reader = (struct access_reader){ 0 };
    return consul_grant_open(c);
}

static void execute(struct consul_call *c, const struct view *view)
{
    struct run *run = c->state;
    if (!find(c, view, run) || !become(c, run->query.token))
        return;
    run->wants_mesh = run->wants_mesh || run->query.service.connect;
    enum err e = gather(c, view, run);
    if (e != OK) {
        consul_fail(c, e);
        return;
    }
    shuffle(c, run);
    e = sort(c, view, run);
    if (e != OK) {
        consul_fail(c, e);
        return;
    }
    if (run->limit > 0 && run->limit < run->n)
        run->n = run->limit;
    answer_run(c, run);
}

/* False: refused and answered. */
static bool read_limit(struct consul_call *c, uint64_t *ret)
{
    struct bytes text;
    int64_t limit;
    if (!consul_param(c, "limit", &text) || text.n == 0)
        return true;
    enum err e = go_read_int(text, 64, &limit);
    if (e != OK)
        consul_refuse_text(c, 500, "Bad limit: strconv.Atoi: parsing %s: %s",
                           consul_quoted(c, text), go_number_error(e));
    else if (limit > 0)
        *ret = (uint64_t)limit;
    return e == OK;
}

void consul_query_execute(struct consul_call *c, struct bytes id_or_name)
{
    struct bytes connect;
    struct run *run = arena_zalloc(consul_arena(c), 1, sizeof *run);
    run->id_or_name = id_or_name;
    run->wants_mesh = consul_param(c, "connect", &connect) && bytes_is(connect, "true");
    c->state = run;
    if (read_limit(c, &run->limit) && consul_grant_open(c))
        consul_read(c, execute);
}

/* -- explaining ---------------------------------------------------------------------------------
 */

static void explain(struct consul_call *c, const struct view *view)
{
    struct run *run = c->state;
    if (!find(c, view, run))
        return;
    const struct prepared *p = &run->query;
    if ((p->name.n > 0 || prepared_is_template(p)) &&
        !consul_grant(c, ACCESS_READ, ACCESS_QUERY, p->name))
        return;
    struct json_writer *j = consul_json(c);
    json_open_object(j);
    json_put_name(j, "Query");
    consul_query_show(c, p, j);
    consul_json_meta(c, j, c->index);
    json_close_object(j);
    consul_answer_json(c, 200);
}

void consul_query_explain(struct consul_call *c, struct bytes id_or_name)
{
    struct run *run = arena_zalloc(consul_arena(c), 1, sizeof *run);
    run->id_or_name = id_or_name;
    c->state = run;
    if (consul_grant_open(c))
        consul_read(c, explain);
}
