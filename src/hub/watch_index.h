/* hub/watch_index.h -- which groups of watchers a key concerns.
 *
 * Watchers of the same space and range form one group, so that what is rendered for one is there
 * for all. Groups of single keys are found by hash, groups of ranges in an interval tree. One
 * thread. */
#ifndef HUB_WATCH_INDEX_H
#define HUB_WATCH_INDEX_H

#include "base/list.h"
#include "base/siphash.h"
#include "store/kv.h"

struct watch_index;

struct watch_group {
    enum space space;
    struct bytes key, end; /* END empty: one key; one 0x00 byte: open */
    struct list watchers;  /* the owner's links */
    size_t watcher_n;
    /* For whoever collects the events of one batch; cleared by its owner. */
    struct list touched;
    const struct event **events;
    size_t event_n, event_room;
};

/* KEY is fresh randomness: whoever chooses the ranges must not be able to choose the tree's shape,
 * or the buckets they fall into. */
struct watch_index *watch_index_new(const struct siphash_key *key);
/* All groups must be gone. */
void watch_index_free(struct watch_index *x);
/* The group of a range, made if there is none yet. */
struct watch_group *watch_index_group(struct watch_index *x, enum space space, struct bytes key,
                                      struct bytes end);
/* After its last watcher has left. */
void watch_index_drop(struct watch_index *x, struct watch_group *g);
/* Calls FOUND for each group whose range holds KEY. */
void watch_index_find(struct watch_index *x, enum space space, struct bytes key,
                      void (*found)(void *ctx, struct watch_group *g), void *ctx);
/* Groups of a space (to mark them all). */
void watch_index_each(struct watch_index *x, enum space space,
                      void (*found)(void *ctx, struct watch_group *g), void *ctx);

#endif
