/* catalog/restore_core.h -- a restore in the making: what restore_items.c, restore_sweep.c and
 * plan_restore.c share. */
#ifndef CATALOG_RESTORE_CORE_H
#define CATALOG_RESTORE_CORE_H

#include "catalog/plan.h"
#include "catalog/restore.h"

/* Kinds of rows, in the order in which they are put: each behind what it needs. */
enum restore_rank {
    RANK_NODES,
    RANK_PUBLICATIONS,
    RANK_CHECKS,
    RANK_SESSIONS,
    RANK_PAIRS,
    RANK_OBJECTS,
    RANK_SYSTEM,
    RANKS
};

struct restore_entry { /* an item, by its key */
    enum restore_rank rank;
    struct bytes key, bytes; /* lent from the command; the key in the arena */
};

struct restore_grant {
    struct lease_grant lease;
    bool is_used;
};

struct restore_walk { /* of what stands under a prefix */
    enum restore_rank rank;
    struct bytes prefix;
};

enum restore_stage { RESTORE_REMOVING, RESTORE_PUTTING, RESTORE_ENDING };

struct restore {
    struct plan plan;
    struct arena *arena;
    struct bytes ns;
    struct restore_entry *all; /* by rank and key */
    size_t n;
    struct restore_grant *grants; /* by id */
    size_t grant_n, granted;
    struct restore_walk walks[RESTORE_PREFIXES_MAX + RANKS + OBJECT_KINDS];
    size_t walk_n;
    bool is_refused, moves_policy; /* what somebody may do changes */

    enum restore_stage stage;
    size_t at;         /* of walks or of entries */
    struct bytes from; /* where the walk goes on, in the arena; p NULL: at its beginning */
};

/* -- restore_items.c -------------------------------------------------------------------------- */

/* Reads all items of the command into R. ERR_MALFORMED, ERR_VERSION, ERR_TOO_BIG. */
MUST_CHECK enum err restore_items_read(struct restore *r, const struct restore_body *b);
enum space restore_space(enum restore_rank rank);
/* NULL: there is none of that key. */
const struct restore_entry *restore_find(const struct restore *r, enum restore_rank rank,
                                         struct bytes key);
/* An item whose key another has, or NULL. */
const struct restore_entry *restore_find_twice(const struct restore *r);
/* The lease ID is to be granted; false: it is not among the items. */
bool restore_use_grant(struct restore *r, int64_t id);

/* -- restore_sweep.c -------------------------------------------------------------------------- */

/* Notes where what stands is to be looked at. */
void restore_walks_add(struct restore *r, const struct restore_body *b);
/* Plans the end of what stands and is not among the items: some keys of the present walk. */
MUST_CHECK enum err restore_sweep_some(struct restore *r, uint64_t *rows);

#endif
