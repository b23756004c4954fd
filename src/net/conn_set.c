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

struct conn_set *conn_set_new(struct loop *loop, void (*closed)(void *ctx), void *ctx)
{
    struct conn_set *set = mem_zalloc(1, sizeof(*set));
    set->loop = loop;
    set->closed = closed;
    set->ctx = ctx;
    set->flush.run = flush_touched;
    list_init(&set->conns);
    list_init(&set->touched);
    conn_hold_init(&set->hold, loop);
    buf_init(&set->plain, CONN_PLAIN_MAX);
    loop_hook_add(loop, LOOP_STAGE_FLUSH, &set->flush);
    return set;
}

void conn_set_free(struct conn_set *set)
{
    if (set == NULL)
        return;
    assert(set->conn_n == 0);
    conn_hold_fini(&set->hold);
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
