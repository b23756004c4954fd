/* store/txn_measure.h -- how much a transaction's results will hold, known before it writes.
 *
 * Each range, each put that asks for what was there, and each removal that does is gone through as
 * the state is before the transaction, without what earlier steps replace or remove; what those put
 * counts where it may be met. That is never less than what the results will hold, and no more than
 * it but for keys that are put again, and for limits that cut what was put. */
#ifndef STORE_TXN_MEASURE_H
#define STORE_TXN_MEASURE_H

#include "store/range_job.h"
#include "store/txn_plan.h"
#include "store/txn_size.h"

struct txn_measure {
    const struct txn_plan *plan;
    struct arena *arena;
    struct arena kvs;  /* of the present step */
    uint64_t *value_n; /* of what each step puts; in ARENA */
    size_t step;
    bool in_step;
    struct range_job job;
    struct txn_size size; /* so far */
};

/* PLAN is laid out and checked; it and ARENA are kept. */
void txn_measure_begin(struct txn_measure *m, const struct txn_plan *plan, struct arena *arena);
/* Looks at about *ROWS rows, and subtracts them; *ret_done: m->size is known. ERR_TOO_BIG: more
 * than TXN_RESULT_BYTES. Nothing may be written between two steps. */
MUST_CHECK enum err txn_measure_step(struct txn_measure *m, uint64_t *rows, bool *ret_done);
/* Harmless twice. */
void txn_measure_end(struct txn_measure *m);

#endif
