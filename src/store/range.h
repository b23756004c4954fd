/* store/range.h -- reading keys at a revision, at once. */
#ifndef STORE_RANGE_H
#define STORE_RANGE_H

#include "base/arena.h"
#include "store/range_query.h"
#include "store/view.h"

/* ERR_COMPACTED, ERR_FUTURE. The order of work is etcd's: select, filter, sort, cut, blank. */
MUST_CHECK enum err range_read(const struct view *view, const struct range_query *query,
                               struct arena *arena, struct range_result *ret);

/* KEY as it stood at REVISION (0 = newest). ERR_KEY_NOT_FOUND, ERR_COMPACTED, ERR_FUTURE. */
MUST_CHECK enum err range_get(const struct view *view, enum space space, struct bytes key,
                              uint64_t revision, struct arena *arena, struct kv *ret);

/* True if KEY lies in the range [FROM, END) written as above. */
bool range_holds(struct bytes from, struct bytes end, struct bytes key);

#endif
