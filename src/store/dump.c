/* Every row of every table, in order; and back into an empty file, appending.
 *
 * META's rows come first, so that a loader knows what it is loading. */
#include "store/dump.h"

#include "base/mem.h"
#include "store/lmdb_err.h"
#include "store/row.h"
#include "store/tables.h"

static const uint8_t order[] = {
    TABLE_META,       TABLE_HEAD,       TABLE_HEAD + 1,   TABLE_HEAD + 2,   TABLE_HEAD + 3,
    TABLE_HEAD + 4,   TABLE_HEAD + 5,   TABLE_CHANGE,     TABLE_CHANGE + 1, TABLE_CHANGE + 2,
    TABLE_CHANGE + 3, TABLE_CHANGE + 4, TABLE_CHANGE + 5, TABLE_PIECE,      TABLE_PIECE + 1,
    TABLE_PIECE + 2,  TABLE_PIECE + 3,  TABLE_PIECE + 4,  TABLE_PIECE + 5,  TABLE_LEASE,
    TABLE_LEASE_KEY,  TABLE_ORIGIN,     TABLE_WHY,        TABLE_TIME,       TABLE_SIDE
};

/* -- dumping ---------------------------------------------------------------------------------- */

struct dump {
    struct view *view;
    MDB_cursor *cursor; /* of the present table, or NULL between two */
    size_t at;
    bool begun;
};

enum err dump_open(struct store *store, struct dump **ret)
{
    struct dump *d = mem_zalloc(1, sizeof *d);
    enum err e = view_open(store, &d->view);
    if (e != OK) {
        mem_free(d);
        return e;
    }
    *ret = d;
    return OK;
}

void dump_close(struct dump *d)
{
    if (d == NULL)
        return;
    if (d->cursor != NULL)
        mdb_cursor_close(d->cursor);
    view_close(d->view);
    mem_free(d);
}

uint64_t dump_index(const struct dump *d)
{
    return d->view->state.index;
}

uint64_t dump_term(const struct dump *d)
{
    return d->view->state.term;
}

uint64_t dump_revision(const struct dump *d)
{
    return d->view->state.revision;
}

static enum err open_next_table(struct dump *d)
{
    MDB_dbi dbi = d->view->store->dbi[order[d->at]];
    d->begun = false;
    return lmdb_err(mdb_cursor_open(d->view->txn, dbi, &d->cursor));
}

enum err dump_next(struct dump *d, size_t bytes, struct buf *out, bool *ret_end)
{
    size_t begin = out->n;
    *ret_end = false;
    while (out->n - begin < bytes) {
        MDB_val key, row;
        if (d->at == sizeof order) {
            *ret_end = true;
            return buf_err(out);
        }
        enum err e = d->cursor == NULL ? open_next_table(d) : OK;
        if (e == OK)
            e = lmdb_err(mdb_cursor_get(d->cursor, &key, &row, d->begun ? MDB_NEXT : MDB_FIRST));
        d->begun = true;
        if (e == ERR_NOT_FOUND) {
            mdb_cursor_close(d->cursor);
            d->cursor = NULL;
            d->at++;
            continue;
        }
        if (e != OK)
            return e;
        buf_put_u8(out, order[d->at]);
        buf_put_run(out, lmdb_bytes(key));
        buf_put_run(out, lmdb_bytes(row));
        if (buf_err(out) != OK)
            return ERR_TOO_BIG;
    }
    return buf_err(out);
}

/* -- loading ---------------------------------------------------------------------------------- */

enum { LEFT_MAX = 64 << 20 /* a block and what the one before it left */ };

struct load {
    struct store *store;
    MDB_txn *txn;
    struct buf left; /* the beginning of a row whose rest comes with the next block */
    bool counters;   /* the row of counters has come: without it nothing else makes sense */
};

enum err load_open(struct store *store, struct load **ret)
{
    struct load *l = mem_zalloc(1, sizeof *l);
    struct state state;
    l->store = store;
    if (store->apply != NULL) {
        mem_free(l);
        return ERR_INVALID;
    }
    buf_init(&l->left, LEFT_MAX);
    enum err e = lmdb_err(mdb_txn_begin(store->env, NULL, 0, &l->txn));
    if (e == OK)
        e = state_read(l->txn, store->dbi[TABLE_META], &state);
    if (e == OK && (state.index != 0 || state.revision != 1))
        e = ERR_EXISTS;
    if (e != OK) {
        load_abort(l);
        return e;
    }
    *ret = l;
    return OK;
}

void load_abort(struct load *l)
{
    if (l == NULL)
        return;
    if (l->txn != NULL)
        mdb_txn_abort(l->txn);
    buf_fini(&l->left);
    mem_free(l);
}

/* Refuses what no store has written: it would lie on overflow pages, or be read as damage later. */
static enum err check_row(uint8_t table, struct bytes key, struct bytes row)
{
    if (!table_exists(table))
        return ERR_VERSION;
    if (key.n == 0 || key.n > LAYER_KEY_MAX || key.n + row.n > ROW_MAX)
        return ERR_MALFORMED;
    struct row ignored;
    unsigned kind = table - table % 8;
    bool mark = kind == TABLE_HEAD && key.n == LAYER_KEY_MAX;
    if (kind == TABLE_HEAD && !mark)
        return head_row_read(row, &ignored);
    if (kind == TABLE_CHANGE)
        return key.n != PLACE_BYTES ? ERR_MALFORMED
                                    : change_row_read(place_read(key.p), row, &ignored);
    return OK;
}

static enum err load_row(struct load *l, uint8_t table, struct bytes key, struct bytes row)
{
    enum err refused = check_row(table, key, row);
    if (refused != OK)
        return refused == ERR_DAMAGED ? ERR_MALFORMED : refused;
    if (table == TABLE_META && bytes_is(key, "state"))
        l->counters = true;
    MDB_val k = lmdb_val(key), v = lmdb_val(row);
    unsigned flags = table == TABLE_META ? 0 : MDB_APPEND;
    enum err e = lmdb_err(mdb_put(l->txn, l->store->dbi[table], &k, &v, flags));
    return e == ERR_EXISTS ? ERR_MALFORMED : e; /* out of order */
}

/* Takes whole rows off *IN. */
static enum err take_rows(struct load *l, struct bytes *in)
{
    for (;;) {
        struct rd r;
        rd_init(&r, *in);
        uint8_t table = rd_u8(&r);
        struct bytes key = rd_run(&r), row = rd_run(&r);
        if (r.err != OK)
            return OK; /* the rest comes later */
        enum err e = load_row(l, table, key, row);
        if (e != OK)
            return e;
        *in = r.left;
    }
}

enum err load_rows(struct load *l, struct bytes rows, struct why *why)
{
    struct bytes in = rows;
    if (l->left.n > 0) {
        buf_put_bytes(&l->left, rows);
        in = buf_bytes(&l->left);
    }
    enum err e = buf_err(&l->left);
    if (e == OK)
        e = take_rows(l, &in);
    if (e != OK)
        return why_set(why, e, "snapshot: a row cannot be loaded: %s", err_text(e));
    struct buf left;
    buf_init(&left, l->left.max);
    buf_put_bytes(&left, in);
    buf_fini(&l->left);
    l->left = left;
    return OK;
}

enum err load_finish(struct load *l, uint64_t bump)
{
    struct state s;
    enum err e = l->left.n > 0 || !l->counters ? ERR_TRUNCATED
                                               : state_read(l->txn, l->store->dbi[TABLE_META], &s);
    if (e == OK && bump > 0) {
        s.revision += bump;
        for (size_t i = 0; i < SPACES; i++)
            if (i != SPACE_SYSTEM)
                s.compacted[i] = s.revision + 1;
    }
    if (e == OK) {
        e = tables_commit(l->store, l->txn, &s, ALL_SPACES, true);
        l->txn = NULL;
    }
    load_abort(l);
    return e;
}
