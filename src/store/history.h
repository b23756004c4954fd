/* store/history.h -- the changes of the past, for watchers that catch up. */
#ifndef STORE_HISTORY_H
#define STORE_HISTORY_H

#include "base/arena.h"
#include "store/kv.h"
#include "store/view.h"

struct history_batch {
    struct event *events; /* in the arena; values lend from the view or are in pieces */
    size_t event_n;
    uint64_t next; /* the first revision not covered: everything below it has been given */
};

/* The changes of SPACE in [FROM, the view's revision], in order, never cutting a revision: stops
 * after the revision that reaches MAX_EVENTS or MAX_BYTES (of keys and values). One scan of the
 * change table, for wide ranges; several watchers share it.
 * ERR_COMPACTED if FROM is below the compacted revision. */
MUST_CHECK enum err history_scan(const struct view *view, enum space space, uint64_t from,
                                 size_t max_events, size_t max_bytes, struct arena *arena,
                                 struct history_batch *ret);
/* The same for the keys of one range, through the head rows with mod >= FROM and their chains: for
 * single keys and narrow ranges. Reads at most MAX_KEYS head rows; ERR_TOO_BIG above: scan. */
MUST_CHECK enum err history_range(const struct view *view, enum space space, struct bytes key,
                                  struct bytes end, uint64_t from, size_t max_keys,
                                  size_t max_events, size_t max_bytes, struct arena *arena,
                                  struct history_batch *ret);
/* The version that EVENT replaced, when it can still be read: ERR_NOT_FOUND if there was none,
 * ERR_COMPACTED if it is gone. */
MUST_CHECK enum err history_prev(const struct view *view, enum space space,
                                 const struct event *event, struct arena *arena, struct kv *ret);

#endif
