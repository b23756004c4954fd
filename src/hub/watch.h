/* hub/watch.h -- watchers of key ranges on one io thread, and how they catch up.
 *
 * A watcher belongs to a stream (one per protocol stream). While it is in sync it is matched
 * against each batch (hash for single keys, interval tree for ranges) and handed the events; when
 * its stream is over its byte budget, or it starts in the past, it is behind: it gets nothing
 * queued, and reads the history from its next revision when the stream has room. Order, no gap, no
 * repeat, ever; all events of a revision come in one call. */
#ifndef HUB_WATCH_H
#define HUB_WATCH_H

#include "hub/hub.h"
#include "store/history.h"

struct watch_stream;
struct watcher;

struct watch_events { /* lent for the call */
    const struct event *const *events;
    size_t n;
    uint64_t revision;       /* of the store as the watcher has now seen it: >= the last event's */
    const struct view *view; /* for values in pieces and previous versions */
    /* The same events in the same order were handed to the watcher before, in this turn: what was
     * rendered for it may be used again. NULL if there is none; else the SHARED that it set. */
    void **shared;
    bool caught_up; /* delivered live, not from history */
};

struct watch_ops {
    /* The watcher has been registered at a revision (hub's view): everything after is delivered. */
    void (*created)(struct watcher *w, uint64_t revision);
    void (*events)(struct watcher *w, const struct watch_events *events);
    /* Compaction overtook its next revision: it is closed already. */
    void (*compacted)(struct watcher *w, uint64_t compact_revision);
    /* Bytes that wait unsent on the stream: over the budget its watchers fall behind. */
    size_t (*pending)(void *stream_ctx);
    /* Frees what `shared` points to, at the end of the turn. */
    void (*free_shared)(void *shared);
};

struct watch_options {
    enum space space;
    struct bytes key, end;  /* copied; written as in range.h; key "\0" and end "\0" = everything */
    uint64_t start;         /* first revision wanted; 0 = from now */
    bool no_put, no_delete; /* filters */
    void *ctx;
};

struct watch_stream *watch_stream_new(struct hub *h, const struct watch_ops *ops, void *ctx);
/* Closes its watchers. */
void watch_stream_free(struct watch_stream *s);
/* The stream's output drained: those behind go on. */
void watch_stream_drained(struct watch_stream *s);
/* `created` comes at the end of the turn, in the order of these calls. */
struct watcher *watch_open(struct watch_stream *s, const struct granted *granted,
                           const struct watch_options *options);
/* Nothing is delivered afterwards. */
void watch_close(struct watcher *w);
void *watcher_ctx(const struct watcher *w);
void *watch_stream_ctx(const struct watch_stream *s);
struct watch_stream *watcher_stream(const struct watcher *w);
/* True if it has been given everything up to the view's revision, and that is at or above its
 * start; *ret_revision: that revision. */
bool watcher_is_synced(const struct watcher *w, uint64_t *ret_revision);
/* The same of all watchers of the stream. */
bool watch_stream_is_synced(const struct watch_stream *s, uint64_t *ret_revision);

struct watch_counts {
    uint64_t watchers, streams, slow /* behind now */, fell_behind /* ever */, events;
};
void watch_counts(struct hub *h, struct watch_counts *ret);

#endif
