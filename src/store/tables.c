/* The tables of the view file: opening, committing, counting their pages. */
#include "store/tables.h"

#include <stdio.h>

#include "store/lmdb_err.h"

enum { NAME_BYTES = 16 };

bool table_exists(unsigned table)
{
    return table >= TABLE_LEASE ? table < TABLES : table % 8 < SPACES;
}

struct layered head_map(const struct view *v, enum space space)
{
    return (struct layered){ .txn = v->txn, .dbi = v->store->dbi[TABLE_HEAD + space] };
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
    enum err e = state_write(take_txn, store->dbi[TABLE_META], s);
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
    static const char *const singles[] = { "lease", "lease_key", "meta", "origin",
                                           "why",   "time",      "side" };
    static const char *const kinds[] = { "head", "change", "piece" };
    if (table >= TABLE_LEASE)
        snprintf(name, NAME_BYTES, "%s", singles[table - TABLE_LEASE]);
    else
        snprintf(name, NAME_BYTES, "%s%u", kinds[table / 8], table % 8);
}

enum err tables_open(struct store *store, MDB_txn *txn)
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
