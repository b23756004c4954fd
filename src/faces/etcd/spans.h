/* faces/etcd/spans.h -- sets of key ranges that can be joined and asked whether they meet.
 *
 * A set is a row of sorted runs, each at least twice as long as the next: adding merges runs of
 * like size, so that building a set of n costs n log n however it is put together, and asking is a
 * binary search in each run. Joining takes the other set's runs over whole. */
#ifndef FACES_ETCD_SPANS_H
#define FACES_ETCD_SPANS_H

#include "base/arena.h"
#include "base/bytes.h"

struct span {
    struct bytes begin, end;
    bool to_end_inclusive; /* END belongs to it: single keys have begin == end */
    struct bytes furthest; /* internal: the greatest end of this span and those before it */
    bool furthest_inclusive;
};

struct span_run {
    struct span *spans; /* by begin */
    size_t n;
};

enum { SPAN_RUNS = 64 };

struct spans {
    struct span_run *runs; /* SPAN_RUNS of them, in the arena; NULL while it is empty */
    size_t run_n;
    size_t n; /* spans over all */
};

/* One key. */
void spans_add_key(struct spans *s, struct arena *arena, struct bytes key);
/* BEGIN <= x < END. Nothing is added if it holds nothing. */
void spans_add_range(struct spans *s, struct arena *arena, struct bytes begin, struct bytes end);
/* S becomes the union of both; OTHER must not be used afterwards. */
void spans_join(struct spans *s, struct arena *arena, struct spans *other);
bool spans_hold(const struct spans *s, struct bytes key);
/* Some key is in both. The smaller is gone through. */
bool spans_meet(const struct spans *a, const struct spans *b);

#endif
