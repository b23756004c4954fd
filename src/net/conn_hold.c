/* Which connections are read while their thread has too much under way.
 *
 *   READING -> HOLDING: a connection that has something to be read goes to the queue, unread
 *           -> SERVING: released; from the queue's front a number of connections a turn are read
 *                       once each, and queue again if they have more. When none did: READING
 *           -> TIRED:   held for too long, nothing seems to move: all are read, the handlers must
 *                       refuse what is too much. Released: READING
 *
 * So a release is no stampede: a client with a full socket gets one read of 64 KiB a round like any
 * other, and those whose turn does not come before the next hold keep their place and cost nothing.
 * Where a round takes longer than a connection may wait, it is read once although the hold goes on.
 *
 * A connection is stopped only when the loop tells that it is readable: idle ones are not touched.
 */
#include "net/conn_set.h"

#include "net/conn_core.h"

enum {
    HOLD_MS = 1000,
    READS_A_TURN = 64 /* a quarter of 16 MiB: what a hub takes between its go and its stop */
};

/* -- letting them read --------------------------------------------------------------------------
 */

static void let_read(struct conn *c, enum conn_grant grant)
{
    list_remove(&c->waiting);
    c->grant = grant;
    conn_start_reading(c);
}

static void let_all_read(struct conn_hold *h)
{
    struct conn *c;
    while ((c = conn_queue_first(h)) != NULL)
        let_read(c, CONN_GRANT_NONE);
}

/* -- the states -------------------------------------------------------------------------------- */

static void serve_some(struct loop_hook *hook)
{
    struct conn_hold *h = CONTAINER_OF(hook, struct conn_hold, serve);
    struct conn *c = conn_queue_first(h);
    if (c == NULL) {
        h->state = CONN_READING;
        loop_hook_remove(&h->serve);
        return;
    }
    for (unsigned i = 0; i < READS_A_TURN && c != NULL; i++, c = conn_queue_first(h))
        let_read(c, CONN_GRANT_TURN);
    loop_again(h->loop);
}

static void on_patience(struct timer *timer)
{
    struct conn_hold *h = CONTAINER_OF(timer, struct conn_hold, patience);
    uint64_t now_ms = loop_now_ms(h->loop);
    if (now_ms - h->began_ms >= h->max_ms) {
        h->state = CONN_TIRED;
        let_all_read(h);
        return;
    }
    struct conn *c;
    while ((c = conn_queue_first(h)) != NULL && now_ms - c->waits_since_ms >= h->max_ms)
        let_read(c, CONN_GRANT_OVERDUE);
    conn_queue_set_patience(h);
}

void conn_set_hold(struct conn_set *set)
{
    struct conn_hold *h = &set->hold;
    if (h->state == CONN_HOLDING || h->state == CONN_TIRED)
        return;
    loop_hook_remove(&h->serve);
    h->state = CONN_HOLDING;
    h->began_ms = loop_now_ms(h->loop);
    conn_queue_set_patience(h);
}

void conn_set_release(struct conn_set *set)
{
    struct conn_hold *h = &set->hold;
    if (h->state == CONN_TIRED)
        h->state = CONN_READING;
    if (h->state != CONN_HOLDING)
        return;
    h->state = CONN_SERVING;
    timer_stop(&h->patience);
    loop_hook_add(h->loop, LOOP_STAGE_FLUSH, &h->serve);
    loop_again(h->loop);
}

void conn_set_limit_hold(struct conn_set *set, uint64_t ms)
{
    set->hold.max_ms = ms;
}

/* -- life -------------------------------------------------------------------------------------- */

void conn_hold_init(struct conn_hold *h, struct loop *loop)
{
    *h = (struct conn_hold){ .loop = loop, .max_ms = HOLD_MS, .serve.run = serve_some };
    list_init(&h->queue);
    timer_init(&h->patience, loop, on_patience);
}

void conn_hold_fini(struct conn_hold *h)
{
    timer_stop(&h->patience);
    loop_hook_remove(&h->serve);
}
