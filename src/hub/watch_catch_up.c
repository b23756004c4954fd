/* Watchers behind: from the history to the present, a piece a turn.
 *
 * Single keys and narrow ranges read the head rows' chains, each for itself; wide ranges share one
 * scan of the change table a turn, which begins at the oldest position among them. A watcher whose
 * stream has no room is passed over until it drains. Who reaches the view's revision is in sync
 * from the next one on, in this same turn, so that no batch is missed or seen twice. */
#include <assert.h>

#include "hub/watch.h"
#include "hub/watch_core.h"

enum {
    NARROW_KEYS = 512,            /* head rows read for one watcher at once */
    NARROW_A_TURN = 64,           /* watchers */
    PIECE_BYTES = 4 * 1024 * 1024 /* keys and values of one answer */
};

static void end_compacted(struct hub *h, struct watcher *w)
{
    const struct watch_ops *ops = w->stream->ops;
    uint64_t compacted = view_compacted(h->view, w->group->space);
    ops->compacted(w, compacted);
    watch_close(w);
}

static void deliver_batch(struct hub *h, struct watcher *w, const struct history_batch *batch)
{
    const struct event **events =
        arena_alloc(&h->watch->arena, (batch->event_n + 1) * sizeof events[0]);
    for (size_t i = 0; i < batch->event_n; i++)
        events[i] = &batch->events[i];
    watch_deliver(h, w, events, batch->event_n, view_revision(h->view), NULL, false);
    w->next = batch->next;
}

/* One piece of a single key or narrow range; true if it stays behind with more to read. */
static bool catch_up_narrow(struct hub *h, struct watcher *w)
{
    struct history_batch batch;
    const struct watch_group *g = w->group;
    arena_clear(&h->watch->arena);
    enum err e = history_range(h->view, g->space, g->key, g->end, w->next, NARROW_KEYS,
                               h->options.catch_up_events, PIECE_BYTES, &h->watch->arena, &batch);
    if (e == ERR_TOO_BIG) {
        w->wide = true;
        return true;
    }
    if (e == ERR_COMPACTED) {
        end_compacted(h, w);
        return false;
    }
    assert(e == OK);
    deliver_batch(h, w, &batch);
    return true;
}

/* -- the shared scan -------------------------------------------------------------------------- */

static bool is_scanned(const struct hub *h, const struct watcher *w, enum space space)
{
    return w->wide && w->group->space == space && watch_has_room(h, w->stream);
}

/* The oldest position of those that share the scan; UINT64_MAX if there are none. */
static uint64_t oldest_position(const struct hub *h, enum space space)
{
    uint64_t oldest = UINT64_MAX;
    LIST_FOR_EACH(link, &h->watch->behind)
    {
        const struct watcher *w = CONTAINER_OF(link, struct watcher, state_link);
        if (is_scanned(h, w, space) && w->next < oldest)
            oldest = w->next;
    }
    return oldest;
}

static void end_compacted_below(struct hub *h, enum space space, uint64_t compacted)
{
    LIST_FOR_EACH(link, &h->watch->behind)
    {
        struct watcher *w = CONTAINER_OF(link, struct watcher, state_link);
        if (w->wide && w->group->space == space && w->next < compacted)
            end_compacted(h, w);
    }
}

/* Those that were given the events of this piece are the ones that had room before it. */
static void scan_piece(struct hub *h, enum space space, uint64_t from)
{
    struct history_batch batch;
    arena_clear(&h->watch->arena);
    enum err e = history_scan(h->view, space, from, h->options.catch_up_events, PIECE_BYTES,
                              &h->watch->arena, &batch);
    if (e == ERR_COMPACTED) {
        end_compacted_below(h, space, view_compacted(h->view, space));
        return;
    }
    assert(e == OK);
    LIST_FOR_EACH(link, &h->watch->behind)
    {
        struct watcher *w = CONTAINER_OF(link, struct watcher, state_link);
        w->scanned = is_scanned(h, w, space) && w->next < batch.next;
    }
    for (size_t i = 0; i < batch.event_n; i++)
        watch_touch(h->watch, space, &batch.events[i]);
    watch_deliver_touched(h, WATCHER_BEHIND, view_revision(h->view), from);
    LIST_FOR_EACH(link, &h->watch->behind)
    {
        struct watcher *w = CONTAINER_OF(link, struct watcher, state_link);
        if (w->scanned)
            w->next = batch.next;
        w->scanned = false;
    }
}

/* -- a turn ----------------------------------------------------------------------------------- */

static void catch_up_all_narrow(struct hub *h)
{
    size_t read = 0;
    LIST_FOR_EACH(link, &h->watch->behind)
    {
        struct watcher *w = CONTAINER_OF(link, struct watcher, state_link);
        if (w->wide || !watch_has_room(h, w->stream) || w->next > view_revision(h->view))
            continue;
        if (read++ == NARROW_A_TURN)
            return;
        if (catch_up_narrow(h, w)) {
            /* To the end: the others come first next time. */
            list_remove(link);
            list_append(&h->watch->behind, link);
        }
    }
}

static bool finish_all(struct hub *h)
{
    bool more = false;
    uint64_t revision = view_revision(h->view);
    LIST_FOR_EACH(link, &h->watch->behind)
    {
        struct watcher *w = CONTAINER_OF(link, struct watcher, state_link);
        if (w->next > revision)
            watcher_move(w, WATCHER_SYNCED); /* its next may be far in the future, and stays */
        else
            more = more || watch_has_room(h, w->stream);
    }
    return more;
}

bool watch_catch_up(struct hub *h)
{
    if (list_is_empty(&h->watch->behind))
        return false;
    catch_up_all_narrow(h);
    for (size_t i = 0; i < SPACES; i++) {
        uint64_t from = oldest_position(h, (enum space)i);
        if (from <= view_revision(h->view))
            scan_piece(h, (enum space)i, from);
    }
    return finish_all(h);
}
