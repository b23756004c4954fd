/* store/txn_plan.h -- a transaction's taken branches, flattened into steps.
 *
 * Making the plan evaluates all compares; those over long ranges are cut at any row, and nested
 * transactions are walked with a stack of frames in the arena, not with C's. */
#ifndef STORE_TXN_PLAN_H
#define STORE_TXN_PLAN_H

#include "store/command.h"
#include "store/layered.h"
#include "store/tables.h"
#include "store/txn.h"

struct txn_step {
    const struct op *op;      /* NULL: the end of OWNER */
    struct op_result *result; /* where it goes; NULL: the end of the outermost */
    struct txn_result *owner; /* NULL: an OP */
};

struct txn_frame; /* a transaction whose steps are being laid out */

struct txn_plan {
    const struct view *view;
    struct arena *arena;    /* results and steps */
    struct txn_step *steps; /* in the arena, as is everything below */
    size_t step_n, step_room;
    struct txn_result *result;
    struct txn_frame *frames; /* the outermost first */
    size_t frame_n, frame_room;
    struct layered_cursor cursor; /* of the present compare, while WALKING */
    bool walking, seen;
    struct buf value; /* one in pieces, to be compared */
};

/* VIEW, TXN and ARENA are kept. */
void txn_plan_begin(struct txn_plan *plan, const struct view *view, const struct txn *txn,
                    struct arena *arena);
/* Looks at about *ROWS rows, and subtracts them; *ret_done: all is laid out. Nothing may be written
 * between two steps. */
MUST_CHECK enum err txn_plan_step(struct txn_plan *plan, uint64_t *rows, bool *ret_done);
/* Gives up what the arena does not hold; harmless twice. The steps stay. */
void txn_plan_end(struct txn_plan *plan);
/* What may refuse the taken branches (etcd.md 4.4): leases that are not there or are not FACE's,
 * ignored values and leases of keys that are not there, revisions of ranges. */
MUST_CHECK enum err txn_plan_check(const struct txn_plan *plan, enum face face);
/* What the steps before AT leave of KEY: 1 put, 0 removed, -1 not touched. */
int txn_plan_touched(const struct txn_plan *plan, size_t at, enum space space, struct bytes key);

#endif
