/* A connection's life and its bytes.
 *
 * In:  socket -> the set's one read buffer -> filter (if there is one) -> protocol.feed.
 * Out: protocol -> OUT -> filter -> WIRE -> one uv_try_write at the end of the turn. What the
 * kernel does not take moves to FLYING, which libuv writes when the socket has room; until that has
 * landed nothing new is wrapped or written, so a peer that does not read costs what its protocol
 * has appended and no more. OUT has a hard end too (OUT_MAX): a protocol that passes it, blind to
 * conn_pending, loses the connection.
 *
 *   CONNECTING (conn_dial.c) -> OPEN
 *   OPEN -> FLUSHING: the last bytes leave; what the peer still sends is dropped
 *        -> LINGERING: our half is closed; we wait for the peer's, so that a late byte of its does
 * not make the kernel reset the connection and destroy the answer on its way
 *        -> CLOSED: the handle closes; then `gone`, then the memory
 * FLUSHING ends when nothing moves for CONN_STALL_MS, LINGERING after LINGER_MS. Any state may go
 * to CLOSED: a lost connection, CONN_AT_ONCE, CONN_RESET. */
#include "net/conn.h"

#include <arpa/inet.h>
#include <assert.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "net/conn_core.h"
#include "net/conn_filter.h"

/* -- reading ----------------------------------------------------------------------------------- */

static void peer_has_ended(struct conn *c)
{
    if (c->peer_ended)
        return;
    c->peer_ended = true;
    if (c->state == CONN_OPEN)
        c->protocol->ended(c->self);
    else if (c->state == CONN_LINGERING)
        conn_end(c);
}

/* The filter has failed and has said what it had to say. */
static void end_by_filter(struct conn *c, enum err e)
{
    c->why = e;
    c->failure = c->filter->ops->failure(c->filter);
    c->said_bye = true;
    if (c->is_new) { /* nobody has been told that it is there */
        conn_flush(c);
        conn_end(c);
        return;
    }
    conn_close(c, CONN_FLUSH_FIRST);
}

void conn_take_bytes(struct conn *c, struct bytes in)
{
    if (c->filter == NULL) {
        c->protocol->feed(c->self, in);
        return;
    }
    struct buf *plain = &c->set->plain;
    bool ended = false;
    enum err e = c->filter->ops->unwrap(c->filter, in, plain, &c->wire, &ended);
    if (c->is_new && e == OK && c->filter->ops->is_ready(c->filter)) {
        c->is_new = false;
        c->protocol->opened(c->self);
    }
    if (c->wire.n > 0 || c->out.n > 0)
        conn_touch(c);
    if (plain->n > 0 && c->state == CONN_OPEN)
        c->protocol->feed(c->self, buf_bytes(plain));
    buf_clear(plain, CONN_PLAIN_MAX);
    if (e != OK && c->state == CONN_OPEN) {
        end_by_filter(c, e);
    } else if (ended) {
        peer_has_ended(c);
    }
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *ret)
{
    struct conn *c = handle->data;
    (void)suggested;
    if (conn_must_wait(c)) {
        *ret = uv_buf_init(NULL, 0); /* libuv reads nothing then, and says UV_ENOBUFS */
        return;
    }
    conn_note_read(c);
    *ret = uv_buf_init(c->set->read, CONN_READ_BYTES);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct conn *c = stream->data;
    if (n == UV_ENOBUFS) {
        conn_put_aside(c);
        return;
    }
    if (!c->is_call)
        loop_note_work(c->set->loop);
    if (n > 0 && c->state == CONN_OPEN) {
        conn_take_bytes(c, bytes_of(buf->base, (size_t)n));
    } else if (n == UV_EOF) {
        peer_has_ended(c);
    } else if (n < 0) {
        c->failure = uv_strerror((int)n);
        conn_lose(c, ERR_CLOSED);
    }
}

void conn_start_reading(struct conn *c)
{
    if (c->state != CONN_CLOSED && !c->peer_ended)
        uv_read_start(&c->handle.stream, on_alloc, on_read);
}

void conn_pause(struct conn *c)
{
    conn_leave_queue(c);
    if (c->pauses++ == 0 && c->state == CONN_OPEN)
        uv_read_stop(&c->handle.stream);
}

void conn_resume(struct conn *c)
{
    assert(c->pauses > 0);
    if (--c->pauses == 0 && c->state == CONN_OPEN)
        conn_start_reading(c);
}

void conn_read_always(struct conn *c)
{
    c->is_always_read = true;
}

/* -- the protocol's side ----------------------------------------------------------------------- */

struct loop *conn_loop(struct conn *c)
{
    return c->set->loop;
}

struct buf *conn_out(struct conn *c)
{
    return &c->out;
}

void conn_touch(struct conn *c)
{
    if (c->state != CONN_CLOSED && !list_is_linked(&c->touched))
        list_append(&c->set->touched, &c->touched);
}

static void reset_on_close(struct conn *c)
{
    int fd;
    struct linger at_once = { .l_onoff = 1, .l_linger = 0 };
    if (uv_fileno(&c->handle.any, &fd) == 0)
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
}

static void close_softly(struct conn *c)
{
    if (c->state == CONN_CONNECTING)
        conn_end(c);
    if (c->state != CONN_OPEN)
        return;
    c->state = CONN_FLUSHING;
    c->unmoved = conn_pending(c);
    timer_start(&c->limit, CONN_STALL_MS);
    conn_leave_queue(c);
    conn_start_reading(c); /* to see the peer's end, paused or not */
    conn_touch(c);
}

void conn_close(struct conn *c, enum conn_close how)
{
    switch (how) {
    case CONN_FLUSH_FIRST:
        close_softly(c);
        break;
    case CONN_RESET:
        if (c->state != CONN_CLOSED)
            reset_on_close(c);
        conn_end(c);
        break;
    case CONN_AT_ONCE:
        conn_end(c);
        break;
    }
}

const char *conn_peer(const struct conn *c)
{
    return c->peer;
}

bool conn_is_tls(const struct conn *c)
{
    return c->filter != NULL;
}

bool conn_is_alpn_h2(const struct conn *c)
{
    return c->filter != NULL && c->filter->ops->is_h2(c->filter);
}

const char *conn_client_name(const struct conn *c)
{
    return c->filter != NULL ? c->filter->ops->client_name(c->filter) : NULL;
}

const char *conn_failure(const struct conn *c)
{
    return c->failure != NULL ? c->failure : "";
}

void conn_set_protocol(struct conn *c, const struct conn_protocol *protocol, void *self,
                       struct bytes left)
{
    c->protocol = protocol;
    c->self = self;
    if (left.n > 0 && c->state == CONN_OPEN)
        protocol->feed(self, left);
}

void conn_set_filter(struct conn *c, struct conn_filter *take_filter, struct bytes left)
{
    assert(c->filter == NULL);
    c->filter = take_filter;
    if (left.n > 0 && c->state == CONN_OPEN)
        conn_take_bytes(c, left);
}

/* -- opening ----------------------------------------------------------------------------------- */

static void print_peer(struct conn *c, const struct sockaddr_storage *from)
{
    char host[INET6_ADDRSTRLEN] = "";
    if (from->ss_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)from;
        inet_ntop(AF_INET, &in->sin_addr, host, sizeof(host));
        snprintf(c->peer, sizeof(c->peer), "%s:%u", host, ntohs(in->sin_port));
    } else if (from->ss_family == AF_INET6) {
        const struct sockaddr_in6 *in = (const struct sockaddr_in6 *)from;
        inet_ntop(AF_INET6, &in->sin6_addr, host, sizeof(host));
        snprintf(c->peer, sizeof(c->peer), "[%s]:%u", host, ntohs(in->sin6_port));
    } else {
        snprintf(c->peer, sizeof(c->peer), "unix:");
    }
}

static enum err open_handle(struct conn *c, int fd)
{
    struct sockaddr_storage from = { 0 };
    socklen_t n = sizeof(from);
    if (getpeername(fd, (struct sockaddr *)&from, &n) != 0)
        return ERR_CLOSED; /* it left while it waited to be accepted */
    print_peer(c, &from);
    if (from.ss_family == AF_UNIX) {
        uv_pipe_init(loop_uv(c->set->loop), &c->handle.pipe, 0);
        return uv_pipe_open(&c->handle.pipe, fd) == 0 ? OK : ERR_SYSTEM;
    }
    uv_tcp_init(loop_uv(c->set->loop), &c->handle.tcp);
    if (uv_tcp_open(&c->handle.tcp, fd) != 0)
        return ERR_SYSTEM;
    uv_tcp_nodelay(&c->handle.tcp, 1);
    return OK;
}

enum err conn_open(struct conn_set *set, int take_fd, struct conn_filter *take_filter,
                   const struct conn_protocol *protocol, void *self, struct conn **ret)
{
    struct conn *c = conn_new(set, take_filter, protocol, self);
    enum err e = open_handle(c, take_fd);
    c->handle.any.data = c;
    if (e != OK) {
        conn_drop_unopened(c, take_fd);
        return e;
    }
    conn_join_set(c);
    conn_start_reading(c);
    *ret = c;
    return OK;
}
