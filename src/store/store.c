/* The environment: one file, reserved once at its greatest size, never remapped. */
#include "store/store.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/mem.h"
#include "store/lmdb_err.h"
#include "store/tables.h"

enum { PATH_BYTES = 4096, READERS = 256, IDENTITY_MAX = 2000 };

static enum err open_env(struct store *store, struct why *why)
{
    const struct store_options *o = &store->options;
    char path[PATH_BYTES];
    if (snprintf(path, sizeof path, "%s/view.mdb", o->dir) >= (int)sizeof path)
        return why_set(why, ERR_TOO_BIG, "store: the path of the data directory is too long");
    enum err e = lmdb_err(mdb_env_create(&store->env));
    if (e == OK)
        e = lmdb_err(
            mdb_env_set_mapsize(store->env, o->map_bytes == 0 ? STORE_MAP_BYTES : o->map_bytes));
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
    e = tables_open(store, txn);
    if (e == OK)
        e = state_read(txn, store->dbi[TABLE_META], &state);
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
    if (identity.n > IDENTITY_MAX)
        return ERR_TOO_BIG;
    if (store->apply != NULL)
        return ERR_INVALID; /* its transaction is open, and there is but one at a time */
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
