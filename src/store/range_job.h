/* store/range_job.h -- a range being read in steps, so that a long one can be cut.
 *
 * Inside of the store: an entry's ranges, and those of range_walk.h. */
#ifndef STORE_RANGE_JOB_H
#define STORE_RANGE_JOB_H

#include "store/layered.h"
#include "store/range_select.h"
#include "store/tables.h"

struct range_job {
    const struct view *view;
    struct range_query query;
    struct arena *arena;
    uint64_t revision;  /* read at this one */
    bool newest;        /* which is the present one */
    bool backwards;     /* key order descending: from the end */
    bool sorted_later;  /* in an order other than the keys' */
    uint64_t taken_max; /* kvs taken or offered in key order; those behind are only counted */
    bool filtered;      /* by mod or create */
    bool open;
    struct layered_cursor cursor;
    struct range_select select; /* if it is sorted later */
    struct buf scratch;         /* one value in pieces, to be compared */
    struct buf from;            /* the key it goes on from */
    struct kv *kvs;
    size_t kv_n, kv_room;
    uint64_t count, passed;
    uint64_t budget, budget_left;              /* of this step; 0 = none */
    bool over_budget;                          /* it stands on the first kv that did not fit */
    bool at_end;                               /* all rows have been seen */
    uint64_t copied;                           /* bytes of values, since a row was last counted */
    bool flat;                                 /* copy keys and values into the arena */
    bool (*skip)(void *ctx, struct bytes key); /* true: as if it were not there; may be NULL */
    void *skip_ctx;
};

/* ERR_COMPACTED, ERR_FUTURE. FLAT results outlive the view. ARENA and VIEW are kept. */
MUST_CHECK enum err range_job_begin(struct range_job *j, const struct view *view,
                                    const struct range_query *query, bool flat,
                                    struct arena *arena);
/* Looks at about *ROWS rows, and subtracts them; *ret_done: the result is there. */
MUST_CHECK enum err range_job_step(struct range_job *j, uint64_t *rows, bool *ret_done);
/* After done. Reads the values of what was selected. */
MUST_CHECK enum err range_job_result(struct range_job *j, struct range_result *ret);
void range_job_end(struct range_job *j);

/* Entry I of a selection in order; without its value it is not to be read from. */
MUST_CHECK enum err range_job_selected(struct range_job *j, size_t i, bool with_value,
                                       struct kv *ret);

/* Lets go of the view; the job stands on the row that comes next. */
void range_job_pause(struct range_job *j);
/* Goes on with VIEW, for at most BUDGET bytes of keys and values (0 = no limit); what was taken
 * before is forgotten. ERR_COMPACTED: overtaken. */
MUST_CHECK enum err range_job_resume(struct range_job *j, const struct view *view, uint64_t budget);

#endif
