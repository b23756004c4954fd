/* /v1/internal/ui/services: each service in a few numbers. What counts for a service are its
 * instances and the proxies that stand in front of it. */
#include <stdlib.h>

#include "base/text.h"
#include "faces/consul/call/answer.h"
#include "faces/consul/call/core.h"
#include "faces/consul/call/gate.h"
#include "faces/consul/operator/ui.h"
#include "faces/consul/operator/ui_summary.h"
#include "faces/consul/rows/lookup.h"
#include "faces/consul/rows/mesh.h"

/* -- gathering ----------------------------------------------------------------------------------
 */

static int compare_pieces(const void *a, const void *b)
{
    const struct ui_piece *x = a, *y = b;
    int order = bytes_cmp(x->name, y->name);
    if (order == 0)
        order = (int)x->is_proxy - (int)y->is_proxy;
    return order;
}

static void add(struct ui_pieces *to, struct bytes name, const struct consul_health_row *row,
                bool is_proxy)
{
    to->all[to->n++] = (struct ui_piece){ name, row, is_proxy };
}

/* All that is to be seen, by the service that it counts for. */
static enum err gather(struct consul_call *c, const struct view *view, struct ui_pieces *ret)
{
    const struct consul_service_list *list = &consul_lookup_of(c)->services;
    struct consul_rows from = consul_rows_of(c, view);
    struct consul_node_checks memo = { .node = NULL };
    struct consul_health_row *rows = arena_zalloc(from.arena, list->n + 1, sizeof *rows);
    *ret = (struct ui_pieces){ .all = arena_zalloc(from.arena, 2 * list->n + 1, sizeof *ret->all) };
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

/* -- a service ----------------------------------------------------------------------------------
 */

/* P are those of one service, instances first. */
static void put_service(struct consul_call *c, struct json_writer *j, const struct ui_pieces *p,
                        const struct gateway_bindings *bindings)
{
    size_t instance_n = ui_instances(p);
    struct ui_gateway gateway = { .service_n = 0 };
    bool is_bound = false;
    if (instance_n == 0)
        return; /* proxies of what is not registered */
    struct bytes name = p->all[0].row->service->name;
    for (size_t i = 0; i < bindings->n; i++) {
        gateway.service_n += text_eq_nocase(bindings->all[i].gateway, name);
        is_bound = is_bound || text_eq_nocase(bindings->all[i].service, name);
    }
    json_open_object(j);
    ui_put_summary(c, j, name, p, &gateway);
    json_add_bool(j, "ConnectedWithProxy", instance_n < p->n);
    json_add_bool(j, "ConnectedWithGateway", is_bound);
    json_close_object(j);
}

static void answer(struct consul_call *c, const struct view *view)
{
    struct json_writer *j = consul_json(c);
    struct gateway_bindings bindings;
    struct ui_pieces all;
    enum err e = gather(c, view, &all);
    if (e == OK)
        e = consul_gateway_bindings(view, bytes_str(""), &c->face->scratch, &bindings);
    if (e != OK) {
        consul_fail(c, e);
        return;
    }
    json_open_array(j);
    for (size_t at = 0, end; at < all.n; at = end) {
        for (end = at; end < all.n && bytes_eq(all.all[end].name, all.all[at].name);)
            end++;
        struct ui_pieces one = { &all.all[at], end - at };
        put_service(c, j, &one, &bindings);
    }
    json_close_array(j);
    consul_answer_filtered(c);
}

void consul_ui_services(struct consul_call *c)
{
    static const struct consul_query query = { consul_ui_index_all, answer };
    consul_lookup_new(c);
    if (consul_grant_open(c) && consul_filter_begin(c, &consul_health_schema))
        consul_query(c, &query);
}
