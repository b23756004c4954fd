/* A list that doubles in an arena. */
#include "catalog/draft_keys.h"

struct growing {
    struct arena *arena;
    struct draft_keys keys;
    size_t room;
};

static bool add_key(void *ctx, struct bytes key, struct bytes value)
{
    struct growing *g = ctx;
    struct draft_keys *keys = &g->keys;
    if (keys->n == g->room) {
        g->room = g->room == 0 ? 16 : g->room * 2;
        struct bytes *all = arena_alloc(g->arena, g->room * sizeof *all);
        if (keys->n > 0)
            memcpy(all, keys->all, keys->n * sizeof *all);
        keys->all = all;
    }
    keys->all[keys->n++] = key;
    return true;
}

enum err draft_side_keys(const struct draft *d, struct bytes prefix, struct draft_keys *ret)
{
    struct growing g = { .arena = draft_arena(d) };
    enum err e = draft_side_each(d, prefix, add_key, &g);
    if (e == OK)
        *ret = g.keys;
    return e;
}

static bool add_row_key(void *ctx, struct bytes key, const struct draft_row *row)
{
    return add_key(ctx, key, row->value);
}

enum err draft_space_keys(const struct draft *d, enum space space, struct bytes prefix,
                          struct draft_keys *ret)
{
    struct growing g = { .arena = draft_arena(d) };
    enum err e = draft_each(d, space, prefix, add_row_key, &g);
    if (e == OK)
        *ret = g.keys;
    return e;
}
