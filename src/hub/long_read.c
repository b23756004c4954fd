/* Readings over several turns, each on a view of its own.
 *
 * A held view keeps the pages that it sees from being used again, so few are held at a time, and
 * none for long. It may be newer than what this thread's watchers have been told: the answer waits
 * for that. */
#include <assert.h>

#include "hub/core.h"

enum { HELD_VIEWS_MAX = 2, HELD_VIEW_MS = 60000 };

static void begin(struct hub_long_read *r)
{
    r->hub->held_views++;
    r->has_turn = true;
    hub_work_add(r->hub, &r->work);
}

/* The next one begins. */
static void leave(struct hub_long_read *r)
{
    struct hub *h = r->hub;
    list_remove(&r->link);
    hub_work_remove(h, &r->work);
    if (!r->has_turn)
        return;
    r->has_turn = false;
    h->held_views--;
    struct hub_long_read *next = LIST_FIRST(&h->long_reads, struct hub_long_read, link);
    if (next == NULL)
        return;
    list_remove(&next->link);
    begin(next);
}

static void finish(struct hub_long_read *r, enum err e)
{
    struct view *view = r->view;
    r->view = NULL;
    leave(r);
    r->ready(r, e, e == OK ? view : NULL);
    view_close(view);
}

static enum err open_view(struct hub_long_read *r)
{
    r->until_ms = loop_now_ms(hub_loop(r->hub)) + HELD_VIEW_MS;
    return view_open(replica_store(hub_replica(r->hub)), &r->view);
}

static bool work_on(struct hub_work *w, const struct view *view)
{
    struct hub_long_read *r = CONTAINER_OF(w, struct hub_long_read, work);
    enum err e = r->view == NULL ? open_view(r) : OK;
    if (e == OK && !r->done)
        e = r->step(r, r->view, &r->done);
    if (e == OK && !r->done && loop_now_ms(hub_loop(r->hub)) >= r->until_ms)
        e = ERR_DEADLINE;
    if (e == OK && (!r->done || view_applied_index(r->view) > r->hub->batch_index))
        return false;
    finish(r, e); /* takes itself away, and R may be gone with its request */
    return false;
}

void hub_long_read(struct hub *h, struct hub_long_read *r)
{
    assert(r->granted != NULL);
    r->hub = h;
    r->work.run = work_on;
    r->view = NULL;
    r->done = r->has_turn = false;
    if (h->held_views < HELD_VIEWS_MAX)
        begin(r);
    else
        list_append(&h->long_reads, &r->link);
}

void hub_long_read_cancel(struct hub_long_read *r)
{
    leave(r);
    view_close(r->view);
    r->view = NULL;
}
