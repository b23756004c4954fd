/* Rows touched so far, by table and key in a skip list, and in the order in which they were first
 * touched. Heights come out of a generator with a fixed beginning: they decide nothing but speed.
 */
#include "catalog/draft.h"

#include "catalog/key.h"
#include "store/side.h"

enum { HEIGHT_MAX = 16, TABLE_SIDE_ROWS = SPACES, PAGE_BYTES = 256 * 1024 };

struct touched {
    unsigned table; /* a space, or TABLE_SIDE_ROWS */
    struct bytes key;
    struct draft_row row; /* unless it is removed */
    bool there;           /* before the draft */
    uint64_t create;      /* then */
    bool removed;
    bool began_anew; /* removed, then put */
    bool put;        /* else it is as it was, but for its lease */
    struct touched *later;
    unsigned height;
    struct touched *next[]; /* HEIGHT of them */
};

struct draft {
    const struct view *view;
    struct arena *arena;
    uint64_t revision;
    struct touched *first, **last; /* in order of touch */
    struct touched *heads[HEIGHT_MAX];
    uint64_t dice;
    struct touched *written; /* the next to write, once WRITING */
    bool writing;
};

struct draft *draft_new(const struct view *view, struct arena *arena)
{
    struct draft *d = arena_zalloc(arena, 1, sizeof *d);
    *d = (struct draft){ .view = view,
                         .arena = arena,
                         .revision = view_revision(view) + 1,
                         .dice = 0x9e3779b97f4a7c15 };
    d->last = &d->first;
    return d;
}

struct draft *draft_for(struct apply_context *c, struct arena *arena)
{
    struct draft *d = draft_new(apply_view(c), arena);
    d->revision = apply_next_revision(c);
    return d;
}

uint64_t draft_revision(const struct draft *d)
{
    return d->revision;
}

const struct view *draft_view(const struct draft *d)
{
    return d->view;
}

struct arena *draft_arena(const struct draft *d)
{
    return d->arena;
}

/* -- the list --------------------------------------------------------------------------------- */

static int cmp(const struct touched *t, unsigned table, struct bytes key)
{
    if (t->table != table)
        return t->table < table ? -1 : 1;
    return bytes_cmp(t->key, key);
}

/* The first row at or above KEY; with LINKS, where each height's link to it stands. */
static struct touched *seek(const struct draft *d, unsigned table, struct bytes key,
                            struct touched *const **links)
{
    struct touched *const *next = d->heads;
    for (unsigned h = HEIGHT_MAX; h-- > 0;) {
        while (next[h] != NULL && cmp(next[h], table, key) < 0)
            next = next[h]->next;
        if (links != NULL)
            links[h] = &next[h];
    }
    return next[0];
}

static struct touched *find(const struct draft *d, unsigned table, struct bytes key)
{
    struct touched *t = seek(d, table, key, NULL);
    return t != NULL && cmp(t, table, key) == 0 ? t : NULL;
}

static unsigned draw_height(struct draft *d)
{
    d->dice ^= d->dice << 13;
    d->dice ^= d->dice >> 7;
    d->dice ^= d->dice << 17;
    unsigned h = 1;
    for (uint64_t bits = d->dice; h < HEIGHT_MAX && (bits & 3) == 0; bits >>= 2)
        h++;
    return h;
}

/* -- what stands ------------------------------------------------------------------------------ */

static enum err make_row(const struct draft *d, const struct kv *kv, struct draft_row *ret)
{
    struct draft_row row = { .lease = kv->lease, .create = kv->create, .mod = kv->mod };
    enum err e = value_whole(d->view, &kv->value, d->arena, &row.value);
    if (e == OK)
        *ret = row;
    return e;
}

static enum err get_standing(const struct draft *d, enum space space, struct bytes key,
                             struct kv *ret)
{
    enum err e = range_get(d->view, space, key, 0, d->arena, ret);
    return e == ERR_KEY_NOT_FOUND ? ERR_NOT_FOUND : e;
}

enum err draft_get(const struct draft *d, enum space space, struct bytes key, struct draft_row *ret)
{
    struct kv kv;
    const struct touched *t = find(d, space, key);
    if (t != NULL) {
        if (t->removed)
            return ERR_NOT_FOUND;
        *ret = t->row;
        return OK;
    }
    enum err e = get_standing(d, space, key, &kv);
    return e == OK ? make_row(d, &kv, ret) : e;
}

enum err draft_side_get(const struct draft *d, struct bytes key, struct bytes *ret)
{
    const struct touched *t = find(d, TABLE_SIDE_ROWS, key);
    if (t == NULL)
        return side_get(d->view, key, ret);
    if (t->removed)
        return ERR_NOT_FOUND;
    *ret = t->row.value;
    return OK;
}

/* -- touching --------------------------------------------------------------------------------- */

static void note_standing(const struct draft *d, struct touched *t)
{
    struct kv kv;
    struct bytes value;
    if (t->table == TABLE_SIDE_ROWS) {
        t->there = side_get(d->view, t->key, &value) == OK;
        return;
    }
    t->there = get_standing(d, (enum space)t->table, t->key, &kv) == OK;
    t->create = t->there ? kv.create : 0;
}

static struct touched *touch(struct draft *d, unsigned table, struct bytes key)
{
    struct touched *const *links[HEIGHT_MAX];
    struct touched *at = seek(d, table, key, links);
    if (at != NULL && cmp(at, table, key) == 0)
        return at;
    unsigned height = draw_height(d);
    struct touched *t = arena_alloc(d->arena, sizeof *t + height * sizeof *t->next);
    *t = (struct touched){
        .table = table, .key = arena_dup(d->arena, key), .removed = true, .height = height
    };
    note_standing(d, t);
    for (unsigned h = 0; h < height; h++) {
        struct touched **link = (struct touched **)(uintptr_t)links[h];
        t->next[h] = *link;
        *link = t;
    }
    *d->last = t;
    d->last = &t->later;
    return t;
}

static struct touched *touch_put(struct draft *d, unsigned table, struct bytes key,
                                 struct bytes value)
{
    const struct touched *before = find(d, table, key);
    bool was_removed = before != NULL && before->removed;
    struct touched *t = touch(d, table, key);
    t->began_anew |= was_removed && t->there;
    t->removed = false;
    t->put = true;
    t->row.value = arena_dup(d->arena, value);
    return t;
}

void draft_put(struct draft *d, enum space space, struct bytes key, struct bytes value,
               int64_t lease)
{
    struct touched *t = touch_put(d, space, key, value);
    t->row.lease = lease;
    t->row.mod = draft_revision(d);
    t->row.create = t->there && !t->began_anew ? t->create : draft_revision(d);
}

enum err draft_attach(struct draft *d, enum space space, struct bytes key, int64_t lease)
{
    struct draft_row row;
    enum err e = draft_get(d, space, key, &row);
    if (e != OK)
        return e;
    struct touched *t = touch(d, space, key);
    t->removed = false;
    t->row = row;
    t->row.lease = lease;
    return OK;
}

void draft_remove(struct draft *d, enum space space, struct bytes key)
{
    touch(d, space, key)->removed = true;
}

void draft_side_put(struct draft *d, struct bytes key, struct bytes value)
{
    touch_put(d, TABLE_SIDE_ROWS, key, value)->began_anew = false;
}

void draft_side_remove(struct draft *d, struct bytes key)
{
    touch(d, TABLE_SIDE_ROWS, key)->removed = true;
}

/* -- ranges: what stands, merged with what was touched ---------------------------------------- */

struct merge {
    const struct draft *d;
    unsigned table;
    struct bytes prefix;
    struct touched *next; /* of those touched */
    bool (*each)(void *ctx, struct bytes key, const struct draft_row *row);
    bool (*each_side)(void *ctx, struct bytes key, struct bytes value);
    void *ctx;
    bool ended;
};

static void give(struct merge *m, struct bytes key, const struct draft_row *row)
{
    bool goes_on = m->table == TABLE_SIDE_ROWS ? m->each_side(m->ctx, key, row->value)
                                               : m->each(m->ctx, key, row);
    m->ended |= !goes_on;
}

/* Gives what was touched below KEY; all that is left if KEY.p is NULL. */
static void give_touched(struct merge *m, struct bytes key)
{
    for (; !m->ended && m->next != NULL; m->next = m->next->next[0]) {
        const struct touched *t = m->next;
        if (t->table != m->table || !bytes_starts(t->key, m->prefix))
            return;
        if (key.p != NULL && bytes_cmp(t->key, key) >= 0)
            return;
        if (!t->removed)
            give(m, t->key, &t->row);
    }
}

/* True if the row that stands at KEY is to be given: nothing was done to it. */
static bool is_untouched(struct merge *m, struct bytes key)
{
    give_touched(m, key);
    return !m->ended && (m->next == NULL || cmp(m->next, m->table, key) != 0);
}

static struct merge begin(const struct draft *d, unsigned table, struct bytes prefix, void *ctx)
{
    return (struct merge){
        .d = d, .table = table, .prefix = prefix, .next = seek(d, table, prefix, NULL), .ctx = ctx
    };
}

/* The rows of one page from FROM on; leaves there where the next begins. */
static enum err merge_page(struct merge *m, struct buf *from, struct bytes end, bool *ret_more)
{
    struct range_query query = { .space = (enum space)m->table,
                                 .key = buf_bytes(from),
                                 .end = end,
                                 .budget_bytes = PAGE_BYTES };
    struct range_result page;
    enum err e = range_read(m->d->view, &query, m->d->arena, &page);
    *ret_more = e == OK && page.over_budget;
    for (size_t i = 0; e == OK && i < page.kv_n && !m->ended; i++) {
        struct draft_row row;
        if (!is_untouched(m, page.kvs[i].key))
            continue;
        e = make_row(m->d, &page.kvs[i], &row);
        if (e == OK)
            give(m, page.kvs[i].key, &row);
    }
    if (e == OK && *ret_more) {
        buf_clear(from, PAGE_BYTES);
        buf_put_bytes(from, page.kvs[page.kv_n - 1].key);
        buf_put_u8(from, 0); /* the next key that can be */
    }
    return e;
}

enum err draft_each(const struct draft *d, enum space space, struct bytes prefix,
                    bool (*each)(void *ctx, struct bytes key, const struct draft_row *row),
                    void *ctx)
{
    struct merge m = begin(d, space, prefix, ctx);
    struct buf from, end;
    bool more = true;
    enum err e = OK;
    m.each = each;
    buf_init(&from, SIZE_MAX / 2);
    buf_init(&end, SIZE_MAX / 2);
    buf_put_bytes(&from, prefix);
    prefix_end(prefix, &end);
    while (e == OK && more && !m.ended)
        e = merge_page(&m, &from, buf_bytes(&end), &more);
    buf_fini(&from);
    buf_fini(&end);
    if (e == OK)
        give_touched(&m, (struct bytes){ 0 });
    return e;
}

static bool merge_side(void *ctx, struct bytes key, struct bytes value)
{
    struct merge *m = ctx;
    struct draft_row row = { .value = value };
    if (is_untouched(m, key))
        give(m, arena_dup(m->d->arena, key), &row);
    return !m->ended;
}

enum err draft_side_each(const struct draft *d, struct bytes prefix,
                         bool (*each)(void *ctx, struct bytes key, struct bytes value), void *ctx)
{
    struct merge m = begin(d, TABLE_SIDE_ROWS, prefix, ctx);
    m.each_side = each;
    enum err e = side_each(d->view, prefix, merge_side, &m);
    if (e == OK)
        give_touched(&m, (struct bytes){ 0 });
    return e;
}

/* -- writing ---------------------------------------------------------------------------------- */

static bool is_change(const struct touched *t)
{
    return t->table != TABLE_SIDE_ROWS && (t->removed ? t->there : t->put);
}

bool draft_changes(const struct draft *d)
{
    for (const struct touched *t = d->first; t != NULL; t = t->later)
        if (is_change(t))
            return true;
    return false;
}

void draft_each_change(const struct draft *d,
                       void (*each)(void *ctx, enum space space, struct bytes key), void *ctx)
{
    for (const struct touched *t = d->first; t != NULL; t = t->later)
        if (is_change(t))
            each(ctx, (enum space)t->table, t->key);
}

static enum err write_side(const struct touched *t, struct apply_context *c)
{
    if (!t->removed)
        return apply_side_put(c, t->key, t->row.value);
    return t->there ? apply_side_remove(c, t->key) : OK;
}

static enum err write_row(const struct touched *t, struct apply_context *c)
{
    enum space space = (enum space)t->table;
    enum err e = OK;
    if (t->there && (t->removed || t->began_anew))
        e = apply_remove(c, space, t->key);
    if (!t->removed && !t->put)
        return apply_attach(c, space, t->key, t->row.lease);
    if (e == OK && !t->removed)
        e = apply_put(c, space, t->key, t->row.value, t->row.lease);
    return e;
}

enum err draft_write(struct draft *d, struct apply_context *c, uint64_t *rows, bool *ret_done)
{
    enum err e = OK;
    if (!d->writing)
        d->written = d->first;
    d->writing = true;
    for (; e == OK && d->written != NULL && *rows > 0; d->written = d->written->later, --*rows)
        e = d->written->table == TABLE_SIDE_ROWS ? write_side(d->written, c)
                                                 : write_row(d->written, c);
    *ret_done = d->written == NULL;
    return e;
}
