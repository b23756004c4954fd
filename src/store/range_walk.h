/* store/range_walk.h -- a range read over many turns, each with the view of its own, at one
 * revision: that of the first view, or the one asked for.
 *
 * No view is held in between: what goes on goes on by key. Memory is bounded whatever the range
 * holds; an order other than the keys' needs a pass over the range for every RANGE_WALK_BYTES of
 * what is compared. */
#ifndef STORE_RANGE_WALK_H
#define STORE_RANGE_WALK_H

#include "base/arena.h"
#include "store/range_query.h"
#include "store/view.h"

enum { RANGE_WALK_BYTES = 16 << 20 };

struct range_walk;

struct range_part {
    struct kv *kvs; /* the next of the answer, in ARENA; values lend from VIEW, keys from both */
    size_t kv_n;
    bool done;      /* the rest holds; until then go on */
    uint64_t count; /* as in struct range_result */
    bool more;
};

/* Gives a walk. QUERY is copied, but its bytes are kept. ERR_COMPACTED, ERR_FUTURE.
 * SELECT_BYTES: 0 = RANGE_WALK_BYTES. */
MUST_CHECK enum err range_walk_new(const struct view *view, const struct range_query *query,
                                   size_t select_bytes, struct range_walk **ret);
void range_walk_free(struct range_walk *w);
/* The revision that is read. */
uint64_t range_walk_revision(const struct range_walk *w);

/* Looks at no more than about ROWS rows, and gives kvs of about BYTES bytes (at least one, if there
 * is one). Without WITH_VALUES only the lengths of values may be looked at. ERR_COMPACTED: a
 * compaction has overtaken the walk. */
MUST_CHECK enum err range_walk_step(struct range_walk *w, const struct view *view, uint64_t rows,
                                    uint64_t bytes, bool with_values, struct arena *arena,
                                    struct range_part *ret);

/* Remembers the place between what was given and what comes. */
void range_walk_mark(struct range_walk *w);
/* Goes back to the mark, once; counts are what they were. */
void range_walk_rewind(struct range_walk *w);

#endif
