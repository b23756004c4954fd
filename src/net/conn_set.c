/* The connections of a loop. */
#include "net/conn_set.h"

#include <assert.h>

#include "base/mem.h"
#include "net/conn_core.h"

/* What is touched while this runs (by `drained`) waits for the next turn: the work of one is
 * bounded. */
static void flush_touched(struct loop_hook *hook)
{
    struct conn_set *set = CONTAINER_OF(hook, struct conn_set, flush);
    struct list now;
    list_init(&now);
    list_splice(&now, &set->touched);
    while (!list_is_empty(&now)) {
        struct conn *c = CONTAINER_OF(now.next, struct conn, touched);
        list_remove(&c->touched);
        conn_flush(c);
    }
    if (!list_is_empty(&set->touched))
        loop_again(set->loop);
}

/* -- holding ----------------------------------------------------------------------------------- */

void conn_put_aside(struct conn *c)
{
    struct conn_set *set = c->set;
    uv_read_stop(&c->handle.stream);
    if (list_is_linked(&c->held))
        return;
    list_append(&set->held, &c->held);
    uint64_t now_ms = loop_now_ms(set->loop);
    if (c->held_since_ms == 0)
        c->held_since_ms = now_ms;
    /* Longer than since the hold began, if every release was followed by the next hold before its
     * turn came. */
    uint64_t until_ms = c->held_since_ms + set->hold_max_ms;
    if (timer_is_set(&set->patience) && set->patient_until_ms <= until_ms)
        return;
    set->patient_until_ms = until_ms;
    timer_start(&set->patience, until_ms > now_ms ? until_ms - now_ms : 0);
}

static void read_on(struct conn_set *set)
{
    timer_stop(&set->patience);
    while (!list_is_empty(&set->held)) {
        struct conn *c = CONTAINER_OF(set->held.next, struct conn, held);
        list_remove(&c->held);
        conn_start_reading(c);
    }
}

static void on_patience(struct timer *timer)
{
    struct conn_set *set = CONTAINER_OF(timer, struct conn_set, patience);
    set->reading = CONN_TIRED;
    read_on(set);
}

void conn_set_limit_hold(struct conn_set *set, uint64_t ms)
{
    set->hold_max_ms = ms;
}

void conn_set_hold(struct conn_set *set)
{
    if (set->reading == CONN_READING)
        set->reading = CONN_HOLDING;
}

void conn_set_release(struct conn_set *set)
{
    set->reading = CONN_READING;
    read_on(set);
}

/* -- all of them ------------------------------------------------------------------------------- */

struct conn_set *conn_set_new(struct loop *loop, void (*closed)(void *ctx), void *ctx)
{
    struct conn_set *set = mem_zalloc(1, sizeof(*set));
    set->loop = loop;
    set->closed = closed;
    set->ctx = ctx;
    set->flush.run = flush_touched;
    list_init(&set->conns);
    list_init(&set->touched);
    list_init(&set->held);
    set->hold_max_ms = CONN_HOLD_MS;
    timer_init(&set->patience, loop, on_patience);
    buf_init(&set->plain, CONN_PLAIN_MAX);
    loop_hook_add(loop, LOOP_STAGE_FLUSH, &set->flush);
    return set;
}

void conn_set_free(struct conn_set *set)
{
    if (set == NULL)
        return;
    assert(set->conn_n == 0);
    timer_stop(&set->patience);
    loop_hook_remove(&set->flush);
    buf_fini(&set->plain);
    mem_free(set);
}

size_t conn_set_count(const struct conn_set *set)
{
    return set->conn_n;
}

void conn_set_shutdown(struct conn_set *set)
{
    LIST_FOR_EACH(link, &set->conns)
    {
        struct conn *c = CONTAINER_OF(link, struct conn, link);
        if (c->state == CONN_OPEN)
            c->protocol->shutdown(c->self);
    }
}

void conn_set_close(struct conn_set *set, enum conn_close how)
{
    LIST_FOR_EACH(link, &set->conns)
    {
        conn_close(CONTAINER_OF(link, struct conn, link), how);
    }
}
