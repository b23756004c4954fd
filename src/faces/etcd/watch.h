/* faces/etcd/watch.h -- the inside of Watch streams: watch.c, watch_events.c, watch_progress.c.
 *
 * One stream carries many watchers, found by the ids that the client or we chose. */
#ifndef FACES_ETCD_WATCH_H
#define FACES_ETCD_WATCH_H

#include "faces/etcd/stream.h"
#include "hub/watch.h"

struct etcd_watch {          /* one watcher */
    struct etcd_watch *next; /* of its bucket */
    struct list link;        /* of its stream */
    struct etcd_watches *stream;
    struct watcher *watcher; /* NULL: compaction has ended it, the client has yet to cancel it */
    int64_t id;
    bool prev_kv, fragment, progress_notify;
    bool spoke; /* was sent events since the last periodic progress */
};

struct etcd_watches { /* one stream; the state of its call */
    struct etcd_stream stream;
    struct watch_stream *hub_stream;
    struct list watches;
    struct etcd_watch **buckets; /* a power of two of them */
    size_t bucket_n, watch_n, compacted_n /* of them, ended by compaction */;
    int64_t next_id;
    size_t creating_n;     /* creations that are not answered yet */
    struct list postponed; /* messages that came behind them */
    size_t postponed_bytes;
    struct timer periodic; /* runs while a watcher wants periodic progress */
    struct hub_read asked; /* progress that is to be answered at the end of the turn */
    size_t asked_n;        /* requests for it */
    bool tick;             /* the periodic one rang */
};

extern const struct watch_ops etcd_watch_ops;

/* watch_table.c */
struct etcd_watch *watch_find(const struct etcd_watches *s, int64_t id);
void watch_add(struct etcd_watches *s, struct etcd_watch *w);
void watch_remove(struct etcd_watch *w); /* and frees it */
/* The next id that we choose. */
int64_t watch_next_id(struct etcd_watches *s);

/* watch_events.c */
void watch_send_events(struct watcher *watcher, const struct watch_events *events);
void watch_free_rendered(void *shared);
/* What answers without events say beside the header. */
struct watch_answer {
    uint64_t revision; /* of the header; 0: left out */
    int64_t id;
    bool created, canceled;
    uint64_t compact_revision;
    const char *reason;
};
void watch_send_answer(struct etcd_watches *s, const struct watch_answer *a);

/* watch_progress.c */
void watch_progress_ask(struct etcd_watches *s);
/* A watcher that wants periodic progress has come. */
void watch_progress_start(struct etcd_watches *s);
void watch_progress_stop(struct etcd_watches *s);

#endif
