/* store/apply.h -- the inside of applying an entry: shared by apply*.c. */
#ifndef STORE_APPLY_H
#define STORE_APPLY_H

#include "store/effects.h"
#include "store/entry.h"
#include "store/lease.h"
#include "store/lease_row.h"
#include "store/range_job.h"
#include "store/tables.h"
#include "store/txn_measure.h"
#include "store/version.h"

enum command_phase { COMMAND_NONE, COMMAND_CHECK, COMMAND_RUN };

struct apply {
    struct store *store;
    struct view view; /* the writing transaction and the counters as they are becoming */
    struct entry_reader entry;
    struct arena entry_arena; /* origins */
    struct arena scratch;     /* of the present command */
    struct arena hook_arena;  /* of the present call of a hook */
    uint64_t upper_rows;      /* written by upper folders and not counted as work yet */
    struct bytes payload;
    struct effects *effects;
    struct batch *batch;
    size_t event_room, lease_change_room;
    uint32_t *origin_numbers; /* of the entry's origins, 0 = not interned yet */
    void *memo;               /* of the upper folders, in ENTRY_ARENA */
    uint64_t last[SPACES];    /* revisions, of this entry's changes */

    /* the present command */
    struct command command;
    enum command_phase phase;
    bool policy_checked;
    struct command_result *result;
    bool upper_checked;
    void *upper_plan;         /* of an upper kind, in SCRATCH */
    bool wrote, wrote_system; /* it has taken a revision */
    bool projected;           /* an upper folder has put a key in ETCD */
    uint32_t sub, system_sub;
    bool others_touched; /* by this entry: leases, rows beside the spaces */

    /* for asking for room: about how much this transaction has grown the file by */
    uint64_t grown_bytes;
    uintptr_t last_page; /* of the head that was replaced last */
    int64_t last_lease;

    /* of a transaction */
    struct txn_plan plan;
    struct txn_measure measure;
    bool planning, measuring;
    uint64_t result_bytes; /* of the entry's transactions so far */
    size_t step;
    bool in_step;
    struct range_job job;
    struct buf from; /* a removal goes on here */
    size_t prev_room;

    /* of a lease's removal or move; FROM and IN_STEP say where a move goes on */
    struct lease lease;
};

/* -- apply_write.c: one version of one key ------------------------------------------------------
 */

/* What stands at KEY now; ERR_NOT_FOUND if nothing living does. HEAD is set in either case if there
 * is a row (*ret_has_head). */
MUST_CHECK enum err apply_head(struct apply *a, enum space space, struct bytes key,
                               struct row *ret_head, bool *ret_has_head);
/* The lease must be there. VALUE must not lie in the map. */
MUST_CHECK enum err apply_put_key(struct apply *a, enum space space, struct bytes key,
                                  struct bytes value, int64_t lease);
/* KEY lives (HEAD is its row). */
MUST_CHECK enum err apply_remove_key(struct apply *a, enum space space, struct bytes key,
                                     const struct row *head);
/* A copy of a version in the effects' arena. */
MUST_CHECK enum err apply_copy_kv(struct apply *a, enum space space, struct bytes key,
                                  const struct row *row, struct kv *ret);
void apply_lease_change(struct apply *a, const struct lease_change *change);
/* A lease of an id that is free. */
MUST_CHECK enum err apply_lease_grant(struct apply *a, const struct lease_grant *grant);
/* Counts BYTES of results of the command; ERR_AGAIN if the entry has no room for them. */
MUST_CHECK enum err apply_take_room(struct apply *a, uint64_t bytes);

/* -- commands: `check` refuses, `run` goes on until *ret_done -----------------------------------
 */

MUST_CHECK enum err apply_txn_check(struct apply *a, uint64_t *rows, bool *ret_done);
/* Forgets a check that is under way. */
void apply_txn_end_check(struct apply *a);
MUST_CHECK enum err apply_txn_run(struct apply *a, uint64_t *rows, bool *ret_done);
MUST_CHECK enum err apply_lease_check(struct apply *a);
MUST_CHECK enum err apply_lease_run(struct apply *a, uint64_t *rows, bool *ret_done);
MUST_CHECK enum err apply_compact_check(struct apply *a);
MUST_CHECK enum err apply_compact_run(struct apply *a);

/* -- apply_hook.c: what upper folders do beside a command
 * ----------------------------------------- */

/* Subtracts what they have written from ROWS, the work that is left for this step. */
void apply_spend(struct apply *a, uint64_t *rows);
MUST_CHECK enum err apply_hook_end_key(struct apply *a, enum space space, struct bytes key,
                                       bool *ret_taken);
bool apply_hook_moves(const struct apply *a);
MUST_CHECK enum err apply_hook_move_key(struct apply *a, struct bytes key);
MUST_CHECK enum err apply_hook_check(struct apply *a, const struct txn_plan *plan);
MUST_CHECK enum err apply_hook_put(struct apply *a, enum space space, struct bytes key,
                                   struct bytes value, int64_t lease);
MUST_CHECK enum err apply_hook_removed(struct apply *a, enum space space, struct bytes key);
MUST_CHECK enum err apply_hook_end_entry(struct apply *a, uint64_t *rows, bool *ret_done);

/* origin.c: the number of the command's origin, interned; and its WHY, kept once for REVISION. */
MUST_CHECK enum err apply_origin(struct apply *a, uint32_t *ret_number);
MUST_CHECK enum err apply_why(struct apply *a, enum space space, uint64_t revision);

#endif
