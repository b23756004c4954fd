/* store/txn_read.h -- a transaction that only reads, on one view, step by step. */
#ifndef STORE_TXN_READ_H
#define STORE_TXN_READ_H

#include "store/range_job.h"
#include "store/txn_plan.h"
#include "store/txn_size.h"

struct txn_read {
    struct txn_plan plan;
    bool planned;
    size_t step;
    bool in_step;
    struct range_job job;
    struct txn_size size; /* of the results so far */
};

/* VIEW, TXN and ARENA are kept. */
void txn_read_begin(struct txn_read *r, const struct view *view, const struct txn *txn,
                    struct arena *arena);
/* Looks at about *ROWS rows, and subtracts them; *ret_done: the result is there. ERR_COMPACTED,
 * ERR_FUTURE, ERR_INVALID (the branch taken writes), ERR_TOO_BIG: above TXN_RESULT_BYTES. */
MUST_CHECK enum err txn_read_step(struct txn_read *r, uint64_t *rows, bool *ret_done);
/* In the arena; keys and values may lend from the view, values be in pieces (value_append). */
struct txn_result *txn_read_result(const struct txn_read *r);
/* Gives up what the arena does not hold; harmless twice. */
void txn_read_end(struct txn_read *r);

/* All of it at once. */
MUST_CHECK enum err txn_read(const struct view *view, const struct txn *txn, struct arena *arena,
                             struct txn_result **ret);

#endif
