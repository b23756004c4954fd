/* A row of health/service, read and shown. */
#include "faces/consul/rows/health_row.h"

#include "faces/consul/call/core.h"
#include "faces/consul/rows/show.h"

static enum err read_node_checks(const struct consul_rows *rows, const struct consul_node *node,
                                 struct consul_node_checks *memo)
{
    if (memo->node == node)
        return OK;
    memo->node = node;
    return consul_node_checks_read(rows, node, &memo->list);
}

enum err consul_health_row_read(const struct consul_rows *rows, const struct consul_service *s,
                                struct consul_node_checks *memo, struct consul_health_row *ret)
{
    enum err e = read_node_checks(rows, s->node, memo);
    if (e != OK)
        return e;
    size_t n = memo->list.n + s->checks.n;
    struct consul_check *all = arena_zalloc(rows->arena, n, sizeof *all);
    for (size_t i = 0; i < n; i++)
        all[i] = i < memo->list.n ? memo->list.all[i] : s->checks.all[i - memo->list.n];
    *ret = (struct consul_health_row){ .service = s, .checks = { all, n } };
    return OK;
}

void consul_health_row_show(struct consul_call *c, struct json_writer *j,
                            const struct consul_health_row *row)
{
    json_open_object(j);
    json_put_name(j, "Node");
    consul_show_node(j, row->service->node, c->face->self.datacenter);
    json_put_name(j, "Service");
    consul_show_node_service(j, row->service);
    json_put_name(j, "Checks");
    consul_show_checks(j, &row->checks);
    json_close_object(j);
}
