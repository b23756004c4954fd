/* store/txn_plan.h -- a transaction's taken branches, flattened into steps. */
#ifndef STORE_TXN_PLAN_H
#define STORE_TXN_PLAN_H

#include "store/tables.h"
#include "store/txn.h"

struct txn_step {
    const struct op *op;      /* NULL: the end of OWNER */
    struct op_result *result; /* where it goes */
    struct txn_result *owner;
};

struct txn_plan {
    struct txn_step *steps; /* in the arena, as is everything below */
    size_t step_n, room;
    struct txn_result *result;
    struct arena *arena;
};

/* Evaluates all compares, nested ones too, on V, and lays out results and steps in ARENA. */
MUST_CHECK enum err txn_plan_make(const struct view *v, const struct txn *txn, struct arena *arena,
                                  struct txn_plan *ret);
/* What may refuse the taken branches (etcd.md 4.4): leases that are not there, ignored values and
 * leases of keys that are not there, revisions of ranges. */
MUST_CHECK enum err txn_plan_check(const struct view *v, const struct txn_plan *plan);

#endif
