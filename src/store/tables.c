/* The environment: one file, reserved once at its greatest size, never remapped. */
#include "store/tables.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/mem.h"
#include "store/lmdb_err.h"

enum {
    PAGE = 4096,
    STATE_FORMAT = 1,
    PATH_BYTES = 4096,
    READERS = 256,
    NAME_BYTES = 16,
    IDENTITY_MAX = 2000
};

#define MAP_BYTES ((uint64_t)64 << 30)

bool table_exists(unsigned table)
{
    return table >= TABLE_LEASE ? table < TABLES : table % 8 < SPACES;
}

/* -- the state row ---------------------------------------------------------------------------- */

enum err state_read(struct store *store, MDB_txn *txn, struct state *ret)
{
    MDB_val key = lmdb_val(bytes_str("state")), row;
    enum err e = lmdb_err(mdb_get(txn, store->dbi[TABLE_META], &key, &row));
    if (e == ERR_NOT_FOUND) {
        *ret = (struct state){ .revision = 1 };
        return OK;
    }
    if (e != OK)
        return e;
    struct state s = { 0 };
    struct rd r;
    rd_init(&r, lmdb_bytes(row));
    uint8_t format = rd_u8(&r);
    if (r.err == OK && format != STATE_FORMAT)
        return ERR_VERSION;
    uint64_t *const counters[] = { &s.revision, &s.system_revision, &s.index, &s.term,
                                   &s.age_ms,   &s.wall_ms,         &s.time_s };
    for (size_t i = 0; i < ARRAY_LEN(counters); i++)
        *counters[i] = rd_u64(&r);
    for (size_t i = 0; i < SPACES; i++) {
        s.compacted[i] = rd_u64(&r);
        s.swept[i] = rd_u64(&r);
        s.swept_sub[i] = rd_u32(&r);
        s.sweeping[i] = rd_u64(&r);
        s.sweep_done[i] = rd_u64(&r);
        s.keys[i] = rd_u64(&r);
    }
    s.next_layer = rd_u32(&r);
    s.origins = rd_u32(&r);
    if (rd_end(&r) != OK)
        return ERR_DAMAGED;
    *ret = s;
    return OK;
}

enum err state_write(struct store *store, MDB_txn *txn, const struct state *s)
{
    uint8_t bytes[512];
    struct buf b = { .p = bytes, .room = sizeof bytes, .max = sizeof bytes };
    buf_put_u8(&b, STATE_FORMAT);
    const uint64_t counters[] = { s->revision, s->system_revision, s->index, s->term,
                                  s->age_ms,   s->wall_ms,         s->time_s };
    for (size_t i = 0; i < ARRAY_LEN(counters); i++)
        buf_put_u64(&b, counters[i]);
    for (size_t i = 0; i < SPACES; i++) {
        buf_put_u64(&b, s->compacted[i]);
        buf_put_u64(&b, s->swept[i]);
        buf_put_u32(&b, s->swept_sub[i]);
        buf_put_u64(&b, s->sweeping[i]);
        buf_put_u64(&b, s->sweep_done[i]);
        buf_put_u64(&b, s->keys[i]);
    }
    buf_put_u32(&b, s->next_layer);
    buf_put_u32(&b, s->origins);
    MDB_val key = lmdb_val(bytes_str("state")), row = lmdb_val(buf_bytes(&b));
    return lmdb_err(mdb_put(txn, store->dbi[TABLE_META], &key, &row, 0));
}

/* -- committing, and figures
 * ---------------------------------------------------------------------------------- */

static uint64_t table_bytes(struct store *store, MDB_txn *txn, unsigned table)
{
    MDB_stat s;
    if (mdb_stat(txn, store->dbi[table], &s) != 0)
        return 0;
    return (uint64_t)(s.ms_branch_pages + s.ms_leaf_pages + s.ms_overflow_pages) * PAGE;
}

static void count_tables(struct store *store, MDB_txn *txn, unsigned spaces, bool others)
{
    for (unsigned t = 0; t < TABLES; t++) {
        bool touched = t >= TABLE_LEASE ? others : (spaces & BIT(t % 8)) != 0;
        if (touched && table_exists(t))
            store->table_bytes[t] = table_bytes(store, txn, t);
    }
}

static void publish_figures(struct store *store, const struct state *s)
{
    MDB_envinfo info;
    uint64_t used = 0, etcd = 0;
    for (unsigned t = 0; t < TABLES; t++) {
        used += store->table_bytes[t];
        if (t < TABLE_LEASE && t % 8 == SPACE_ETCD)
            etcd += store->table_bytes[t];
    }
    mdb_env_info(store->env, &info);
    atomic_store_explicit(&store->file_bytes, ((uint64_t)info.me_last_pgno + 1) * PAGE,
                          memory_order_relaxed);
    atomic_store_explicit(&store->used_bytes, used, memory_order_relaxed);
    atomic_store_explicit(&store->etcd_bytes, etcd, memory_order_relaxed);
    for (size_t i = 0; i < SPACES; i++)
        atomic_store_explicit(&store->keys[i], s->keys[i], memory_order_relaxed);
}

enum err tables_commit(struct store *store, MDB_txn *take_txn, const struct state *s,
                       unsigned spaces, bool others)
{
    enum err e = state_write(store, take_txn, s);
    if (e != OK) {
        mdb_txn_abort(take_txn);
        return e;
    }
    count_tables(store, take_txn, spaces, others);
    e = lmdb_err(mdb_txn_commit(take_txn));
    if (e == OK)
        publish_figures(store, s);
    return e;
}

/* -- opening ---------------------------------------------------------------------------------- */

static void table_name(unsigned table, char *name)
{
    static const char *const singles[] = { "lease", "lease_key", "meta", "origin", "why", "time" };
    static const char *const kinds[] = { "head", "change", "piece" };
    if (table >= TABLE_LEASE)
        snprintf(name, NAME_BYTES, "%s", singles[table - TABLE_LEASE]);
    else
        snprintf(name, NAME_BYTES, "%s%u", kinds[table / 8], table % 8);
}

static enum err open_tables(struct store *store, MDB_txn *txn)
{
    for (unsigned t = 0; t < TABLES; t++) {
        char name[NAME_BYTES];
        if (!table_exists(t))
            continue;
        table_name(t, name);
        enum err e = lmdb_err(mdb_dbi_open(txn, name, MDB_CREATE, &store->dbi[t]));
        if (e != OK)
            return e;
    }
    return OK;
}

static enum err open_env(struct store *store, struct why *why)
{
    const struct store_options *o = &store->options;
    char path[PATH_BYTES];
    if (snprintf(path, sizeof path, "%s/view.mdb", o->dir) >= (int)sizeof path)
        return why_set(why, ERR_TOO_BIG, "store: the path of the data directory is too long");
    enum err e = lmdb_err(mdb_env_create(&store->env));
    if (e == OK)
        e = lmdb_err(mdb_env_set_mapsize(store->env, o->map_bytes == 0 ? MAP_BYTES : o->map_bytes));
    if (e == OK)
        e = lmdb_err(mdb_env_set_maxdbs(store->env, TABLES));
    if (e == OK)
        e = lmdb_err(
            mdb_env_set_maxreaders(store->env, o->reader_max == 0 ? READERS : o->reader_max));
    unsigned flags = MDB_NOSUBDIR | MDB_NOSYNC | MDB_NOTLS | MDB_NORDAHEAD | MDB_NOMEMINIT |
                     (o->write_map ? MDB_WRITEMAP : 0);
    int code = 0;
    if (e == OK)
        e = lmdb_err(code = mdb_env_open(store->env, path, flags, 0600));
    if (e != OK)
        return why_set(why, e, "store: cannot open '%s': %s", path, mdb_strerror(code));
    return OK;
}

static enum err first_transaction(struct store *store, struct why *why)
{
    MDB_txn *txn;
    struct state state;
    enum err e = lmdb_err(mdb_txn_begin(store->env, NULL, 0, &txn));
    if (e != OK)
        return why_set(why, e, "store: the view file cannot be written: %s", err_text(e));
    e = open_tables(store, txn);
    if (e == OK)
        e = state_read(store, txn, &state);
    if (e == OK)
        e = tables_commit(store, txn, &state, ALL_SPACES, true);
    else
        mdb_txn_abort(txn);
    if (e != OK)
        return why_set(why, e, "store: the view file '%s/view.mdb' cannot be used: %s",
                       store->options.dir, err_text(e));
    return OK;
}

enum err store_open(const struct store_options *options, struct why *why, struct store **ret)
{
    struct store *store = mem_zalloc(1, sizeof *store);
    store->options = *options;
    enum err e = open_env(store, why);
    int dead;
    if (e == OK)
        IGNORE(mdb_reader_check(store->env, &dead)); /* slots of a process that was killed */
    if (e == OK)
        e = first_transaction(store, why);
    if (e != OK) {
        store_close(store);
        return e;
    }
    *ret = store;
    return OK;
}

void store_close(struct store *store)
{
    if (store == NULL)
        return;
    if (store->apply != NULL)
        store_apply_abort(store->apply);
    if (store->env != NULL)
        mdb_env_close(store->env);
    mem_free(store);
}

enum err store_sync(struct store *store)
{
    return lmdb_err(mdb_env_sync(store->env, 1));
}

/* -- for readers of figures ------------------------------------------------------------------ */

void store_space(struct store *store, struct store_space *ret)
{
    *ret = (struct store_space){
        .file_bytes = atomic_load_explicit(&store->file_bytes, memory_order_relaxed),
        .used_bytes = atomic_load_explicit(&store->used_bytes, memory_order_relaxed),
        .etcd_bytes = atomic_load_explicit(&store->etcd_bytes, memory_order_relaxed),
    };
    for (size_t i = 0; i < SPACES; i++)
        ret->keys[i] = atomic_load_explicit(&store->keys[i], memory_order_relaxed);
}

void store_want_events(struct store *store, enum space space, bool wanted)
{
    if (wanted)
        atomic_fetch_or_explicit(&store->wanted, BIT(space), memory_order_relaxed);
    else
        atomic_fetch_and_explicit(&store->wanted, ~BIT(space), memory_order_relaxed);
}

/* -- identity --------------------------------------------------------------------------------- */

enum err store_set_identity(struct store *store, struct bytes identity)
{
    MDB_txn *txn;
    MDB_val key = lmdb_val(bytes_str("identity")), row = lmdb_val(identity);
    enum err e = lmdb_err(mdb_txn_begin(store->env, NULL, 0, &txn));
    if (e != OK)
        return e;
    e = lmdb_err(mdb_put(txn, store->dbi[TABLE_META], &key, &row, 0));
    if (e == OK)
        return lmdb_err(mdb_txn_commit(txn));
    mdb_txn_abort(txn);
    return e;
}

enum err store_identity(struct store *store, struct buf *out)
{
    MDB_txn *txn;
    MDB_val key = lmdb_val(bytes_str("identity")), row;
    enum err e = lmdb_err(mdb_txn_begin(store->env, NULL, MDB_RDONLY, &txn));
    if (e != OK)
        return e;
    e = lmdb_err(mdb_get(txn, store->dbi[TABLE_META], &key, &row));
    if (e == OK)
        buf_put_bytes(out, lmdb_bytes(row));
    mdb_txn_abort(txn);
    return e == OK ? buf_err(out) : e;
}
