/* store/tables.h -- the LMDB tables of a store, and its figures.
 *
 * Inside of the store: other folders see store.h and view.h. */
#ifndef STORE_TABLES_H
#define STORE_TABLES_H

#include <lmdb.h>
#include <stdatomic.h>

#include "store/layered.h"
#include "store/options.h"
#include "store/state.h"

/* The numbers are stored in dumps. */
enum table {
    TABLE_HEAD = 0,       /* + space: layered key -> row.h's head */
    TABLE_CHANGE = 8,     /* + space: revision, sub -> row.h's change */
    TABLE_PIECE = 16,     /* + space: revision, sub, n -> up to 2,000 bytes */
    TABLE_LEASE = 24,     /* id -> lease row */
    TABLE_LEASE_KEY = 25, /* layered (id, space, key) -> nothing */
    TABLE_META = 26,      /* "state", "identity" */
    TABLE_ORIGIN = 27,    /* number -> origin */
    TABLE_WHY = 28,       /* space group, revision -> text */
    TABLE_TIME = 29,      /* revision -> wall time, one a second */
    TABLE_SIDE = 30,      /* layered: an upper folder's key -> its row */
    TABLES = 31
};

/* True for the numbers that are used. */
bool table_exists(unsigned table);

struct apply;

struct store {
    struct store_options options;
    MDB_env *env;
    MDB_dbi dbi[TABLES];
    struct apply *apply;          /* the open one, or NULL */
    struct state committed;       /* the newest; core's */
    uint64_t table_bytes[TABLES]; /* as last counted */
    _Atomic uint32_t wanted;      /* BIT(space) whose events are encoded */
    _Atomic uint64_t file_bytes, used_bytes, etcd_bytes, keys[SPACES];
};

struct view {
    struct store *store;
    MDB_txn *txn;
    struct state state;
};

/* What readers and the apply have in common: a transaction and the counters it sees. */
struct layered head_map(const struct view *v, enum space space);

/* What keys of WHY begin with. */
enum { WHY_COMMON, WHY_SYSTEM };

/* Opens every table in TXN, making those that are missing. */
MUST_CHECK enum err tables_open(struct store *store, MDB_txn *txn);
/* Every space, for tables_commit. */
enum { ALL_SPACES = (1 << SPACES) - 1 };

/* Commits S with TXN and publishes the figures of store_space: what is counted anew are the tables
 * of SPACES (a set of bits) and, if OTHERS, those of no space. */
MUST_CHECK enum err tables_commit(struct store *store, MDB_txn *take_txn, const struct state *s,
                                  unsigned spaces, bool others);

#endif
