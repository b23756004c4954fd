/* Watchers in sync: matched against each batch by group, rendered once a group, handed to each.
 *
 * A watcher is being created, behind, or synced. Synced ones have seen everything up to the last
 * batch processed; they carry no position but a lower bound, so that a batch costs nothing for
 * those it does not concern. One that cannot take a batch (its stream is over the budget, or the
 * batch has left its events out) falls behind at the batch's first revision. */
#include "hub/watch.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "hub/watch_core.h"

enum { VARIANTS = 4 /* of filters */ };

/* -- states ----------------------------------------------------------------------------------- */

void watcher_move(struct watcher *w, enum watcher_state to)
{
    struct watch_hub *wh = w->stream->hub->watch;
    assert(to != WATCHER_CREATING);
    list_remove(&w->state_link);
    if (w->state == WATCHER_SYNCED && to == WATCHER_BEHIND) {
        w->stream->unsynced_n++;
        wh->counts.fell_behind++;
        metric_add(wh->fell_behind, 1);
    } else if (w->state != WATCHER_SYNCED && to == WATCHER_SYNCED) {
        w->stream->unsynced_n--;
    }
    if (w->state != WATCHER_BEHIND && to == WATCHER_BEHIND)
        metric_add(wh->slow, 1), wh->counts.slow++;
    else if (w->state == WATCHER_BEHIND && to != WATCHER_BEHIND)
        metric_add(wh->slow, -1), wh->counts.slow--;
    if (to == WATCHER_BEHIND)
        list_append(&wh->behind, &w->state_link);
    w->wide = false;
    w->state = to;
}

bool watch_has_room(const struct hub *h, const struct watch_stream *s)
{
    return s->ops->pending(s->ctx) <= h->options.watch_buffer_bytes;
}

static void fall_behind(struct watcher *w, uint64_t from)
{
    if (w->next < from)
        w->next = from;
    watcher_move(w, WATCHER_BEHIND);
}

/* -- delivering ------------------------------------------------------------------------------- */

static bool wants(const struct watcher *w, const struct event *e)
{
    if (e->kv.mod < w->next)
        return false;
    return e->kind == EVENT_PUT ? !w->no_put : !w->no_delete;
}

static const struct event **scratch(struct watch_hub *wh, size_t n)
{
    if (n > wh->filtered_room) {
        wh->filtered_room = n * 2;
        wh->filtered =
            mem_realloc((void *)wh->filtered, wh->filtered_room * sizeof wh->filtered[0]);
    }
    return wh->filtered;
}

void watch_deliver(struct hub *h, struct watcher *w, const struct event *const *events, size_t n,
                   uint64_t revision, void **shared, bool live)
{
    const struct event **kept = scratch(h->watch, n);
    size_t kept_n = 0;
    for (size_t i = 0; i < n; i++)
        if (wants(w, events[i]))
            kept[kept_n++] = events[i];
    if (kept_n == 0)
        return;
    struct watch_events out = {
        .events = kept,
        .n = kept_n,
        .revision = revision != 0 ? revision : kept[kept_n - 1]->kv.mod,
        .view = h->view,
        .shared = w->next <= events[0]->kv.mod ? shared : NULL,
        .caught_up = live,
    };
    h->watch->counts.events += kept_n;
    metric_add(h->watch->events, (int64_t)kept_n);
    w->stream->ops->events(w, &out);
}

static void touch_group(void *ctx, struct watch_group *g)
{
    struct watch_hub *wh = ctx;
    if (!list_is_linked(&g->touched))
        list_append(&wh->touched, &g->touched);
    if (g->event_n == g->event_room) {
        g->event_room = g->event_room == 0 ? 8 : g->event_room * 2;
        g->events = mem_realloc((void *)g->events, g->event_room * sizeof g->events[0]);
    }
    g->events[g->event_n++] = wh->touching;
}

void watch_touch(struct watch_hub *wh, enum space space, const struct event *event)
{
    wh->touching = event;
    watch_index_find(wh->index, space, event->kv.key, touch_group, wh);
}

/* What was rendered for the group's watchers of one protocol, by their filters. */
struct shared_slots {
    const struct watch_ops *ops;
    void *slots[VARIANTS];
};

static void **slot_of(struct shared_slots *s, const struct watcher *w)
{
    if (s->ops == NULL)
        s->ops = w->stream->ops;
    return s->ops == w->stream->ops ? &s->slots[(w->no_put ? 1 : 0) | (w->no_delete ? 2 : 0)]
                                    : NULL;
}

static void free_slots(const struct shared_slots *s)
{
    for (size_t i = 0; i < VARIANTS; i++)
        if (s->slots[i] != NULL)
            s->ops->free_shared(s->slots[i]);
}

static void deliver_group(struct hub *h, struct watch_group *g, enum watcher_state state,
                          uint64_t revision, uint64_t first)
{
    struct shared_slots shared = { 0 };
    LIST_FOR_EACH(link, &g->watchers)
    {
        struct watcher *w = CONTAINER_OF(link, struct watcher, group_link);
        if (w->state != state || (state == WATCHER_BEHIND && !w->scanned))
            continue;
        bool live = state == WATCHER_SYNCED;
        if (live && !watch_has_room(h, w->stream))
            fall_behind(w, first);
        else
            watch_deliver(h, w, g->events, g->event_n, revision, slot_of(&shared, w), live);
    }
    free_slots(&shared);
}

void watch_deliver_touched(struct hub *h, enum watcher_state state, uint64_t revision,
                           uint64_t first)
{
    LIST_FOR_EACH(link, &h->watch->touched)
    {
        struct watch_group *g = CONTAINER_OF(link, struct watch_group, touched);
        list_remove(link);
        deliver_group(h, g, state, revision, first);
        g->event_n = 0;
    }
}

/* -- batches ---------------------------------------------------------------------------------- */

struct marking {
    uint64_t from;
};

static void mark_group(void *ctx, struct watch_group *g)
{
    const struct marking *m = ctx;
    LIST_FOR_EACH(link, &g->watchers)
    {
        struct watcher *w = CONTAINER_OF(link, struct watcher, group_link);
        if (w->state == WATCHER_SYNCED)
            fall_behind(w, m->from);
    }
}

static void mark_behind(struct hub *h, enum space space, uint64_t from)
{
    struct marking marking = { .from = from };
    watch_index_each(h->watch->index, space, mark_group, &marking);
}

void watch_hub_batch(struct hub *h, struct batch *b)
{
    for (size_t i = 0; i < SPACES; i++)
        if (b->spaces & b->left_out & BIT(i))
            mark_behind(h, (enum space)i, b->first);
    for (size_t i = 0; i < b->event_n; i++)
        watch_touch(h->watch, b->events[i].space, &b->events[i].event);
    watch_deliver_touched(h, WATCHER_SYNCED, 0, b->first);
}

void watch_hub_lost(struct hub *h, uint64_t from)
{
    for (size_t i = 0; i < SPACES; i++)
        mark_behind(h, (enum space)i, from);
}

/* -- creating --------------------------------------------------------------------------------- */

void watch_hub_create(struct hub *h)
{
    uint64_t revision = view_revision(h->view);
    struct list now;
    list_init(&now);
    list_splice(&now, &h->watch->creating);
    while (!list_is_empty(&now)) {
        struct watcher *w = LIST_FIRST(&now, struct watcher, state_link);
        bool in_past = w->next != 0 && w->next <= revision;
        if (w->next <= revision && !in_past)
            w->next = revision + 1;
        watcher_move(w, in_past ? WATCHER_BEHIND : WATCHER_SYNCED);
        w->stream->ops->created(w, revision);
    }
}

bool watch_hub_waits(const struct hub *h)
{
    return !list_is_empty(&h->watch->creating) || !list_is_empty(&h->watch->behind);
}

struct watcher *watch_open(struct watch_stream *s, const struct granted *granted,
                           const struct watch_options *o)
{
    assert(granted != NULL && o->space != SPACE_SYSTEM);
    struct watch_hub *wh = s->hub->watch;
    store_want_events(replica_store(s->hub->options.replica), o->space, true);
    struct watcher *w = mem_zalloc(1, sizeof *w);
    *w = (struct watcher){
        .stream = s,
        .group = watch_index_group(wh->index, o->space, o->key, o->end),
        .state = WATCHER_CREATING,
        .no_put = o->no_put,
        .no_delete = o->no_delete,
        .start = o->start,
        .next = o->start,
        .ctx = o->ctx,
    };
    list_append(&s->watchers, &w->stream_link);
    list_append(&w->group->watchers, &w->group_link);
    list_append(&wh->creating, &w->state_link);
    w->group->watcher_n++;
    s->unsynced_n++;
    wh->counts.watchers++;
    metric_add(wh->watchers, 1);
    loop_again(s->hub->options.loop);
    return w;
}

void watch_close(struct watcher *w)
{
    struct watch_hub *wh = w->stream->hub->watch;
    if (w->state != WATCHER_SYNCED)
        w->stream->unsynced_n--;
    if (w->state == WATCHER_BEHIND)
        metric_add(wh->slow, -1), wh->counts.slow--;
    list_remove(&w->stream_link);
    list_remove(&w->group_link);
    list_remove(&w->state_link);
    if (--w->group->watcher_n == 0)
        watch_index_drop(wh->index, w->group);
    wh->counts.watchers--;
    metric_add(wh->watchers, -1);
    mem_free(w);
}

/* -- streams ---------------------------------------------------------------------------------- */

struct watch_stream *watch_stream_new(struct hub *h, const struct watch_ops *ops, void *ctx)
{
    struct watch_stream *s = mem_zalloc(1, sizeof *s);
    *s = (struct watch_stream){ .hub = h, .ops = ops, .ctx = ctx };
    list_init(&s->watchers);
    h->watch->counts.streams++;
    metric_add(h->watch->streams, 1);
    return s;
}

void watch_stream_free(struct watch_stream *s)
{
    if (s == NULL)
        return;
    LIST_FOR_EACH(link, &s->watchers)
    {
        watch_close(CONTAINER_OF(link, struct watcher, stream_link));
    }
    s->hub->watch->counts.streams--;
    metric_add(s->hub->watch->streams, -1);
    mem_free(s);
}

void watch_stream_drained(struct watch_stream *s)
{
    if (s->unsynced_n > 0)
        loop_again(s->hub->options.loop);
}

void *watcher_ctx(const struct watcher *w)
{
    return w->ctx;
}

void *watch_stream_ctx(const struct watch_stream *s)
{
    return s->ctx;
}

struct watch_stream *watcher_stream(const struct watcher *w)
{
    return w->stream;
}

bool watcher_is_synced(const struct watcher *w, uint64_t *ret_revision)
{
    *ret_revision = view_revision(w->stream->hub->view);
    return w->state == WATCHER_SYNCED && w->start <= *ret_revision;
}

bool watch_stream_is_synced(const struct watch_stream *s, uint64_t *ret_revision)
{
    uint64_t revision = view_revision(s->hub->view);
    if (s->unsynced_n > 0 || !hub_can_answer(s->hub))
        return false;
    LIST_FOR_EACH(link, &s->watchers)
    {
        if (CONTAINER_OF(link, struct watcher, stream_link)->start > revision)
            return false;
    }
    *ret_revision = revision;
    return true;
}

/* -- life ------------------------------------------------------------------------------------- */

static void make_metrics(struct watch_hub *wh, struct metrics *m)
{
    wh->watchers = metric_gauge(m, "etcd_debugging_mvcc_watcher_total", "Watchers that are open.");
    wh->streams =
        metric_gauge(m, "etcd_debugging_mvcc_watch_stream_total", "Watch streams that are open.");
    wh->slow =
        metric_gauge(m, "etcd_debugging_mvcc_slow_watcher_total", "Watchers that are behind now.");
    wh->events =
        metric_counter(m, "etcd_debugging_mvcc_events_total", "Events handed to watchers.");
    wh->fell_behind = metric_counter(m, "muster_watchers_fell_behind_total",
                                     "Watchers that had to go on from the history because their "
                                     "stream was full or a batch was too large.");
}

enum err watch_hub_new(struct hub *h)
{
    struct watch_hub *wh = mem_zalloc(1, sizeof *wh);
    struct siphash_key key;
    entropy_fill(&key, sizeof key);
    wh->index = watch_index_new(&key);
    list_init(&wh->creating);
    list_init(&wh->behind);
    list_init(&wh->touched);
    arena_init(&wh->arena, 0);
    make_metrics(wh, h->options.metrics);
    h->watch = wh;
    return OK;
}

void watch_hub_free(struct hub *h)
{
    if (h->watch == NULL)
        return;
    watch_index_free(h->watch->index);
    arena_fini(&h->watch->arena);
    mem_free((void *)h->watch->filtered);
    mem_free(h->watch);
    h->watch = NULL;
}

void watch_counts(struct hub *h, struct watch_counts *ret)
{
    *ret = h->watch->counts;
}
