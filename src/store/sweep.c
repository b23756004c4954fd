/* Takes away what compactions have made unreadable, a piece at a time.
 *
 * Changes are looked at once, in order, up to the compacted revision C: each removes its
 * predecessor; a delete below C goes itself, with its tombstone; a delete exactly at C stays for a
 * watch from C and goes with the next compaction. What is read at C or above is never touched. */
#include "store/apply.h"
#include "store/lmdb_err.h"
#include "store/piece.h"
#include "store/store.h"

/* Removes the change at PLACE; one that is gone already is no error. */
static enum err remove_change(const struct view *v, enum space space, struct place place)
{
    MDB_cursor *cursor;
    enum err e = lmdb_err(mdb_cursor_open(v->txn, v->store->dbi[TABLE_CHANGE + space], &cursor));
    if (e != OK)
        return e;
    uint8_t p[PLACE_BYTES];
    place_write(p, place);
    MDB_val key = { .mv_size = sizeof p, .mv_data = p }, bytes;
    bool pieces = false;
    e = lmdb_err(mdb_cursor_get(cursor, &key, &bytes, MDB_SET_KEY));
    if (e == OK) {
        struct row row;
        e = change_row_read(place, lmdb_bytes(bytes), &row);
        pieces = row.value_in_pieces || row.key_in_pieces;
    }
    if (e == OK)
        e = lmdb_err(mdb_cursor_del(cursor, 0));
    mdb_cursor_close(cursor);
    if (e == OK && pieces)
        e = piece_remove(v, space, place);
    return e == ERR_NOT_FOUND ? OK : e;
}

/* The tombstone that the delete at PLACE left, unless something was put since. */
static enum err remove_tombstone(const struct view *v, enum space space, struct bytes key,
                                 struct place place)
{
    struct layered map = head_map(v, space);
    struct bytes bytes;
    struct row head;
    enum err e = layered_get(&map, key, &bytes);
    if (e == OK)
        e = head_row_read(bytes, &head);
    if (e == OK && head.deleted && head.place.revision == place.revision &&
        head.place.sub == place.sub)
        e = layered_remove(&map, key);
    return e == ERR_NOT_FOUND ? OK : e;
}

static enum err sweep_change(const struct view *v, enum space space, struct place place,
                             struct bytes bytes, uint64_t compacted, struct arena *arena)
{
    struct row row;
    struct bytes key;
    enum err e = change_row_read(place, bytes, &row);
    if (e == OK)
        e = change_key(v, space, &row, arena, &key);
    if (e != OK)
        return e;
    key = arena_dup(arena, key); /* the row's own page may change below it */
    if (row.prev.revision != 0 && row.prev.revision < compacted)
        e = remove_change(v, space, row.prev);
    if (e == OK && row.deleted && place.revision < compacted) {
        e = remove_tombstone(v, space, key, place);
        if (e == OK)
            e = remove_change(v, space, place);
    }
    return e;
}

/* The first change at or after AT. */
static enum err find_change(const struct view *v, enum space space, struct place at,
                            struct place *ret_place, struct arena *arena, struct bytes *ret)
{
    MDB_cursor *cursor;
    enum err e = lmdb_err(mdb_cursor_open(v->txn, v->store->dbi[TABLE_CHANGE + space], &cursor));
    if (e != OK)
        return e;
    uint8_t p[PLACE_BYTES];
    place_write(p, at);
    MDB_val key = { .mv_size = sizeof p, .mv_data = p }, row;
    e = lmdb_err(mdb_cursor_get(cursor, &key, &row, MDB_SET_RANGE));
    if (e == OK) {
        *ret_place = place_read(key.mv_data);
        *ret = arena_dup(arena, lmdb_bytes(row));
    }
    mdb_cursor_close(cursor);
    return e;
}

/* Sweeps SPACE up to its compacted revision; *ROWS is what may still be looked at. */
static enum err sweep_space(struct view *v, enum space space, uint64_t *rows, struct arena *arena)
{
    struct state *s = &v->state;
    uint64_t compacted = state_compacted(s, space);
    if (s->sweeping[space] != s->compacted[space]) {
        /* A new target: deletes that stayed at the old one are looked at again. */
        s->sweeping[space] = s->compacted[space];
        s->swept_sub[space] = 0;
    }
    while (s->swept[space] <= compacted && *rows > 0) {
        struct place at = { .revision = s->swept[space], .sub = s->swept_sub[space] }, place;
        struct bytes bytes;
        arena_clear(arena);
        enum err e = find_change(v, space, at, &place, arena, &bytes);
        if (e == ERR_NOT_FOUND || (e == OK && place.revision > compacted)) {
            s->swept[space] = compacted;
            s->swept_sub[space] = 0;
            s->sweep_done[space] = s->compacted[space];
            return OK;
        }
        if (e == OK)
            e = sweep_change(v, space, place, bytes, compacted, arena);
        if (e != OK)
            return e;
        s->swept[space] = place.revision;
        s->swept_sub[space] = place.sub + 1;
        --*rows;
    }
    return OK;
}

static bool is_swept(const struct state *s, enum space space)
{
    return s->sweep_done[space] == s->compacted[space];
}

/* -- what is kept a revision ------------------------------------------------------------------ */

/* Times and reasons of the common revisions, reasons of SYSTEM's: rows whose keys end in a
 * revision, after a prefix. They go when no space can be read there any more. */
struct noted {
    unsigned table;
    uint8_t prefix[1];
    size_t prefix_n;
    bool system;
};

static const struct noted noted[] = {
    { .table = TABLE_TIME },
    { .table = TABLE_WHY, .prefix = { WHY_COMMON }, .prefix_n = 1 },
    { .table = TABLE_WHY, .prefix = { WHY_SYSTEM }, .prefix_n = 1, .system = true },
};

/* The cursor goes to the first row of N; true if it is to be removed. */
static enum err find_noted(const struct view *v, const struct noted *n, MDB_cursor *cursor,
                           bool *ret)
{
    uint8_t p[1] = { n->prefix[0] };
    MDB_val key = { .mv_size = n->prefix_n, .mv_data = p }, row;
    enum err e =
        lmdb_err(mdb_cursor_get(cursor, &key, &row, n->prefix_n == 0 ? MDB_FIRST : MDB_SET_RANGE));
    *ret = false;
    if (e != OK || key.mv_size != n->prefix_n + 8 || memcmp(key.mv_data, p, n->prefix_n) != 0)
        return e == ERR_NOT_FOUND ? OK : e;
    struct rd r;
    rd_init(&r, bytes_skip(lmdb_bytes(key), n->prefix_n));
    *ret = rd_be64(&r) < state_oldest(&v->state, n->system);
    return OK;
}

/* Removes at most *ROWS rows; *ret_left: there are more. */
static enum err sweep_noted(const struct view *v, const struct noted *n, uint64_t *rows,
                            bool *ret_left)
{
    MDB_cursor *cursor;
    enum err e = lmdb_err(mdb_cursor_open(v->txn, v->store->dbi[n->table], &cursor));
    if (e != OK)
        return e;
    e = find_noted(v, n, cursor, ret_left);
    for (; e == OK && *ret_left && *rows > 0; --*rows) {
        e = lmdb_err(mdb_cursor_del(cursor, 0));
        if (e == OK)
            e = find_noted(v, n, cursor, ret_left);
    }
    mdb_cursor_close(cursor);
    return e;
}

/* -- all of it -------------------------------------------------------------------------------- */

/* With no rows at all it only looks whether there is something to do. */
static enum err sweep_all(struct view *v, uint64_t rows, bool *ret_done)
{
    struct arena arena;
    enum err e = OK;
    arena_init(&arena, 0);
    *ret_done = true;
    for (unsigned i = 0; i < SPACES && e == OK; i++) {
        if (!is_swept(&v->state, (enum space)i))
            e = sweep_space(v, (enum space)i, &rows, &arena);
        *ret_done = *ret_done && is_swept(&v->state, (enum space)i);
    }
    for (size_t i = 0; i < ARRAY_LEN(noted) && e == OK; i++) {
        bool left;
        e = sweep_noted(v, &noted[i], &rows, &left);
        *ret_done = *ret_done && !left;
    }
    arena_fini(&arena);
    return e;
}

enum err store_sweep(struct store *store, uint64_t rows, bool *ret_done)
{
    struct view v = { .store = store };
    const struct store_options *o = &store->options;
    if (store->apply != NULL)
        return ERR_INVALID;
    enum err e = OK;
    if (o->assure != NULL)
        e = o->assure(o->assure_ctx, atomic_load_explicit(&store->file_bytes, memory_order_relaxed),
                      256 * 1024 + rows * 4096);
    if (e == OK)
        e = lmdb_err(mdb_txn_begin(store->env, NULL, 0, &v.txn));
    if (e != OK)
        return e;
    e = state_read(v.txn, store->dbi[TABLE_META], &v.state);
    bool idle = false;
    if (e == OK)
        e = sweep_all(&v, 0, &idle);
    if (e == OK && !idle)
        e = sweep_all(&v, rows == 0 ? 1 : rows, ret_done);
    if (e != OK || idle) {
        mdb_txn_abort(v.txn);
        *ret_done = idle;
        return e;
    }
    return tables_commit(store, v.txn, &v.state, ALL_SPACES, true);
}
