/* Changes of the past, in order: one scan of CHANGE for wide ranges, the chains of head rows for
 * narrow ones. Neither cuts a revision. */
#include "store/history.h"

#include <stdlib.h>

#include "store/lmdb_err.h"
#include "store/range.h"
#include "store/version.h"

struct collecting {
    const struct view *view;
    enum space space;
    struct arena *arena;
    struct event *events;
    size_t n, room;
    uint64_t bytes;
    size_t most;   /* versions of one key; what is left out ... */
    uint64_t upto; /* ... is at or after this revision */
};

enum { FEW_EVENTS = 64 };

static struct event *next_event(struct collecting *c)
{
    if (c->n == c->room) {
        c->room = c->room == 0 ? 16 : c->room * 2;
        struct event *events = arena_alloc(c->arena, c->room * sizeof *events);
        if (c->n > 0)
            memcpy(events, c->events, c->n * sizeof *events);
        c->events = events;
    }
    return &c->events[c->n++];
}

/* PREV_LIVES: what the version replaced was not a tombstone. */
static void add_event(struct collecting *c, struct bytes key, const struct row *row)
{
    bool replaced = row->deleted || row->version > 1;
    *next_event(c) = (struct event){
        .kind = row->deleted ? EVENT_DELETE : EVENT_PUT,
        .sub = row->place.sub,
        .kv = row_kv(c->space, key, row),
        .prev_mod = replaced ? row->prev.revision : 0,
    };
    c->bytes += key.n + row->value_n;
}

static enum err check_from(const struct view *view, enum space space, uint64_t from)
{
    return from < state_compacted(&view->state, space) ? ERR_COMPACTED : OK;
}

/* -- the scan --------------------------------------------------------------------------------- */

static enum err scan_from(struct collecting *c, uint64_t from, size_t max_events, size_t max_bytes,
                          uint64_t *ret_next)
{
    MDB_cursor *cursor;
    const struct view *v = c->view;
    enum err e = lmdb_err(mdb_cursor_open(v->txn, v->store->dbi[TABLE_CHANGE + c->space], &cursor));
    if (e != OK)
        return e;
    uint8_t p[PLACE_BYTES];
    place_write(p, (struct place){ .revision = from });
    MDB_val key = { .mv_size = sizeof p, .mv_data = p }, bytes;
    uint64_t current = 0;
    for (e = lmdb_err(mdb_cursor_get(cursor, &key, &bytes, MDB_SET_RANGE)); e == OK;
         e = lmdb_err(mdb_cursor_get(cursor, &key, &bytes, MDB_NEXT))) {
        struct row row;
        struct bytes whole;
        struct place place = place_read(key.mv_data);
        if (place.revision != current && (c->n >= max_events || c->bytes >= max_bytes)) {
            *ret_next = place.revision;
            break;
        }
        current = place.revision;
        e = change_row_read(place, lmdb_bytes(bytes), &row);
        if (e == OK)
            e = change_key(v, c->space, &row, c->arena, &whole);
        if (e != OK)
            break;
        add_event(c, whole, &row);
    }
    mdb_cursor_close(cursor);
    return e == ERR_NOT_FOUND ? OK : e;
}

enum err history_scan(const struct view *view, enum space space, uint64_t from, size_t max_events,
                      size_t max_bytes, struct arena *arena, struct history_batch *ret)
{
    struct collecting c = { .view = view, .space = space, .arena = arena };
    uint64_t next = state_revision(&view->state, space) + 1;
    enum err e = check_from(view, space, from);
    if (e == OK)
        e = scan_from(&c, from, max_events, max_bytes, &next);
    if (e == OK)
        *ret = (struct history_batch){ .events = c.events, .event_n = c.n, .next = next };
    return e;
}

/* -- chains ----------------------------------------------------------------------------------- */

/* The oldest version from FROM on in the chain of HEAD, which is one. */
static enum err find_oldest(struct collecting *c, const struct row *head, uint64_t from,
                            struct row *ret)
{
    struct row row = *head;
    enum err e = OK;
    while (e == OK && row.prev.revision >= from) {
        struct place next = row.jump.place.revision >= from ? row.jump.place : row.prev;
        e = change_get(c->view, c->space, next, &row);
    }
    *ret = row;
    return e;
}

/* The version of DEPTH; everything from there to HEAD is at or after FROM. */
static enum err find_depth(struct collecting *c, const struct row *head, uint64_t from,
                           uint32_t depth, struct row *ret)
{
    struct row row = *head;
    enum err e = OK;
    while (e == OK && row.depth > depth) {
        bool far = row.jump.place.revision >= from && row.jump.depth >= depth;
        e = change_get(c->view, c->space, far ? row.jump.place : row.prev, &row);
    }
    *ret = row;
    return e;
}

/* Where the chain is entered: at HEAD or, if it is longer than MOST, at the last version of the
 * revision in which MOST are reached; what is left out lowers C->upto. */
static enum err enter_chain(struct collecting *c, const struct row *head, uint64_t from,
                            struct row *ret)
{
    struct row oldest, last;
    enum err e = find_oldest(c, head, from, &oldest);
    *ret = *head;
    if (e != OK || head->depth - oldest.depth < c->most)
        return e;
    e = find_depth(c, head, from, oldest.depth + (uint32_t)c->most - 1, &last);
    uint64_t revision = last.place.revision;
    if (e == OK && revision < head->place.revision) {
        e = version_at(c->view, c->space, head, revision, ret);
        c->upto = revision + 1 < c->upto ? revision + 1 : c->upto;
    }
    return e;
}

/* The oldest versions of one key from FROM on. */
static enum err collect_chain(struct collecting *c, struct bytes key, const struct row *head,
                              uint64_t from)
{
    struct row row = *head;
    enum err e = OK;
    if (row.prev.revision >= from)
        e = enter_chain(c, head, from, &row);
    while (e == OK) {
        add_event(c, key, &row);
        if (row.prev.revision < from)
            break;
        e = change_get(c->view, c->space, row.prev, &row);
    }
    /* A version from FROM on that is not there is damage, never the end of a range. */
    return e == ERR_NOT_FOUND ? ERR_DAMAGED : e;
}

static int order_place(const void *a, const void *b)
{
    const struct event *x = a, *y = b;
    if (x->kv.mod != y->kv.mod)
        return x->kv.mod < y->kv.mod ? -1 : 1;
    return (x->sub > y->sub) - (x->sub < y->sub);
}

/* Sorts what was collected and keeps whole revisions below C->upto, up to the maxima; C->upto is
 * then the first revision that is not covered. */
static void sort_and_cut(struct collecting *c, size_t max_events, size_t max_bytes)
{
    uint64_t bytes = 0;
    if (c->n > 0)
        qsort(c->events, c->n, sizeof c->events[0], order_place);
    for (size_t i = 0; i < c->n; i++) {
        const struct event *e = &c->events[i];
        bool new_revision = i > 0 && e->kv.mod != c->events[i - 1].kv.mod;
        if (e->kv.mod >= c->upto || (new_revision && (i >= max_events || bytes >= max_bytes))) {
            c->upto = e->kv.mod < c->upto ? e->kv.mod : c->upto;
            c->n = i;
        }
        bytes += e->kv.key.n + e->kv.value.n;
    }
}

static enum err collect_key(struct collecting *c, struct bytes key, bool lasting,
                            struct bytes bytes, uint64_t from)
{
    struct row head;
    enum err e = head_row_read(bytes, &head);
    if (e != OK || head.place.revision < from)
        return e;
    if (c->n > FEW_EVENTS + 2 * c->most)
        sort_and_cut(c, c->most, SIZE_MAX);
    return collect_chain(c, lasting ? key : arena_dup(c->arena, key), &head, from);
}

static enum err collect_range(struct collecting *c, struct bytes key, struct bytes end,
                              uint64_t from, size_t max_keys)
{
    struct layered map = head_map(c->view, c->space);
    struct layered_cursor cursor;
    enum err e = layered_cursor_open(&map, &cursor);
    if (e == OK)
        e = layered_seek(&cursor, key);
    for (size_t n = 0; e == OK; e = layered_next(&cursor)) {
        if (!range_holds(key, end, layered_key(&cursor)))
            break;
        if (n++ == max_keys)
            e = ERR_TOO_BIG;
        else
            e = collect_key(c, layered_key(&cursor), layered_key_is_lent(&cursor), cursor.row,
                            from);
        if (e != OK)
            break;
    }
    layered_cursor_close(&cursor);
    return e == ERR_NOT_FOUND ? OK : e;
}

enum err history_range(const struct view *view, enum space space, struct bytes key,
                       struct bytes end, uint64_t from, size_t max_keys, size_t max_events,
                       size_t max_bytes, struct arena *arena, struct history_batch *ret)
{
    struct collecting c = { .view = view, .space = space, .arena = arena };
    struct layered map = head_map(view, space);
    struct bytes bytes;
    enum err e = check_from(view, space, from);
    from = from == 0 ? 1 : from; /* a predecessor of 0 is none */
    c.upto = state_revision(&view->state, space) + 1;
    c.most = max_events == 0 ? 1 : max_events < UINT32_MAX / 2 ? max_events : UINT32_MAX / 2;
    if (e == OK && end.n == 0) {
        e = layered_get(&map, key, &bytes);
        e = e == OK ? collect_key(&c, key, true, bytes, from) : e == ERR_NOT_FOUND ? OK : e;
    } else if (e == OK) {
        e = collect_range(&c, key, end, from, max_keys);
    }
    if (e != OK)
        return e;
    sort_and_cut(&c, max_events, max_bytes);
    *ret = (struct history_batch){ .events = c.events, .event_n = c.n, .next = c.upto };
    return OK;
}

enum err history_prev(const struct view *view, enum space space, const struct event *event,
                      struct arena *arena, struct kv *ret)
{
    if (event->prev_mod == 0)
        return ERR_NOT_FOUND;
    struct place place = { .revision = event->kv.mod, .sub = event->sub };
    struct row row, prev;
    /* It can be read as long as the revision before the event's can. */
    if (event->kv.mod - 1 < state_compacted(&view->state, space))
        return ERR_COMPACTED;
    enum err e = change_get(view, space, place, &row);
    if (e == OK)
        e = change_get(view, space, row.prev, &prev);
    if (e != OK)
        return e == ERR_NOT_FOUND ? ERR_COMPACTED : e;
    *ret = row_kv(space, arena_dup(arena, event->kv.key), &prev);
    return OK;
}
