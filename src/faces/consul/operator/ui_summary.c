/* What counts for a service are its instances and the proxies that stand in front of it. */
#include "faces/consul/operator/ui_summary.h"

#include <stdlib.h>

#include "base/text.h"
#include "catalog/identity.h"
#include "faces/consul/call/core.h"
#include "faces/consul/rows/lookup.h"
#include "faces/consul/rows/mesh.h"

struct texts {
    struct bytes *all;
    size_t n;
};

/* -- texts, each once, in order -----------------------------------------------------------------
 */

static int compare_texts(const void *a, const void *b)
{
    return bytes_cmp(*(const struct bytes *)a, *(const struct bytes *)b);
}

static void put_texts(struct json_writer *j, const char *name, struct texts *texts)
{
    if (texts->n == 0) {
        json_add_null(j, name);
        return;
    }
    qsort(texts->all, texts->n, sizeof *texts->all, compare_texts);
    json_add_array(j, name);
    for (size_t i = 0; i < texts->n; i++)
        if (i == 0 || !bytes_eq(texts->all[i - 1], texts->all[i]))
            json_put_string(j, texts->all[i]);
    json_close_array(j);
}

static void put_tags(struct json_writer *j, const struct ui_pieces *p, size_t instance_n,
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

static void put_nodes(struct json_writer *j, const struct ui_pieces *p, size_t instance_n,
                      struct arena *arena)
{
    struct texts nodes = { .all = arena_zalloc(arena, instance_n + 1, sizeof *nodes.all) };
    for (size_t i = 0; i < instance_n; i++)
        nodes.all[nodes.n++] = p->all[i].row->service->node->row.name;
    put_texts(j, "Nodes", &nodes);
}

/* Who else keeps a registry and copies it into this one. */
static void put_sources(struct json_writer *j, const struct ui_pieces *p, size_t instance_n,
                        struct arena *arena)
{
    struct texts sources = { .all = arena_zalloc(arena, instance_n + 1, sizeof *sources.all) };
    for (size_t i = 0; i < instance_n; i++) {
        const struct bytes *source =
            labels_find(&p->all[i].row->service->meta, bytes_str("external-source"));
        if (source != NULL && source->n > 0)
            sources.all[sources.n++] = *source;
    }
    put_texts(j, "ExternalSources", &sources);
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

static void put_checks(struct json_writer *j, const struct ui_pieces *p, struct arena *arena)
{
    size_t most = 0, n = 0;
    uint64_t passing = 0, warning = 0, critical = 0;
    for (size_t i = 0; i < p->n; i++)
        most += p->all[i].row->checks.n;
    const struct consul_check **checks = arena_zalloc(arena, most + 1, sizeof *checks);
    for (size_t i = 0; i < p->n; i++)
        for (size_t k = 0; k < p->all[i].row->checks.n; k++)
            checks[n++] = &p->all[i].row->checks.all[k];
    if (n > 0)
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

static bool is_native(const struct ui_pieces *p, size_t instance_n)
{
    bool found = false;
    for (size_t i = 0; i < instance_n && !found; i++)
        found = consul_extras_are_native(&p->all[i].row->service->extras);
    return found;
}

/* -- what counts --------------------------------------------------------------------------------
 */

static int compare_counted(const void *a, const void *b)
{
    const struct ui_counted *x = a, *y = b;
    int order = bytes_cmp(x->folded, y->folded);
    if (order == 0)
        order = (int)x->is_proxy - (int)y->is_proxy;
    return order != 0 ? order : x->service < y->service ? -1 : x->service > y->service;
}

void ui_index_make(struct consul_call *c, bool with_proxies, struct ui_index *ret)
{
    const struct consul_service_list *list = &consul_lookup_of(c)->services;
    struct arena *arena = &c->face->scratch;
    struct ui_index index = { .all = arena_zalloc(arena, 2 * list->n + 1, sizeof *index.all) };
    for (size_t i = 0; i < list->n; i++) {
        const struct consul_service *s = &list->all[i];
        struct bytes of;
        if (!consul_node_is_shown(c, s->node))
            continue;
        index.all[index.n++] = (struct ui_counted){ fold_dup(s->name, arena), s, false };
        if (with_proxies && consul_extras_are_proxy(&s->extras, arena, &of))
            index.all[index.n++] = (struct ui_counted){ fold_dup(of, arena), s, true };
    }
    qsort(index.all, index.n, sizeof *index.all, compare_counted);
    *ret = index;
}

/* Where what counts for FOLDED begins. */
static size_t find(const struct ui_index *index, struct bytes folded)
{
    size_t from = 0, to = index->n;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (bytes_cmp(index->all[middle].folded, folded) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

enum err ui_gather(struct consul_call *c, const struct view *view, const struct ui_index *index,
                   struct bytes name, struct ui_pieces *ret)
{
    struct consul_rows from = consul_rows_of(c, view);
    struct consul_node_checks memo = { .node = NULL };
    struct bytes folded = fold_dup(name, from.arena);
    size_t at = find(index, folded), end = at;
    enum err e = OK;
    while (end < index->n && bytes_eq(index->all[end].folded, folded))
        end++;
    struct consul_health_row *rows = arena_zalloc(from.arena, end - at + 1, sizeof *rows);
    *ret = (struct ui_pieces){ .all = arena_zalloc(from.arena, end - at + 1, sizeof *ret->all) };
    for (; at < end && e == OK; at++) {
        struct consul_health_row *row = &rows[ret->n];
        e = consul_health_row_read(&from, index->all[at].service, &memo, row);
        ret->all[ret->n++] = (struct ui_piece){ name, row, index->all[at].is_proxy };
    }
    return e;
}

size_t ui_instances(const struct ui_pieces *p)
{
    size_t n = 0;
    while (n < p->n && !p->all[n].is_proxy)
        n++;
    return n;
}

/* -- gateways -----------------------------------------------------------------------------------
 */

static struct bytes without_dot(struct bytes name)
{
    while (name.n > 0 && name.p[name.n - 1] == '.')
        name.n--;
    return name;
}

static void put_address(struct json_writer *j, struct bytes host, int64_t port, struct arena *arena)
{
    host = without_dot(host);
    json_put_str(
        j, arena_printf(arena, "%.*s:%lld", (int)host.n, (const char *)host.p, (long long)port));
}

/* By its name in DNS, if the listener has no hosts. */
static void put_own_address(struct consul_call *c, struct json_writer *j,
                            const struct gateway_binding *b, const char *domain)
{
    struct arena *arena = &c->face->scratch;
    const char *host = arena_printf(arena, "%.*s.ingress.%s.%s", (int)b->service.n,
                                    (const char *)b->service.p, c->face->self.datacenter, domain);
    put_address(j, bytes_str(host), b->port, arena);
}

static void put_addresses(struct consul_call *c, struct json_writer *j,
                          const struct gateway_binding *b)
{
    const struct consul_self *self = &c->face->self;
    for (size_t i = 0; i < b->hosts.n; i++)
        put_address(j, b->hosts.all[i], b->port, &c->face->scratch);
    if (b->hosts.n > 0)
        return;
    put_own_address(c, j, b, self->domain == NULL ? "consul" : self->domain);
    if (self->alt_domain != NULL && self->alt_domain[0] != 0)
        put_own_address(c, j, b, self->alt_domain);
}

static void put_gateway(struct consul_call *c, struct json_writer *j,
                        const struct ui_gateway *gateway)
{
    json_add_object(j, "GatewayConfig");
    if (gateway->service_n > 0)
        json_add_uint(j, "AssociatedServiceCount", gateway->service_n);
    if (gateway->address_n > 0) {
        json_add_array(j, "Addresses");
        for (size_t i = 0; i < gateway->address_n; i++)
            put_addresses(c, j, &gateway->addresses[i]);
        json_close_array(j);
    }
    json_close_object(j);
}

/* -- all of it ----------------------------------------------------------------------------------
 */

void ui_put_summary(struct consul_call *c, struct json_writer *j, struct bytes name,
                    const struct ui_pieces *p, const struct ui_gateway *gateway)
{
    struct arena *arena = &c->face->scratch;
    size_t instance_n = ui_instances(p);
    if (instance_n > 0 && p->all[0].row->service->extras.kind.n > 0)
        json_add_string(j, "Kind", p->all[0].row->service->extras.kind);
    json_add_string(j, "Name", name);
    json_add_str(j, "Datacenter", instance_n == 0 ? "" : c->face->self.datacenter);
    put_tags(j, p, instance_n, arena);
    put_nodes(j, p, instance_n, arena);
    put_sources(j, p, instance_n, arena);
    json_add_uint(j, "InstanceCount", instance_n);
    put_checks(j, p, arena);
    put_gateway(c, j, gateway);
    json_add_bool(j, "TransparentProxy", false); /* there are no transparent ones */
    json_add_bool(j, "ConnectNative", is_native(p, instance_n));
}
