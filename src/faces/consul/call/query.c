/* Looked at once a view, answered or hung on. */
#include "faces/consul/call/query.h"

#include "faces/consul/call/answer.h"
#include "faces/consul/call/ask.h"
#include "faces/consul/call/core.h"
#include "faces/consul/call/gate.h"
#include "faces/consul/call/kept.h"
#include "faces/consul/call/long_query.h"

static void answer(struct consul_call *c, const struct view *view)
{
    struct arena *scratch = &c->face->scratch;
    c->query->answer(c, view); /* C is gone */
    arena_clear(scratch);
}

/* -- looking ----------------------------------------------------------------------------------- */

/* True: what was asked has been asked before and nothing has changed since. It is answered as then,
 * or hangs on what it hung on then. */
static bool look_again(struct consul_call *c, const struct view *view)
{
    struct consul_kept_answer *kept = consul_kept_find(c);
    if (kept == NULL)
        return false;
    c->index = kept->index;
    if (consul_query_has_moved(c, view)) {
        consul_query_stop_waiting(c);
        consul_waits_no_more(c);
        consul_answer_kept(c, kept);
        return true;
    }
    if (kept->ranges.n == 0)
        return false;
    consul_depends_again(c, buf_bytes(&kept->ranges));
    consul_query_go_on_waiting(c);
    return true;
}

static void look(struct consul_call *c, const struct view *view)
{
    if (look_again(c, view))
        return;
    c->hangs = c->params.index > 0 && !c->is_last_look;
    buf_clear(&c->face->ranges, CONSUL_KEPT_RANGES_MAX);
    enum err denied = access_ask_if_moved(c->face->hub, c->granted);
    enum err e = denied != OK ? denied : c->query->index(c, view, &c->index);
    if (e == ERR_AGAIN && c->query->steps != NULL) {
        arena_clear(&c->face->scratch);
        consul_long_begin(c);
        return;
    }
    if (c->index == 0)
        c->index = 1; /* nothing of it was ever written */
    if (e == OK && !consul_query_has_moved(c, view)) {
        arena_clear(&c->face->scratch);
        consul_kept_put_ranges(c, &c->face->ranges);
        consul_query_go_on_waiting(c);
        return;
    }
    consul_query_stop_waiting(c);
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
    struct consul_call *c = CONTAINER_OF(w, struct consul_call, wait);
    if (consul_long_is_under_way(c))
        consul_long_note_change(c);
    else
        look(c, view);
}

static void last_read(struct consul_call *c, const struct view *view)
{
    consul_wait(c, consul_query_stop_waiting);
    look(c, view);
}

void consul_query_answer_now(struct consul_call *c)
{
    if (consul_long_is_under_way(c)) {
        c->is_last_look = true; /* what it finds is the answer */
        return;
    }
    consul_query_stop_waiting(c);
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
    consul_wait(c, consul_query_stop_waiting);
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
