/* Lists that double in an arena. */
#include "catalog/rows.h"

#include "base/rd.h"

struct growing {
    struct arena *arena;
    struct rows rows;
    size_t room;
};

static bool add(void *ctx, struct bytes key, const struct draft_row *row)
{
    struct growing *g = ctx;
    struct rows *r = &g->rows;
    if (r->n == g->room) {
        g->room = g->room == 0 ? 8 : g->room * 2;
        struct keyed_row *all = arena_alloc(g->arena, g->room * sizeof *all);
        if (r->n > 0)
            memcpy(all, r->all, r->n * sizeof *all);
        r->all = all;
    }
    r->all[r->n++] = (struct keyed_row){ .key = key, .row = *row };
    return true;
}

static bool add_side(void *ctx, struct bytes key, struct bytes value)
{
    struct draft_row row = { .value = value };
    return add(ctx, key, &row);
}

enum err rows_read(const struct draft *d, struct bytes prefix, struct rows *ret)
{
    struct growing g = { .arena = draft_arena(d) };
    enum err e = draft_each(d, SPACE_CATALOG, prefix, add, &g);
    if (e == OK)
        *ret = g.rows;
    return e;
}

enum err side_rows_read(const struct draft *d, struct bytes prefix, struct rows *ret)
{
    struct growing g = { .arena = draft_arena(d) };
    enum err e = draft_side_each(d, prefix, add_side, &g);
    if (e == OK)
        *ret = g.rows;
    return e;
}

/* A stored row is what `check` let in, so what its reader does not take is damage. */
enum err rows_damage(enum err e)
{
    return e == OK || e == ERR_VERSION ? e : ERR_DAMAGED;
}

/* -- what is published from a node ------------------------------------------------------------ */

void from_node_row_write(const struct from_node_row *row, struct buf *out)
{
    buf_put_run(out, row->service.group);
    buf_put_run(out, row->service.name);
    buf_put_run(out, row->address);
}

enum err from_node_row_read(struct bytes bytes, struct bytes ns, struct from_node_row *ret)
{
    struct rd r;
    struct from_node_row row = { .service.ns = ns };
    rd_init(&r, bytes);
    row.service.group = rd_run(&r);
    row.service.name = rd_run(&r);
    row.address = rd_run(&r);
    if (rd_end(&r) != OK)
        return ERR_DAMAGED;
    *ret = row;
    return OK;
}

enum err from_node_in_draft(const struct draft *d, struct bytes ns, const struct owner *owner,
                            struct from_node_row *ret)
{
    enum { KEY_BYTES = 64 * 1024 };
    struct buf key;
    struct bytes row;
    buf_init(&key, KEY_BYTES);
    from_node_key(ns, owner, &key);
    enum err e = draft_side_get(d, buf_bytes(&key), &row);
    buf_fini(&key);
    return e == OK ? from_node_row_read(row, ns, ret) : e;
}
