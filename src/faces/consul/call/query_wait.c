/* Hanging on what an answer depends on, until it has moved or the time is over. */
#include "faces/consul/call/query_wait.h"

#include <assert.h>

#include "base/rd.h"
#include "faces/consul/call/core.h"

bool consul_query_has_moved(const struct consul_call *c, const struct view *view)
{
    uint64_t newest = view_revision(view), asked = c->params.index;
    if (c->query->until_differs)
        return c->is_last_look || c->index != asked;
    if (view_system_revision(view) > newest)
        newest = view_system_revision(view);
    return c->is_last_look || asked == 0 || c->index > asked || asked > newest;
}

void consul_query_stop_waiting(struct consul_call *c)
{
    wait_end(&c->wait);
    timer_stop(&c->timer);
    if (c->is_blocked)
        metric_add(c->face->blocking, -1);
    c->is_blocked = false;
}

void consul_query_go_on_waiting(struct consul_call *c)
{
    if (!c->is_blocked)
        metric_add(c->face->blocking, 1);
    c->is_blocked = true;
}

/* -- what an answer depends on ----------------------------------------------------------------- */

/* Written down for those who will ask the same: they need not look for it. */
static void note_range(struct consul_call *c, enum space space, bool is_prefix, struct bytes key,
                       struct bytes end)
{
    struct buf *ranges = &c->face->ranges;
    buf_put_u8(ranges, (uint8_t)space);
    buf_put_u8(ranges, is_prefix);
    buf_put_run(ranges, key);
    buf_put_run(ranges, end);
}

void consul_depends_again(struct consul_call *c, struct bytes ranges)
{
    struct rd r;
    rd_init(&r, ranges);
    while (r.left.n > 0) {
        enum space space = rd_u8(&r);
        bool is_prefix = rd_u8(&r);
        struct bytes key = rd_run(&r);
        struct bytes end = rd_run(&r);
        if (is_prefix)
            wait_on_prefix(&c->wait, space, key);
        else
            wait_on(&c->wait, space, key, end);
    }
    assert(r.err == OK);
}

void consul_depends(struct consul_call *c, enum space space, struct bytes key, struct bytes end)
{
    if (!c->hangs)
        return;
    wait_on(&c->wait, space, key, end);
    note_range(c, space, false, key, end);
}

void consul_depends_prefix(struct consul_call *c, enum space space, struct bytes prefix)
{
    if (!c->hangs)
        return;
    wait_on_prefix(&c->wait, space, prefix);
    note_range(c, space, true, prefix, bytes_str(""));
}
