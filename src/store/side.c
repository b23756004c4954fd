/* One layered table. */
#include "store/side.h"

#include "store/apply.h"
#include "store/apply_context.h"

static struct layered side_map(const struct view *v, uint32_t *next_layer)
{
    return (struct layered){ .txn = v->txn,
                             .dbi = v->store->dbi[TABLE_SIDE],
                             .next_layer = next_layer };
}

enum err side_get(const struct view *view, struct bytes key, struct bytes *ret)
{
    struct layered map = side_map(view, NULL);
    return layered_get(&map, key, ret);
}

enum err side_each(const struct view *view, struct bytes prefix,
                   bool (*each)(void *ctx, struct bytes key, struct bytes value), void *ctx)
{
    return side_each_from(view, prefix, prefix, each, ctx);
}

enum err side_each_from(const struct view *view, struct bytes prefix, struct bytes from,
                        bool (*each)(void *ctx, struct bytes key, struct bytes value), void *ctx)
{
    struct layered map = side_map(view, NULL);
    struct layered_cursor c;
    enum err e = layered_cursor_open(&map, &c);
    if (e == OK)
        e = layered_seek(&c, from);
    for (; e == OK; e = layered_next(&c)) {
        struct bytes key = layered_key(&c);
        if (!bytes_starts(key, prefix) || !each(ctx, key, c.row))
            break;
    }
    layered_cursor_close(&c);
    return e == ERR_NOT_FOUND ? OK : e;
}

/* -- while a command is applied --------------------------------------------------------------- */

static struct apply *of_context(struct apply_context *c)
{
    return (struct apply *)c;
}

/* A page of the table and the paths to it, at most. */
static void note_side_growth(struct apply *a, struct bytes key, struct bytes value)
{
    enum { PAGES = 2 * 4096 };
    a->grown_bytes += PAGES + 2 * (key.n + value.n);
    a->others_touched = true;
    a->upper_rows++;
}

enum err apply_side_put(struct apply_context *c, struct bytes key, struct bytes value)
{
    struct apply *a = of_context(c);
    struct layered map = side_map(&a->view, &a->view.state.next_layer);
    if (value.n > SIDE_VALUE_MAX)
        return ERR_TOO_BIG;
    note_side_growth(a, key, value);
    return layered_put(&map, key, value);
}

enum err apply_side_remove(struct apply_context *c, struct bytes key)
{
    struct apply *a = of_context(c);
    struct layered map = side_map(&a->view, NULL);
    note_side_growth(a, key, (struct bytes){ 0 });
    return layered_remove(&map, key);
}
