/* store/state.h -- the counters of a store: one row of META, written with every transaction. */
#ifndef STORE_STATE_H
#define STORE_STATE_H

#include <lmdb.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/err.h"
#include "store/space.h"

struct state {
    uint64_t revision, system_revision;
    uint64_t index, term;
    uint64_t age_ms, wall_ms;
    uint64_t compacted[SPACES];  /* plus one: 0 = never */
    uint64_t swept[SPACES];      /* the sweep goes on at this revision ... */
    uint32_t swept_sub[SPACES];  /* ... and change */
    uint64_t sweeping[SPACES];   /* towards this compaction (plus one) */
    uint64_t sweep_done[SPACES]; /* the last one that has been swept whole (plus one) */
    uint64_t keys[SPACES];       /* living */
    uint64_t time_s;             /* of the last TIME row */
    uint32_t next_layer;         /* of any layered table */
    uint32_t origins;            /* interned so far */
};

/* META is the table's handle. A table without the row is a fresh store's. ERR_VERSION, ERR_DAMAGED.
 */
MUST_CHECK enum err state_read(MDB_txn *txn, MDB_dbi meta, struct state *ret);
MUST_CHECK enum err state_write(MDB_txn *txn, MDB_dbi meta, const struct state *s);

/* The revision counter that SPACE counts with. */
static inline uint64_t state_revision(const struct state *s, enum space space)
{
    return space == SPACE_SYSTEM ? s->system_revision : s->revision;
}
static inline uint64_t state_compacted(const struct state *s, enum space space)
{
    return s->compacted[space] == 0 ? 0 : s->compacted[space] - 1;
}

/* The oldest revision that can be read in any of the spaces that count with this counter. */
uint64_t state_oldest(const struct state *s, bool system);

#endif
