/* The queue of connections that are not read for now; conn_hold.c says when that is. */
#include "net/conn_core.h"

bool conn_must_wait(const struct conn *c)
{
    if (c->state != CONN_OPEN || c->is_always_read)
        return false;
    switch (c->set->hold.state) {
    case CONN_HOLDING:
        return c->grant != CONN_GRANT_OVERDUE;
    case CONN_SERVING:
        return c->grant == CONN_GRANT_NONE;
    case CONN_READING:
    case CONN_TIRED:
        break;
    }
    return false;
}

void conn_note_read(struct conn *c)
{
    c->grant = CONN_GRANT_NONE;
    c->waits_since_ms = 0;
}

/* -- the queue --------------------------------------------------------------------------------- */

/* Behind those who wait longer or as long; who has just begun to is the last. */
static void insert(struct conn_hold *h, struct conn *c, uint64_t now_ms)
{
    if (c->waits_since_ms == 0) {
        c->waits_since_ms = now_ms;
        list_append(&h->queue, &c->waiting);
        return;
    }
    struct list *at = h->queue.next;
    while (at != &h->queue &&
           CONTAINER_OF(at, struct conn, waiting)->waits_since_ms <= c->waits_since_ms)
        at = at->next;
    list_insert(at, &c->waiting);
}

struct conn *conn_queue_first(const struct conn_hold *h)
{
    return LIST_FIRST(&h->queue, struct conn, waiting);
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

void conn_queue_set_patience(struct conn_hold *h)
{
    const struct conn *first = conn_queue_first(h);
    if (h->state != CONN_HOLDING || first == NULL) {
        timer_stop(&h->patience);
        return;
    }
    uint64_t now_ms = loop_now_ms(h->loop);
    uint64_t until_ms = earlier(first->waits_since_ms, h->began_ms) + h->max_ms;
    timer_start(&h->patience, until_ms > now_ms ? until_ms - now_ms : 0);
}

void conn_put_aside(struct conn *c)
{
    struct conn_hold *h = &c->set->hold;
    uv_read_stop(&c->handle.stream);
    c->grant = CONN_GRANT_NONE;
    if (list_is_linked(&c->waiting))
        return;
    insert(h, c, loop_now_ms(h->loop));
    if (h->queue.next == &c->waiting)
        conn_queue_set_patience(h);
}

void conn_leave_queue(struct conn *c)
{
    list_remove(&c->waiting);
    conn_note_read(c);
}
