/* Reading: select at a revision, filter, sort, cut; and the changes of the past. */
#include "test/unit/store/model/model.h"
#include "test/unit/store/model/model_state.h"

bool model_range_holds(struct bytes key, struct bytes end, struct bytes x)
{
    if (end.n == 0)
        return bytes_eq(key, x);
    if (bytes_cmp(x, key) < 0)
        return false;
    if (end.n == 1 && end.p[0] == 0)
        return true;
    return bytes_cmp(x, end) < 0;
}

enum err model_readable(const struct model *m, unsigned space, int64_t revision)
{
    if (revision <= 0)
        return OK;
    if ((uint64_t)revision > model_newest(m, space))
        return ERR_FUTURE;
    return (uint64_t)revision < m->spaces[space].compacted ? ERR_COMPACTED : OK;
}

static bool passes_filters(const struct model_range *r, const struct model_event *e)
{
    if (r->min_mod != 0 && (int64_t)e->mod < r->min_mod)
        return false;
    if (r->max_mod != 0 && (int64_t)e->mod > r->max_mod)
        return false;
    if (r->min_create != 0 && (int64_t)e->create < r->min_create)
        return false;
    return r->max_create == 0 || (int64_t)e->create <= r->max_create;
}

static int by_number(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int by_target(enum model_target target, const struct model_event *a,
                     const struct model_event *b)
{
    switch (target) {
    case MODEL_BY_KEY:
        return bytes_cmp(a->key, b->key);
    case MODEL_BY_VERSION:
        return by_number(a->version, b->version);
    case MODEL_BY_CREATE:
        return by_number(a->create, b->create);
    case MODEL_BY_MOD:
        return by_number(a->mod, b->mod);
    case MODEL_BY_VALUE:
        return bytes_cmp(a->value, b->value);
    }
    return 0;
}

/* The protocol leaves open how rows that sort alike stand to each other; members must agree, so
 * here it is by key, ascending whatever the target's direction. */
static int by_target_then_key(const struct model_range *r, const struct model_event *a,
                              const struct model_event *b)
{
    int order = by_target(r->target, a, b);
    if (order != 0)
        return r->order == MODEL_DESCEND ? -order : order;
    return bytes_cmp(a->key, b->key);
}

static void sort_rows(const struct model_range *r, const struct model_event **rows, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        const struct model_event *row = rows[i];
        size_t at = i;
        for (; at > 0 && by_target_then_key(r, rows[at - 1], row) > 0; at--)
            rows[at] = rows[at - 1];
        rows[at] = row;
    }
}

void model_select(const struct model *m, const struct model_range *range, uint64_t at,
                  struct arena *arena, struct model_rows *ret)
{
    const struct model_space *space = &m->spaces[range->space];
    struct model_rows r = { .rows = arena_zalloc(arena, space->key_n + 1,
                                                 sizeof(const struct model_event *)) };
    for (size_t i = 0; i < space->key_n; i++) {
        const struct model_event *e = model_key_at(&space->keys[i], at);
        if (e == NULL || !model_range_holds(range->key, range->end, e->key))
            continue;
        r.count++;
        if (!range->count_only && passes_filters(range, e))
            r.rows[r.row_n++] = e;
    }
    /* Without an order only the first keys are sorted, one above the limit; with filters all are.
     */
    bool filters = range->min_mod != 0 || range->max_mod != 0 || range->min_create != 0 ||
                   range->max_create != 0;
    if (range->order == MODEL_UNORDERED && !filters && range->limit > 0 &&
        r.row_n > (uint64_t)range->limit + 1)
        r.row_n = (size_t)range->limit + 1;
    sort_rows(range, r.rows, r.row_n);
    if (range->limit > 0 && r.row_n > (uint64_t)range->limit) {
        r.row_n = (size_t)range->limit;
        r.more = true;
    }
    *ret = r;
}

enum err model_read(const struct model *m, const struct model_range *range, struct arena *arena,
                    struct model_rows *ret)
{
    enum err e = model_readable(m, range->space, range->revision);
    if (e != OK)
        return e;
    uint64_t at = range->revision <= 0 ? UINT64_MAX : (uint64_t)range->revision;
    model_select(m, range, at, arena, ret);
    return OK;
}

enum err model_history(const struct model *m, unsigned space, struct bytes key, struct bytes end,
                       uint64_t from, struct arena *arena, const struct model_event ***ret,
                       size_t *ret_n)
{
    const struct model_space *s = &m->spaces[space];
    if (from < s->compacted)
        return ERR_COMPACTED;
    const struct model_event **events =
        arena_zalloc(arena, s->event_n + 1, sizeof(const struct model_event *));
    size_t n = 0;
    for (size_t i = 0; i < s->event_n; i++)
        if (s->events[i]->mod >= from && model_range_holds(key, end, s->events[i]->key))
            events[n++] = s->events[i];
    *ret = events;
    *ret_n = n;
    return OK;
}

/* A version can be read as long as a revision can be at which it stood: the last of them is the one
 * before EVENT's. One that was replaced within its own revision is read as long as that revision's
 * changes all are: above the compacted one. */
enum err model_prev(const struct model *m, const struct model_event *event,
                    const struct model_event **ret)
{
    if (event->prev_mod == 0)
        return ERR_NOT_FOUND;
    if (event->mod <= m->spaces[event->space].compacted)
        return ERR_COMPACTED;
    const struct model_key *key = model_key(m, event->space, event->key);
    size_t at = 0;
    while (key->events[at] != event)
        at++;
    *ret = key->events[at - 1];
    return OK;
}
