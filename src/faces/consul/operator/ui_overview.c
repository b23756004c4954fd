/* /v1/internal/ui/catalog-overview: how many there are of each state. */
#include <stdlib.h>

#include "faces/consul/call/answer.h"
#include "faces/consul/call/core.h"
#include "faces/consul/call/gate.h"
#include "faces/consul/operator/ui.h"
#include "faces/consul/rows/lookup.h"

struct counts {
    uint64_t passing, warning, critical;
};

static void count(enum status status, struct counts *counts)
{
    counts->passing += status == STATUS_UP;
    counts->warning += status == STATUS_SUSPECT;
    counts->critical += status != STATUS_UP && status != STATUS_SUSPECT;
}

/* As bad as the worst of its checks. */
static enum status worst_of(const struct consul_check_list *list)
{
    struct counts counts = { 0 };
    for (size_t i = 0; i < list->n; i++)
        count(list->all[i].row.status, &counts);
    return counts.critical > 0 ? STATUS_DOWN : counts.warning > 0 ? STATUS_SUSPECT : STATUS_UP;
}

static void put_counts(struct json_writer *j, struct bytes name, const struct counts *counts)
{
    json_open_object(j);
    if (name.n > 0)
        json_add_string(j, "Name", name);
    json_add_uint(j, "Total", counts->passing + counts->warning + counts->critical);
    json_add_uint(j, "Passing", counts->passing);
    json_add_uint(j, "Warning", counts->warning);
    json_add_uint(j, "Critical", counts->critical);
    json_close_object(j);
}

static enum err put_nodes(struct consul_call *c, const struct consul_rows *rows,
                          struct json_writer *j)
{
    const struct consul_node_list *nodes = &consul_lookup_of(c)->nodes;
    struct counts counts = { 0 };
    for (size_t i = 0; i < nodes->n; i++) {
        struct consul_check_list list;
        enum err e = consul_node_checks_read(rows, &nodes->all[i], &list);
        if (e != OK)
            return e;
        count(worst_of(&list), &counts);
    }
    json_add_array(j, "Nodes");
    put_counts(j, bytes_str(""), &counts);
    json_close_array(j);
    return OK;
}

/* The list is by name. */
static void put_services(struct consul_call *c, struct json_writer *j)
{
    const struct consul_service_list *list = &consul_lookup_of(c)->services;
    json_add_array(j, "Services");
    for (size_t at = 0, end; at < list->n; at = end) {
        struct counts counts = { 0 };
        for (end = at; end < list->n && bytes_eq(list->all[end].name, list->all[at].name); end++)
            count(worst_of(&list->all[end].checks), &counts);
        put_counts(j, list->all[at].name, &counts);
    }
    json_close_array(j);
}

/* -- checks by name -----------------------------------------------------------------------------
 */

struct named {
    struct bytes name;
    enum status status;
};

struct named_list {
    struct named *all;
    size_t n, room;
    struct arena *arena;
};

static int compare_named(const void *a, const void *b)
{
    const struct named *x = a, *y = b;
    return bytes_cmp(x->name, y->name);
}

static void take(struct named_list *to, const struct consul_check_list *from)
{
    if (to->n + from->n > to->room) {
        to->room = 2 * (to->n + from->n) + 64;
        struct named *more = arena_zalloc(to->arena, to->room, sizeof *more);
        if (to->n > 0)
            memcpy(more, to->all, to->n * sizeof *more);
        to->all = more;
    }
    for (size_t i = 0; i < from->n; i++)
        to->all[to->n++] = (struct named){ from->all[i].row.name, from->all[i].row.status };
}

static enum err put_checks(struct consul_call *c, const struct consul_rows *rows,
                           struct json_writer *j)
{
    const struct consul_lookup *l = consul_lookup_of(c);
    struct named_list all = { .arena = rows->arena };
    for (size_t i = 0; i < l->nodes.n; i++) {
        struct consul_check_list list;
        enum err e = consul_node_checks_read(rows, &l->nodes.all[i], &list);
        if (e != OK)
            return e;
        take(&all, &list);
    }
    for (size_t i = 0; i < l->services.n; i++)
        take(&all, &l->services.all[i].checks);
    if (all.n > 0)
        qsort(all.all, all.n, sizeof *all.all, compare_named);
    json_add_array(j, "Checks");
    for (size_t at = 0, end; at < all.n; at = end) {
        struct counts counts = { 0 };
        for (end = at; end < all.n && bytes_eq(all.all[end].name, all.all[at].name); end++)
            count(all.all[end].status, &counts);
        put_counts(j, all.all[at].name, &counts);
    }
    json_close_array(j);
    return OK;
}

static void answer(struct consul_call *c, const struct view *view)
{
    struct consul_rows rows = consul_rows_of(c, view);
    struct json_writer *j = consul_json(c);
    json_open_object(j);
    enum err e = put_nodes(c, &rows, j);
    put_services(c, j);
    if (e == OK)
        e = put_checks(c, &rows, j);
    json_close_object(j);
    if (e != OK)
        consul_fail(c, e);
    else
        consul_answer_json(c, 200);
}

void consul_ui_overview(struct consul_call *c)
{
    static const struct consul_query query = { consul_ui_index, answer };
    consul_lookup_new(c);
    if (consul_grant(c, ACCESS_READ, ACCESS_OPERATOR, bytes_str("")))
        consul_query(c, &query);
}
