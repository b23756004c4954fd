/* store/newest.h -- the revision of the newest change of a space, or of a range of its keys.
 *
 * Removals count as long as the space can be read from where they happened; then they are
 * forgotten, swept or not. */
#ifndef STORE_NEWEST_H
#define STORE_NEWEST_H

#include "base/buf.h"
#include "store/view.h"

/* Of all of SPACE: never less than what it is compacted to, so it does not go back. At least 1. */
MUST_CHECK enum err newest_change(const struct view *view, enum space space, uint64_t *ret);
/* Of the keys in [KEY, END) (range_query.h); 0: there is none. Looks at all their heads. */
MUST_CHECK enum err newest_in_range(const struct view *view, enum space space, struct bytes key,
                                    struct bytes end, uint64_t *ret);
/* The same in pieces: raises *NEWEST, 0 at first, by what at most ROWS heads of [FROM, END) say. If
 * there are more, NEXT holds where to go on from (FROM may lend from it). */
MUST_CHECK enum err newest_in_part(const struct view *view, enum space space, struct bytes from,
                                   struct bytes end, uint64_t rows, struct buf *next,
                                   uint64_t *newest, bool *ret_done);

#endif
