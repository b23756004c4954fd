/* store/side.h -- rows beside the spaces: what upper folders keep without a revision.
 *
 * Counters, indexes, who owns what: written while a command is applied (apply_context.h), in the
 * same transaction, but they are no keys: no event, no history, no revision. Small, and any key. */
#ifndef STORE_SIDE_H
#define STORE_SIDE_H

#include <stdbool.h>

#include "base/bytes.h"
#include "store/view.h"

enum { SIDE_VALUE_MAX = 1500 }; /* so that a row with its key stays below ROW_MAX */

/* ERR_NOT_FOUND, or the value, lent by the view. */
MUST_CHECK enum err side_get(const struct view *view, struct bytes key, struct bytes *ret);
/* Calls EACH for the rows whose keys begin with PREFIX, in order, until it returns false. Both are
 * lent during the call; nothing may be written in it. */
MUST_CHECK enum err side_each(const struct view *view, struct bytes prefix,
                              bool (*each)(void *ctx, struct bytes key, struct bytes value),
                              void *ctx);
/* The same from FROM on, which begins with PREFIX. */
MUST_CHECK enum err side_each_from(const struct view *view, struct bytes prefix, struct bytes from,
                                   bool (*each)(void *ctx, struct bytes key, struct bytes value),
                                   void *ctx);

#endif
