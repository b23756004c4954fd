/* Looked at once a view, answered or hung on. */
#include "faces/consul/call/query.h"

#include "faces/consul/call/answer.h"
#include "faces/consul/call/ask.h"
#include "faces/consul/call/core.h"
#include "faces/consul/call/gate.h"
#include "faces/consul/call/kept.h"

static void answer(struct consul_call *c, const struct view *view)
{
    struct arena *scratch = &c->face->scratch;
    c->query->answer(c, view); /* C is gone */
    arena_clear(scratch);
}

/* True: the wait is over. */
static bool has_moved(const struct consul_call *c, const struct view *view)
{
    uint64_t newest = view_revision(view), asked = c->params.index;
    if (c->query->until_differs)
        return c->is_last_look || c->index != asked;
    if (view_system_revision(view) > newest)
        newest = view_system_revision(view);
    return c->is_last_look || asked == 0 || c->index > asked || asked > newest;
}

static void stop_waiting(struct consul_call *c)
{
    wait_end(&c->wait);
    timer_stop(&c->timer);
    if (c->is_blocked)
        metric_add(c->face->blocking, -1);
    c->is_blocked = false;
}

static void go_on_waiting(struct consul_call *c)
{
    if (!c->is_blocked)
        metric_add(c->face->blocking, 1);
    c->is_blocked = true;
}

/* True: what was asked has been asked before, since nothing has changed, and the wait is over. */
static bool answer_again(struct consul_call *c, const struct view *view)
{
    struct consul_kept_answer *kept = consul_kept_find(c);
    if (kept == NULL)
        return false;
    c->index = kept->index;
    if (!has_moved(c, view))
        return false; /* what it depends on is not kept */
    stop_waiting(c);
    consul_waits_no_more(c);
    consul_answer_kept(c, kept);
    return true;
}

static void look(struct consul_call *c, const struct view *view)
{
    if (answer_again(c, view))
        return;
    c->hangs = c->params.index > 0 && !c->is_last_look;
    enum err denied = access_ask_if_moved(c->face->hub, c->granted);
    enum err e = denied != OK ? denied : c->query->index(c, view, &c->index);
    if (c->index == 0)
        c->index = 1; /* nothing of it was ever written */
    if (e == OK && !has_moved(c, view)) {
        arena_clear(&c->face->scratch);
        go_on_waiting(c);
        return;
    }
    stop_waiting(c);
    consul_waits_no_more(c);
    if (e == OK) {
        answer(c, view);
    } else {
        arena_clear(&c->face->scratch);
        if (denied != OK)
            consul_refuse_denied(c, e);
        else
            consul_fail(c, e);
    }
}

static void woken(struct wait *w, const struct view *view)
{
    look(CONTAINER_OF(w, struct consul_call, wait), view);
}

static void last_read(struct consul_call *c, const struct view *view)
{
    consul_wait(c, stop_waiting);
    look(c, view);
}

void consul_query_answer_now(struct consul_call *c)
{
    stop_waiting(c);
    consul_waits_no_more(c);
    c->is_last_look = true;
    consul_read(c, last_read);
}

static void timed_out(struct timer *t)
{
    consul_query_answer_now(CONTAINER_OF(t, struct consul_call, timer));
}

static void first_read(struct consul_call *c, const struct view *view)
{
    consul_wait(c, stop_waiting);
    wait_init(&c->wait, c->face->waits, woken);
    timer_init(&c->timer, c->face->loop, timed_out);
    c->is_last_look = c->params.index == 0 || c->face->draining;
    if (!c->is_last_look)
        timer_start(&c->timer, c->params.wait_ms);
    look(c, view);
}

void consul_query(struct consul_call *c, const struct consul_query *query)
{
    c->query = query;
    consul_read(c, first_read);
}

void consul_depends(struct consul_call *c, enum space space, struct bytes key, struct bytes end)
{
    if (c->hangs)
        wait_on(&c->wait, space, key, end);
}

void consul_depends_prefix(struct consul_call *c, enum space space, struct bytes prefix)
{
    if (c->hangs)
        wait_on_prefix(&c->wait, space, prefix);
}
