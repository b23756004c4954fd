/* How connections begin and end; conn.c says in which states. */
#include "net/conn.h"

#include <unistd.h>

#include "base/mem.h"
#include "net/conn_core.h"
#include "net/conn_filter.h"

enum { LINGER_MS = 2000 };
#define OUT_MAX ((size_t)256 * 1024 * 1024)

size_t conn_pending(const struct conn *c)
{
    size_t flying = c->is_flying ? uv_stream_get_write_queue_size(&c->handle.stream) : 0;
    return flying + c->wire.n + c->out.n;
}

/* -- ending ----------------------------------------------------------------------------------- */

static void free_conn(struct conn *c)
{
    if (c->filter != NULL)
        c->filter->ops->free(c->filter);
    buf_fini(&c->out);
    buf_fini(&c->wire);
    buf_fini(&c->flying);
    mem_free(c);
}

static void on_closed(uv_handle_t *handle)
{
    struct conn *c = handle->data;
    struct conn_set *set = c->set;
    c->protocol->gone(c->self, c->why);
    list_remove(&c->link);
    set->conn_n--;
    free_conn(c);
    if (set->closed != NULL)
        set->closed(set->ctx);
}

void conn_end(struct conn *c)
{
    if (c->state == CONN_CLOSED)
        return;
    c->state = CONN_CLOSED;
    timer_stop(&c->limit);
    list_remove(&c->touched);
    conn_leave_queue(c);
    uv_close(&c->handle.any, on_closed);
}

void conn_lose(struct conn *c, enum err why)
{
    if (c->why == OK)
        c->why = why;
    conn_end(c);
}

static void on_limit(struct timer *timer)
{
    struct conn *c = CONTAINER_OF(timer, struct conn, limit);
    size_t pending = conn_pending(c);
    if (c->state == CONN_FLUSHING && pending < c->unmoved) {
        c->unmoved = pending;
        timer_start(&c->limit, CONN_STALL_MS);
        return;
    }
    if (c->state == CONN_FLUSHING)
        conn_lose(c, ERR_DEADLINE);
    else
        conn_end(c);
}

static void on_shutdown(uv_shutdown_t *req, int status)
{
    struct conn *c = req->data;
    if (status < 0 && status != UV_ECANCELED)
        conn_lose(c, ERR_CLOSED);
}

void conn_linger(struct conn *c)
{
    if (c->peer_ended) {
        conn_end(c);
        return;
    }
    c->state = CONN_LINGERING;
    c->step.shutdown.data = c;
    if (uv_shutdown(&c->step.shutdown, &c->handle.stream, on_shutdown) != 0) {
        conn_end(c);
        return;
    }
    timer_start(&c->limit, LINGER_MS);
}

/* -- beginning -------------------------------------------------------------------------------- */

static void on_unopened_closed(uv_handle_t *handle)
{
    free_conn(handle->data);
}

void conn_drop_unopened(struct conn *c, int fd)
{
    if (fd >= 0)
        close(fd);
    if (c->handle.any.type == UV_UNKNOWN_HANDLE)
        free_conn(c);
    else
        uv_close(&c->handle.any, on_unopened_closed);
}

struct conn *conn_new(struct conn_set *set, struct conn_filter *take_filter,
                      const struct conn_protocol *protocol, void *self)
{
    struct conn *c = mem_zalloc(1, sizeof(*c));
    c->state = CONN_OPEN;
    c->set = set;
    c->protocol = protocol;
    c->self = self;
    c->filter = take_filter;
    buf_init(&c->out, OUT_MAX);
    buf_init(&c->wire, OUT_MAX + OUT_MAX / 64);
    buf_init(&c->flying, 0);
    timer_init(&c->limit, set->loop, on_limit);
    return c;
}

void conn_join_set(struct conn *c)
{
    list_append(&c->set->conns, &c->link);
    c->set->conn_n++;
}
