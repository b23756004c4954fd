/* /v1/internal/ui/services: each service in a few numbers. What counts for a service are its
 * instances and the proxies that stand in front of it. */
#include <stdlib.h>

#include "faces/consul/call/answer.h"
#include "faces/consul/call/core.h"
#include "faces/consul/call/gate.h"
#include "faces/consul/operator/ui.h"
#include "faces/consul/rows/health_row.h"
#include "faces/consul/rows/lookup.h"
#include "faces/consul/rows/mesh.h"

struct piece { /* something that counts for the service NAME */
    struct bytes name;
    const struct consul_health_row *row;
    bool is_proxy; /* of it; else one of its instances */
};

struct pieces {
    struct piece *all;
    size_t n;
};

struct texts {
    struct bytes *all;
    size_t n;
};

/* -- gathering ----------------------------------------------------------------------------------
 */

static int compare_pieces(const void *a, const void *b)
{
    const struct piece *x = a, *y = b;
    int order = bytes_cmp(x->name, y->name);
    if (order == 0)
        order = (int)x->is_proxy - (int)y->is_proxy;
    return order;
}

static void add(struct pieces *to, struct bytes name, const struct consul_health_row *row,
                bool is_proxy)
{
    to->all[to->n++] = (struct piece){ name, row, is_proxy };
}

/* All that is to be seen, by the service that it counts for. */
static enum err gather(struct consul_call *c, const struct view *view, struct pieces *ret)
{
    const struct consul_service_list *list = &consul_lookup_of(c)->services;
    struct consul_rows from = consul_rows_of(c, view);
    struct consul_node_checks memo = { .node = NULL };
    struct consul_health_row *rows = arena_zalloc(from.arena, list->n + 1, sizeof *rows);
    *ret = (struct pieces){ .all = arena_zalloc(from.arena, 2 * list->n + 1, sizeof *ret->all) };
    for (size_t i = 0; i < list->n; i++) {
        struct bytes of;
        if (!consul_service_is_shown(c, &list->all[i]))
            continue;
        enum err e = consul_health_row_read(&from, &list->all[i], &memo, &rows[i]);
        if (e != OK)
            return e;
        if (!consul_filter_keeps(c, &rows[i]))
            continue;
        add(ret, list->all[i].name, &rows[i], false);
        if (consul_extras_are_proxy(&list->all[i].extras, from.arena, &of))
            add(ret, of, &rows[i], true);
    }
    qsort(ret->all, ret->n, sizeof *ret->all, compare_pieces);
    return OK;
}

/* -- texts, each once, in order -----------------------------------------------------------------
 */

static int compare_texts(const void *a, const void *b)
{
    return bytes_cmp(*(const struct bytes *)a, *(const struct bytes *)b);
}

static void put_texts(struct json_writer *j, const char *name, struct texts *texts)
{
    if (texts->n > 0)
        qsort(texts->all, texts->n, sizeof *texts->all, compare_texts);
    json_add_array(j, name);
    for (size_t i = 0; i < texts->n; i++)
        if (i == 0 || !bytes_eq(texts->all[i - 1], texts->all[i]))
            json_put_string(j, texts->all[i]);
    json_close_array(j);
}

static void put_tags(struct json_writer *j, const struct pieces *p, size_t instance_n,
                     struct arena *arena)
{
    struct texts tags = { .n = 0 };
    size_t most = 0;
    for (size_t i = 0; i < instance_n; i++)
        most += p->all[i].row->service->tag_n;
    tags.all = arena_zalloc(arena, most + 1, sizeof *tags.all);
    for (size_t i = 0; i < instance_n; i++)
        for (size_t t = 0; t < p->all[i].row->service->tag_n; t++)
            tags.all[tags.n++] = p->all[i].row->service->tags[t];
    put_texts(j, "Tags", &tags);
}

static void put_nodes(struct json_writer *j, const struct pieces *p, size_t instance_n,
                      struct arena *arena)
{
    struct texts nodes = { .all = arena_zalloc(arena, instance_n, sizeof *nodes.all) };
    for (size_t i = 0; i < instance_n; i++)
        nodes.all[nodes.n++] = p->all[i].row->service->node->row.name;
    put_texts(j, "Nodes", &nodes);
}

/* Who else keeps a registry and copies it into this one. */
static void put_sources(struct json_writer *j, const struct pieces *p, size_t instance_n,
                        struct arena *arena)
{
    struct texts sources = { .all = arena_zalloc(arena, instance_n, sizeof *sources.all) };
    for (size_t i = 0; i < instance_n; i++) {
        const struct bytes *source =
            labels_find(&p->all[i].row->service->meta, bytes_str("external-source"));
        if (source != NULL && source->n > 0)
            sources.all[sources.n++] = *source;
    }
    if (sources.n > 0)
        put_texts(j, "ExternalSources", &sources);
    else
        json_add_null(j, "ExternalSources");
}

/* -- checks, each once --------------------------------------------------------------------------
 */

static int compare_checks(const void *a, const void *b)
{
    const struct consul_check *x = *(const struct consul_check *const *)a;
    const struct consul_check *y = *(const struct consul_check *const *)b;
    int order = bytes_cmp(x->node, y->node);
    return order == 0 ? bytes_cmp(x->row.id, y->row.id) : order;
}

static void put_checks(struct json_writer *j, const struct pieces *p, struct arena *arena)
{
    size_t most = 0, n = 0;
    uint64_t passing = 0, warning = 0, critical = 0;
    for (size_t i = 0; i < p->n; i++)
        most += p->all[i].row->checks.n;
    const struct consul_check **checks = arena_zalloc(arena, most + 1, sizeof *checks);
    for (size_t i = 0; i < p->n; i++)
        for (size_t k = 0; k < p->all[i].row->checks.n; k++)
            checks[n++] = &p->all[i].row->checks.all[k];
    qsort(checks, n, sizeof *checks, compare_checks);
    for (size_t i = 0; i < n; i++) {
        enum status status = checks[i]->row.status;
        if (i > 0 && compare_checks(&checks[i - 1], &checks[i]) == 0)
            continue; /* of a node that several are on */
        passing += status == STATUS_UP;
        warning += status == STATUS_SUSPECT;
        critical += status != STATUS_UP && status != STATUS_SUSPECT;
    }
    json_add_uint(j, "ChecksPassing", passing);
    json_add_uint(j, "ChecksWarning", warning);
    json_add_uint(j, "ChecksCritical", critical);
}

/* -- a service ----------------------------------------------------------------------------------
 */

static bool is_native(const struct pieces *p, size_t instance_n)
{
    bool found = false;
    for (size_t i = 0; i < instance_n && !found; i++)
        found = consul_extras_are_native(&p->all[i].row->service->extras);
    return found;
}

/* P are those of one service, instances first. */
static void put_summary(struct consul_call *c, struct json_writer *j, const struct pieces *p,
                        struct arena *arena)
{
    size_t instance_n = 0;
    while (instance_n < p->n && !p->all[instance_n].is_proxy)
        instance_n++;
    if (instance_n == 0)
        return; /* proxies of what is not registered */
    const struct consul_service *first = p->all[0].row->service;
    json_open_object(j);
    if (first->extras.kind.n > 0)
        json_add_string(j, "Kind", first->extras.kind);
    json_add_string(j, "Name", first->name);
    json_add_str(j, "Datacenter", c->face->self.datacenter);
    put_tags(j, p, instance_n, arena);
    put_nodes(j, p, instance_n, arena);
    put_sources(j, p, instance_n, arena);
    json_add_uint(j, "InstanceCount", instance_n);
    put_checks(j, p, arena);
    json_add_object(j, "GatewayConfig");
    json_close_object(j);
    json_add_bool(j, "TransparentProxy", false); /* there are no transparent ones */
    json_add_bool(j, "ConnectNative", is_native(p, instance_n));
    json_add_bool(j, "ConnectedWithProxy", instance_n < p->n);
    json_add_bool(j, "ConnectedWithGateway", false);
    json_close_object(j);
}

static void answer(struct consul_call *c, const struct view *view)
{
    struct arena *arena = &c->face->scratch;
    struct json_writer *j = consul_json(c);
    struct pieces all;
    enum err e = gather(c, view, &all);
    if (e != OK) {
        consul_fail(c, e);
        return;
    }
    json_open_array(j);
    for (size_t at = 0, end; at < all.n; at = end) {
        for (end = at; end < all.n && bytes_eq(all.all[end].name, all.all[at].name);)
            end++;
        struct pieces one = { &all.all[at], end - at };
        put_summary(c, j, &one, arena);
    }
    json_close_array(j);
    consul_answer_filtered(c);
}

void consul_ui_services(struct consul_call *c)
{
    static const struct consul_query query = { consul_ui_index, answer };
    consul_lookup_new(c);
    if (consul_grant_open(c) && consul_filter_begin(c, &consul_health_schema))
        consul_query(c, &query);
}
