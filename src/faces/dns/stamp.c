/* A thing is a letter and runs: `s` namespace, group, name; `n` namespace, node; `t` namespace,
 * number of a table. PRINT is a hash of
 * the indexes in the order of the list: no secret, since nobody chooses revisions. */
#include "faces/dns/stamp.h"

#include "base/rd.h"
#include "catalog/index.h"

enum { THINGS_MAX = 4 << 20 };

static enum err table_index(const struct view *view, struct bytes ns, struct bytes table,
                            uint64_t *ret)
{
    struct registry_tables tables;
    if (table.n != 1 || table.p[0] >= REGISTRY_TABLES)
        return ERR_MALFORMED;
    enum err e = registry_tables_get(view, ns, &tables);
    if (e == OK)
        *ret = tables.last[table.p[0]];
    return e;
}

static enum err index_of(struct rd *r, const struct view *view, uint64_t *ret)
{
    uint8_t kind = rd_u8(r);
    struct bytes ns = rd_run(r), first = rd_run(r);
    struct service_id id = { .ns = ns, .group = first };
    struct service_state state = { .revision = 0 };
    if (kind == 'n')
        return node_index(view, ns, first, ret);
    if (kind == 't')
        return table_index(view, ns, first, ret);
    id.name = rd_run(r);
    enum err e = service_state_get(view, &id, &state);
    *ret = state.revision;
    return e == ERR_NOT_FOUND ? OK : e;
}

static enum err make_print(struct bytes things, const struct view *view, uint64_t *print)
{
    struct rd r;
    rd_init(&r, things);
    while (r.left.n > 0 && r.err == OK) {
        uint64_t index;
        enum err e = index_of(&r, view, &index);
        if (e != OK)
            return e;
        *print = (*print ^ index) * UINT64_C(1099511628211);
    }
    return r.err;
}

bool dns_stamp_holds(struct bytes things, uint64_t print, const struct view *view)
{
    uint64_t now = 0;
    return make_print(things, view, &now) == OK && now == print;
}

static void add_things(struct dns_stamp *s, const struct view *view, struct buf *more,
                       struct arena *arena)
{
    if (buf_err(more) != OK || more->n > THINGS_MAX - s->things.n ||
        make_print(buf_bytes(more), view, &s->print) != OK)
        s->is_lost = true;
    if (s->is_lost)
        return;
    uint8_t *all = arena_alloc(arena, s->things.n + more->n);
    if (s->things.n > 0)
        memcpy(all, s->things.p, s->things.n);
    memcpy(all + s->things.n, more->p, more->n);
    s->things = bytes_of(all, s->things.n + more->n);
}

static void put_node(struct buf *out, struct bytes ns, struct bytes node)
{
    buf_put_u8(out, 'n');
    buf_put_run(out, ns);
    buf_put_run(out, node);
}

void dns_stamp_service(struct dns_stamp *s, const struct view *view, const struct service_id *id,
                       const struct service_rows *rows, struct arena *arena)
{
    struct buf things;
    struct bytes last = { 0 };
    buf_init(&things, THINGS_MAX);
    buf_put_u8(&things, 's');
    buf_put_run(&things, id->ns);
    buf_put_run(&things, id->group);
    buf_put_run(&things, id->name);
    for (size_t i = 0; i < rows->published_n; i++) {
        struct bytes node = rows->published[i].said.node;
        if (node.n > 0 && !bytes_eq(node, last)) /* a node's publications stand together */
            put_node(&things, id->ns, node);
        last = node;
    }
    add_things(s, view, &things, arena);
    buf_fini(&things);
}

void dns_stamp_node(struct dns_stamp *s, const struct view *view, struct bytes ns,
                    struct bytes node, struct arena *arena)
{
    struct buf things;
    buf_init(&things, THINGS_MAX);
    put_node(&things, ns, node);
    add_things(s, view, &things, arena);
    buf_fini(&things);
}

void dns_stamp_table(struct dns_stamp *s, const struct view *view, struct bytes ns,
                     enum registry_table table, struct arena *arena)
{
    const uint8_t number = (uint8_t)table;
    struct buf things;
    buf_init(&things, THINGS_MAX);
    buf_put_u8(&things, 't');
    buf_put_run(&things, ns);
    buf_put_run(&things, bytes_of(&number, 1));
    add_things(s, view, &things, arena);
    buf_fini(&things);
}
