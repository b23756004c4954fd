/* The environment: one file, reserved once at its greatest size, never remapped. */
#include "store/tables.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/mem.h"
#include "store/lmdb_err.h"

enum { PATH_BYTES = 4096, READERS = 256, NAME_BYTES = 16, IDENTITY_MAX = 2000 };

#define MAP_BYTES ((uint64_t)64 << 30)

bool table_exists(unsigned table)
{
    return table >= TABLE_LEASE ? table < TABLES : table % 8 < SPACES;
}

/* -- committing, and figures ------------------------------------------------------------------ */

static uint64_t table_bytes(struct store *store, MDB_txn *txn, unsigned table)
{
    MDB_stat s;
    if (mdb_stat(txn, store->dbi[table], &s) != 0)
        return 0;
    return (uint64_t)(s.ms_branch_pages + s.ms_leaf_pages + s.ms_overflow_pages) * s.ms_psize;
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
    MDB_stat stat;
    uint64_t used = 0, etcd = 0;
    for (unsigned t = 0; t < TABLES; t++) {
        used += store->table_bytes[t];
        if (t < TABLE_LEASE && t % 8 == SPACE_ETCD)
            etcd += store->table_bytes[t];
    }
    mdb_env_info(store->env, &info);
    mdb_env_stat(store->env, &stat);
    atomic_store_explicit(&store->file_bytes, ((uint64_t)info.me_last_pgno + 1) * stat.ms_psize,
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
    if (e == OK) {
        publish_figures(store, s);
        store->committed = *s;
    }
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
