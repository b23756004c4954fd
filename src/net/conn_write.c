/* Writing: what the protocol appended, through the filter, to the kernel in one call.
 *
 * conn.c says what way the bytes go. While FLYING has not landed nothing is wrapped or written. */
#include "net/conn_core.h"

#include "net/conn.h"
#include "net/conn_filter.h"

static void note_high(struct conn *c)
{
    if (conn_pending(c) > CONN_OUT_HIGH)
        c->was_high = true;
}

static void tell_drained(struct conn *c)
{
    if (!c->was_high || c->state != CONN_OPEN || conn_pending(c) >= CONN_OUT_LOW)
        return;
    c->was_high = false;
    if (c->protocol->drained != NULL)
        c->protocol->drained(c->self);
}

static void on_written(uv_write_t *req, int status)
{
    struct conn *c = req->data;
    c->is_flying = false;
    buf_clear(&c->flying, CONN_KEEP_BYTES);
    if (c->state == CONN_CLOSED)
        return;
    if (status < 0)
        conn_lose(c, ERR_CLOSED);
    else
        conn_flush(c);
}

/* Writes READY: one system call if the kernel takes it all. */
static void send_ready(struct conn *c, struct buf *ready)
{
    uv_buf_t whole = uv_buf_init((char *)ready->p, (unsigned)ready->n);
    int sent = uv_try_write(&c->handle.stream, &whole, 1);
    if (sent < 0 && sent != UV_EAGAIN) {
        conn_lose(c, ERR_CLOSED);
        return;
    }
    size_t n = sent > 0 ? (size_t)sent : 0;
    if (n == ready->n) {
        buf_clear(ready, CONN_KEEP_BYTES);
        return;
    }

    struct buf empty = c->flying;
    c->flying = *ready;
    *ready = empty;
    ready->max = c->flying.max;
    uv_buf_t rest = uv_buf_init((char *)c->flying.p + n, (unsigned)(c->flying.n - n));
    c->write.data = c;
    c->is_flying = true;
    if (uv_write(&c->write, &c->handle.stream, &rest, 1, on_written) != 0) {
        c->is_flying = false;
        conn_lose(c, ERR_CLOSED);
    }
}

/* Moves OUT through the filter; false if the connection is lost. */
static bool wrap_out(struct conn *c)
{
    if (c->out.n > 0) {
        enum err e = c->filter->ops->wrap(c->filter, buf_bytes(&c->out), &c->wire);
        if (e != OK && e != ERR_AGAIN) {
            conn_lose(c, e);
            return false;
        }
        if (e == OK || c->state != CONN_OPEN)
            buf_clear(&c->out, CONN_KEEP_BYTES);
    }
    if (c->state == CONN_FLUSHING && !c->said_bye) {
        c->said_bye = true;
        c->filter->ops->end(c->filter, &c->wire);
    }
    return true;
}

void conn_flush(struct conn *c)
{
    if (c->state == CONN_CONNECTING || c->state == CONN_CLOSED || c->state == CONN_LINGERING ||
        c->is_flying)
        return;
    if (c->state == CONN_OPEN && c->protocol->render != NULL && !c->is_new)
        c->protocol->render(c->self);
    note_high(c);
    if (c->out.full || c->wire.full) {
        conn_lose(c, ERR_TOO_BIG);
        return;
    }
    if (c->filter != NULL && !wrap_out(c))
        return;
    struct buf *ready = c->filter != NULL ? &c->wire : &c->out;
    if (ready->n > 0)
        send_ready(c, ready);
    if (c->state == CONN_CLOSED)
        return;
    note_high(c);
    if (c->state == CONN_FLUSHING && !c->is_flying)
        conn_linger(c);
    else
        tell_drained(c);
}
