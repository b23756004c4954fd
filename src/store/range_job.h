/* store/range_job.h -- a range being read in steps, so that a long one inside an entry can be cut.
 */
#ifndef STORE_RANGE_JOB_H
#define STORE_RANGE_JOB_H

#include "store/layered.h"
#include "store/range_query.h"
#include "store/tables.h"

struct range_job {
    const struct view *view;
    struct range_query query;
    struct arena *arena;
    uint64_t revision; /* read at this one */
    bool newest;       /* which is the present one */
    bool backwards;    /* key order descending with a limit: from the end */
    bool sorted_later; /* all kvs are needed before the cut */
    bool filtered;     /* by mod or create */
    bool measuring;    /* kvs are only counted, in KV_N and BYTES */
    bool open;
    struct layered_cursor cursor;
    struct kv *kvs;
    size_t kv_n, kv_room;
    uint64_t count, budget_left, passed, bytes;
    bool more, over_budget;
    bool flat; /* copy keys and values into the arena */
};

/* ERR_COMPACTED, ERR_FUTURE. FLAT results outlive the view. ARENA and VIEW are kept. */
MUST_CHECK enum err range_job_begin(struct range_job *j, const struct view *view,
                                    const struct range_query *query, bool flat,
                                    struct arena *arena);
/* Looks at about *ROWS rows, and subtracts them; *ret_done: the result is there. */
MUST_CHECK enum err range_job_step(struct range_job *j, uint64_t *rows, bool *ret_done);
/* After done. */
void range_job_result(struct range_job *j, struct range_result *ret);
void range_job_end(struct range_job *j);

#endif
