/* The connection: feed, render, and how it ends.
 *
 * Nothing is rendered during a feed. What is to be sent is rendered right before the connection's
 * bytes are written, so all frames of a turn leave in one write; the render stops when conn_out is
 * above its high mark and goes on when that has left.
 *
 *   OPEN -> NOTICED: GOAWAY with the highest id, then a ping. What the peer sent before it read
 *                    that is still served
 *        -> LEAVING: the ping came back (or did not in GOODBYE_MS): GOAWAY with the last id
 *        -> CLOSED:  no stream is left
 * A peer that overdoes something, or breaks the protocol, is told by GOAWAY and goes to CLOSED from
 * anywhere. A peer that says nothing is pinged after a long while and dropped if it stays silent.
 */
#include "net/http2.h"

#include <assert.h>

#include "base/log.h"
#include "base/mem.h"
#include "net/http2_session.h"

enum { GOODBYE_MS = 1000 };

static void move(struct http2 *c, enum http2_life to)
{
    static const unsigned next[] = {
        [HTTP2_OPEN] = BIT(HTTP2_NOTICED) | BIT(HTTP2_CLOSED),
        [HTTP2_NOTICED] = BIT(HTTP2_LEAVING) | BIT(HTTP2_CLOSED),
        [HTTP2_LEAVING] = BIT(HTTP2_CLOSED),
        [HTTP2_CLOSED] = 0,
    };
    assert((next[c->life] & BIT(to)) != 0);
    c->life = to;
}

static void close_conn(struct http2 *c, enum conn_close how)
{
    if (c->life == HTTP2_CLOSED)
        return;
    move(c, HTTP2_CLOSED);
    timer_stop(&c->alive);
    timer_stop(&c->goodbye);
    conn_close(c->conn, how);
}

/* -- sending ----------------------------------------------------------------------------------- */

/* False if the session is broken. */
static bool render_frames(struct http2 *c)
{
    struct buf *out = conn_out(c->conn);
    c->is_full = false;
    while (!c->is_full) {
        const uint8_t *p;
        ssize_t n = nghttp2_session_mem_send(c->session, &p);
        if (n < 0)
            return false;
        if (n == 0)
            break;
        buf_put(out, p, (size_t)n);
        c->is_full = conn_pending(c->conn) > CONN_OUT_HIGH && c->doom == NULL;
    }
    if (!c->is_full)
        http2_guard_flushed(&c->guard);
    return true;
}

/* Says why, and closes when that has been written. */
static void expel(struct http2 *c, uint32_t code, const char *why)
{
    if (c->life == HTTP2_CLOSED)
        return;
    log_debug("http2: closing peer=%s reason=%s", conn_peer(c->conn), why);
    c->doom = why;
    int32_t last = nghttp2_session_get_last_proc_stream_id(c->session);
    nghttp2_submit_goaway(c->session, NGHTTP2_FLAG_NONE, last, code, (const uint8_t *)why,
                          strlen(why));
    IGNORE(render_frames(c)); /* it is over in either case */
    close_conn(c, CONN_FLUSH_FIRST);
}

static void tell_drained(struct http2 *c)
{
    while (!list_is_empty(&c->drained)) {
        struct http2_stream *s = CONTAINER_OF(c->drained.next, struct http2_stream, drained);
        list_remove(&s->drained);
        s->user->drained(s);
    }
}

static void render(void *self)
{
    struct http2 *c = self;
    if (c->life == HTTP2_CLOSED)
        return;
    http2_settle(c);
    bool is_sound = render_frames(c);
    tell_drained(c);
    if (!is_sound)
        expel(c, NGHTTP2_INTERNAL_ERROR, "internal_error");
    else if (c->doom != NULL)
        expel(c, NGHTTP2_ENHANCE_YOUR_CALM, c->doom);
    else if (c->life == HTTP2_LEAVING && c->stream_n == 0)
        close_conn(c, CONN_FLUSH_FIRST);
    else if (!nghttp2_session_want_read(c->session) && !nghttp2_session_want_write(c->session))
        close_conn(c, CONN_FLUSH_FIRST); /* nghttp2 has said GOAWAY, or the peer has */
    else if (c->is_full)
        conn_touch(c->conn);
}

/* -- receiving --------------------------------------------------------------------------------- */

static void leave(struct http2 *c)
{
    timer_stop(&c->goodbye);
    move(c, HTTP2_LEAVING);
    int32_t last = nghttp2_session_get_last_proc_stream_id(c->session);
    nghttp2_submit_goaway(c->session, NGHTTP2_FLAG_NONE, last, NGHTTP2_NO_ERROR, NULL, 0);
    conn_touch(c->conn);
}

/* nghttp2 could not go on. Most errors of the peer it answers itself, by GOAWAY. */
static void fail(struct http2 *c, ssize_t error)
{
    switch ((int)error) {
    case NGHTTP2_ERR_BAD_CLIENT_MAGIC:
        close_conn(c, CONN_AT_ONCE);
        break;
    case NGHTTP2_ERR_FLOODED:
        expel(c, NGHTTP2_ENHANCE_YOUR_CALM, "too_many_unread_answers");
        break;
    case NGHTTP2_ERR_TOO_MANY_CONTINUATIONS:
        expel(c, NGHTTP2_ENHANCE_YOUR_CALM, "too_many_continuations");
        break;
    default:
        expel(c, NGHTTP2_INTERNAL_ERROR, "internal_error");
        break;
    }
}

static void feed(void *self, struct bytes in)
{
    struct http2 *c = self;
    if (c->life == HTTP2_CLOSED)
        return;
    bool was_greeted = c->has_settings;
    c->last_read_ms = loop_now_ms(c->setup.serve->loop);
    c->is_pinged = false;
    ssize_t n = nghttp2_session_mem_recv(c->session, in.p, in.n);
    if (n < 0) {
        fail(c, n);
        return;
    }
    http2_settle(c);
    /* Beyond what open streams may have queued: resets of what was sent wrongly. */
    if (c->doom == NULL && nghttp2_session_get_outbound_queue_size(c->session) >
                               HTTP2_QUEUED_MAX + 2 * (size_t)c->stream_n)
        c->doom = "too_many_unread_answers";
    if (c->doom != NULL) {
        expel(c, NGHTTP2_ENHANCE_YOUR_CALM, c->doom);
        return;
    }
    if (!was_greeted && c->has_settings)
        timer_start(&c->alive, c->setup.serve->limits.keepalive_idle_ms);
    if (c->is_round_tripped && c->life == HTTP2_NOTICED)
        leave(c);
    conn_touch(c->conn);
}

static void go_on(struct loop_hook *hook)
{
    struct http2 *c = CONTAINER_OF(hook, struct http2, later);
    loop_hook_remove(hook);
    struct list now;
    list_init(&now);
    list_splice(&now, &c->resumed);
    while (!list_is_empty(&now)) {
        struct http2_stream *s = CONTAINER_OF(now.next, struct http2_stream, resumed);
        list_remove(&s->resumed);
        if (c->life != HTTP2_CLOSED)
            http2_stream_go_on(s);
    }
    http2_settle(c);
}

/* -- keeping alive, ending --------------------------------------------------------------------- */

static void on_alive(struct timer *timer)
{
    struct http2 *c = CONTAINER_OF(timer, struct http2, alive);
    const struct net_limits *limits = &c->setup.serve->limits;
    if (!c->has_settings || c->is_pinged) {
        close_conn(c, CONN_AT_ONCE);
        return;
    }
    uint64_t idle = loop_now_ms(c->setup.serve->loop) - c->last_read_ms;
    if (idle < limits->keepalive_idle_ms) {
        timer_start(&c->alive, limits->keepalive_idle_ms - idle);
        return;
    }
    c->is_pinged = true;
    nghttp2_submit_ping(c->session, NGHTTP2_FLAG_NONE, NULL);
    timer_start(&c->alive, limits->keepalive_timeout_ms);
    conn_touch(c->conn);
}

static void on_goodbye(struct timer *timer)
{
    leave(CONTAINER_OF(timer, struct http2, goodbye));
}

static void on_shutdown(void *self)
{
    struct http2 *c = self;
    if (c->life != HTTP2_OPEN)
        return;
    move(c, HTTP2_NOTICED);
    nghttp2_submit_shutdown_notice(c->session);
    nghttp2_submit_ping(c->session, NGHTTP2_FLAG_NONE, http2_goodbye_ping);
    timer_start(&c->goodbye, GOODBYE_MS);
    conn_touch(c->conn);
}

/* A peer of HTTP/2 that closes its half waits for nothing any more. */
static void ended(void *self)
{
    struct http2 *c = self;
    close_conn(c, CONN_FLUSH_FIRST);
}

static void gone(void *self, enum err why)
{
    struct http2 *c = self;
    c->life = HTTP2_CLOSED;
    timer_stop(&c->alive);
    timer_stop(&c->goodbye);
    while (!list_is_empty(&c->streams)) {
        struct http2_stream *s = CONTAINER_OF(c->streams.next, struct http2_stream, link);
        if (s->user != NULL)
            s->user->closed(s, ERR_CLOSED);
        http2_stream_free(s);
    }
    loop_hook_remove(&c->later); /* the last word of one call may have let another go on */
    nghttp2_session_del(c->session);
    http2_free_streams(c);
    mem_free(c);
}

static const struct conn_protocol http2_protocol = { .name = "h2",
                                                     .feed = feed,
                                                     .ended = ended,
                                                     .render = render,
                                                     .shutdown = on_shutdown,
                                                     .gone = gone };

static void send_settings(struct http2 *c)
{
    const struct net_limits *limits = &c->setup.serve->limits;
    nghttp2_settings_entry entries[] = {
        { NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, limits->streams_max },
        { NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, HTTP2_STREAM_WINDOW },
        { NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, HTTP2_HEAD_MAX },
        { NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1 },
    };
    nghttp2_submit_settings(c->session, NGHTTP2_FLAG_NONE, entries, ARRAY_LEN(entries));
    nghttp2_session_set_local_window_size(c->session, NGHTTP2_FLAG_NONE, 0, HTTP2_CONN_WINDOW);
}

void http2_start(struct conn *conn, const struct http2_setup *setup, struct bytes left)
{
    struct http2 *c = mem_zalloc(1, sizeof(*c));
    struct loop *loop = setup->serve->loop;
    c->conn = conn;
    c->setup = *setup;
    c->later.run = go_on;
    c->last_read_ms = loop_now_ms(loop);
    list_init(&c->streams);
    list_init(&c->resumed);
    list_init(&c->holders);
    list_init(&c->withheld);
    list_init(&c->drained);
    http2_guard_init(&c->guard, setup->serve->limits.ping_min_ms, c->last_read_ms);
    timer_init(&c->alive, loop, on_alive);
    timer_init(&c->goodbye, loop, on_goodbye);
    timer_start(&c->alive, setup->serve->limits.header_timeout_ms);
    c->session = http2_session_new(c);
    send_settings(c);
    conn_touch(conn);
    conn_set_protocol(conn, &http2_protocol, c, left);
}
