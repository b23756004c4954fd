/* hub/watch_core.h -- the inside of watchers: watch_live.c and watch_catch_up.c. */
#ifndef HUB_WATCH_CORE_H
#define HUB_WATCH_CORE_H

#include "hub/core.h"
#include "hub/watch.h"
#include "hub/watch_index.h"

enum watcher_state { WATCHER_CREATING, WATCHER_BEHIND, WATCHER_SYNCED };

struct watch_stream {
    struct hub *hub;
    const struct watch_ops *ops;
    void *ctx;
    struct list watchers;
    size_t unsynced_n; /* of them, being created or behind */
};

/* In one of the thread's lists by STATE while it is not synced. */
struct watcher {
    struct list stream_link, group_link, state_link;
    struct watch_stream *stream;
    struct watch_group *group;
    enum watcher_state state;
    bool wide;    /* behind, and its range is too wide for the head rows: shared scans */
    bool scanned; /* has taken part in the scan under way */
    bool no_put, no_delete;
    uint64_t start; /* as asked for; 0 = from its creation on */
    uint64_t next;  /* behind: the first revision not delivered; synced: not before this one */
    void *ctx;
};

struct watch_hub {
    struct watch_index *index;
    struct list creating, behind;
    struct list touched;           /* groups with events of the batch or scan under way */
    const struct event *touching;  /* the one that is being looked up */
    struct arena arena;            /* of one turn's history */
    const struct event **filtered; /* scratch */
    size_t filtered_room;
    struct watch_counts counts;
    struct metric *watchers, *streams, *slow, *fell_behind, *events;
};

/* Leaves the present state's list and count, enters TO's. */
void watcher_move(struct watcher *w, enum watcher_state to);
/* Events go to a group's list, and the group to TOUCHED. */
void watch_touch(struct watch_hub *wh, enum space space, const struct event *event);
/* Hands the touched groups' events to their watchers of STATE (behind: only wide ones with room),
 * and empties them. REVISION is what the answers say; 0: the last event's. */
void watch_deliver_touched(struct hub *h, enum watcher_state state, uint64_t revision,
                           uint64_t batch_first);
/* Hands W those of EVENTS that it wants. */
void watch_deliver(struct hub *h, struct watcher *w, const struct event *const *events, size_t n,
                   uint64_t revision, void **shared, bool live);
/* The stream has room for more. */
bool watch_has_room(const struct hub *h, const struct watch_stream *s);

#endif
