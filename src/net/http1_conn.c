/* HTTP/1.1 on a connection.
 *
 * One request at a time: RECEIVING until it is whole, then ANSWERING, until the handler has ended
 * it, at once or much later. Bytes that come meanwhile (pipelining) are held and the peer is
 * paused, so that answers leave in the order of their requests and what is held is one read at
 * most. When an answer ends outside of a feed and something is held, the next request is taken by a
 * hook of this turn, not from inside the handler: a thousand pipelined requests do not nest.
 *
 * A client that closes its half while it waits for an answer has either gone or cannot send more
 * (printf | nc). It gets HALF_CLOSED_MS; then its handler is told that it is gone. */
#include "net/serve.h"

#include "base/mem.h"
#include "net/http1.h"
#include "net/http_ops.h"

enum { HELD_MAX = 512 * 1024, HALF_CLOSED_MS = 5000 };

enum http1_conn_state { RECEIVING, ANSWERING, CLOSING };

struct http1_request;

struct http1_conn {
    struct conn *conn;
    struct serve *serve;
    struct http1 *codec;
    enum http1_conn_state state;
    struct http1_request *now; /* from its head to the end of its answer */
    struct buf held;           /* sent by the peer, not looked at yet; reading is paused */
    struct loop_hook later;    /* linked: HELD is to be looked at this turn */
    struct timer limit;
    bool is_dispatching; /* the handler has not returned; NOW is freed afterwards */
    bool is_paused;
    bool peer_ended;
};

struct http1_request {
    struct http_request http;
    struct http1_conn *c;
    struct buf body;
    bool keep_alive, is_1_0;
    enum http1_framing framing;
};

static void consume(struct http1_conn *c, struct bytes in);

/* -- waiting ----------------------------------------------------------------------------------- */

/* For the next request. */
static void wait_for_head(struct http1_conn *c)
{
    c->state = RECEIVING;
    timer_start(&c->limit, c->serve->limits.idle_timeout_ms);
}

static void pause_peer(struct http1_conn *c)
{
    if (c->is_paused)
        return;
    c->is_paused = true;
    conn_pause(c->conn);
}

static void resume_peer(struct http1_conn *c)
{
    if (!c->is_paused)
        return;
    c->is_paused = false;
    conn_resume(c->conn);
}

static void close_conn(struct http1_conn *c, enum conn_close how)
{
    c->state = CLOSING;
    timer_stop(&c->limit);
    conn_close(c->conn, how);
}

/* -- the end of a request ---------------------------------------------------------------------- */

static void free_request(struct http1_conn *c)
{
    struct http1_request *r = c->now;
    if (r == NULL)
        return;
    c->now = NULL;
    atomic_fetch_sub_explicit(&c->serve->shared->streams, 1, memory_order_relaxed);
    buf_fini(&r->body);
    http_request_fini(&r->http);
    mem_free(r);
}

/* NOW has ended; goes on to the next or closes. */
static void finish_request(struct http1_conn *c)
{
    bool goes_on = c->now->keep_alive && !c->serve->shared->draining && c->state == ANSWERING;
    free_request(c);
    if (goes_on)
        wait_for_head(c);
    else if (c->state != CLOSING)
        close_conn(c, CONN_FLUSH_FIRST);
}

static void look_at_held(struct loop_hook *hook)
{
    struct http1_conn *c = CONTAINER_OF(hook, struct http1_conn, later);
    loop_hook_remove(hook);
    struct buf held = c->held;
    buf_init(&c->held, HELD_MAX);
    consume(c, buf_bytes(&held));
    buf_fini(&held);
    if (c->held.n == 0)
        resume_peer(c);
    if (c->peer_ended && c->state == RECEIVING && c->held.n == 0)
        close_conn(c, CONN_FLUSH_FIRST);
}

static void look_soon(struct http1_conn *c)
{
    if (!list_is_linked(&c->later.link))
        loop_hook_add(c->serve->loop, LOOP_STAGE_MAIL, &c->later);
    loop_again(c->serve->loop);
}

/* -- http_ops ---------------------------------------------------------------------------------- */

static struct http1_request *request_of(const struct http_request *r)
{
    return CONTAINER_OF((struct http_request *)(uintptr_t)r, struct http1_request, http);
}

static void op_head(struct http_request *http, int status, const struct http_header *headers,
                    size_t n, uint64_t length)
{
    struct http1_request *r = request_of(http);
    r->framing = HTTP1_WITH_LENGTH;
    if (status == 204 || status == 304)
        r->framing = HTTP1_NO_BODY;
    else if (length == HTTP_LENGTH_UNKNOWN)
        r->framing = r->is_1_0 ? HTTP1_UNTIL_CLOSE : HTTP1_CHUNKED;
    if (r->framing == HTTP1_UNTIL_CLOSE || r->c->serve->shared->draining)
        r->keep_alive = false;
    struct buf *out = conn_out(r->c->conn);
    http1_write_head(out, status, headers, n, r->framing, length, r->keep_alive, r->is_1_0);
    conn_touch(r->c->conn);
}

static void op_body(struct http_request *http, struct bytes piece)
{
    struct http1_request *r = request_of(http);
    if (r->framing == HTTP1_CHUNKED)
        http1_write_chunk(conn_out(r->c->conn), piece);
    else
        buf_put_bytes(conn_out(r->c->conn), piece);
    conn_touch(r->c->conn);
}

static void op_end(struct http_request *http)
{
    struct http1_request *r = request_of(http);
    struct http1_conn *c = r->c;
    if (r->framing == HTTP1_CHUNKED && !http->is_bare)
        http1_write_last_chunk(conn_out(c->conn));
    conn_touch(c->conn);
    if (c->is_dispatching)
        return; /* dispatch goes on from here */
    finish_request(c);
    if (c->state == RECEIVING && c->held.n > 0) {
        look_soon(c);
    } else if (c->state == RECEIVING && c->peer_ended) {
        close_conn(c, CONN_FLUSH_FIRST);
    }
}

static void op_abort(struct http_request *http)
{
    struct http1_request *r = request_of(http);
    struct http1_conn *c = r->c;
    bool is_visible = r->framing != HTTP1_UNTIL_CLOSE && http->started;
    close_conn(c, is_visible ? CONN_FLUSH_FIRST : CONN_RESET);
    if (!c->is_dispatching)
        finish_request(c);
}

static size_t op_pending(const struct http_request *http)
{
    return conn_pending(request_of(http)->c->conn);
}

static const struct http_ops http1_ops = {
    .head = op_head, .body = op_body, .end = op_end, .abort = op_abort, .pending = op_pending
};

/* -- receiving --------------------------------------------------------------------------------- */

/* Answers a request that cannot be read to its end; the connection is over. */
static void refuse(struct http1_conn *c, int status)
{
    static const struct http_header plain = { .name = { (const uint8_t *)"content-type", 12 },
                                              .value = { (const uint8_t *)"text/plain", 10 } };
    struct buf text;
    buf_init(&text, HTTP_REFUSAL_MAX);
    http_refusal_write(c->now == NULL ? NULL : &c->now->http, status, &text);
    http1_write_head(conn_out(c->conn), status, &plain, 1, HTTP1_WITH_LENGTH, buf_bytes(&text).n,
                     false, false);
    buf_put_bytes(conn_out(c->conn), buf_bytes(&text));
    buf_fini(&text);
    conn_touch(c->conn);
    free_request(c);
    close_conn(c, CONN_FLUSH_FIRST);
}

static void copy_head(struct http1_request *r, const struct http1_head *head)
{
    struct http_request *http = &r->http;
    http->method = arena_dup(&http->arena, head->method);
    http_split_target(arena_dup(&http->arena, head->target), &http->path, &http->query);
    http->header_n = head->header_n;
    http->headers = arena_zalloc(&http->arena, head->header_n, sizeof(*http->headers));
    for (size_t i = 0; i < head->header_n; i++)
        http->headers[i] = (struct http_header){
            .name = arena_dup(&http->arena, head->headers[i].name),
            .value = arena_dup(&http->arena, head->headers[i].value),
        };
    r->keep_alive = head->keep_alive;
    r->is_1_0 = head->is_1_0;
}

static void begin_request(struct http1_conn *c, const struct http1_head *head)
{
    struct http1_request *r = mem_zalloc(1, sizeof(*r));
    http_request_init(&r->http, &http1_ops, c->serve);
    r->c = c;
    r->http.peer = conn_peer(c->conn);
    r->http.client_name = conn_client_name(c->conn);
    copy_head(r, head);
    buf_init(&r->body, http_body_max(&r->http));
    c->now = r;
    atomic_fetch_add_explicit(&c->serve->shared->streams, 1, memory_order_relaxed);
    if (head->length != HTTP1_LENGTH_CHUNKED && head->length > r->body.max) {
        refuse(c, 413);
        return;
    }
    if (head->length > 0)
        timer_start(&c->limit, c->serve->limits.idle_timeout_ms);
    if (head->expects_continue) {
        http1_write_continue(conn_out(c->conn));
        conn_touch(c->conn);
    }
}

static void take_body(struct http1_conn *c, struct bytes piece)
{
    buf_put_bytes(&c->now->body, piece);
    if (buf_err(&c->now->body) != OK)
        refuse(c, 413);
    else
        timer_start(&c->limit, c->serve->limits.idle_timeout_ms);
}

static void dispatch(struct http1_conn *c)
{
    struct http1_request *r = c->now;
    timer_stop(&c->limit);
    c->state = ANSWERING;
    r->http.body = buf_bytes(&r->body);
    c->is_dispatching = true;
    http_request_dispatch(&r->http);
    c->is_dispatching = false;
    if (r->http.ended)
        finish_request(c);
    else if (c->peer_ended)
        timer_start(&c->limit, HALF_CLOSED_MS);
}

static void handle_event(struct http1_conn *c, const struct http1_event *event)
{
    switch (event->kind) {
    case HTTP1_NEED_MORE:
        break;
    case HTTP1_HEAD:
        begin_request(c, event->head);
        break;
    case HTTP1_BODY:
        take_body(c, event->body);
        break;
    case HTTP1_END:
        dispatch(c);
        break;
    }
}

static void hold(struct http1_conn *c, struct bytes in)
{
    if (in.n == 0)
        return;
    if (c->now != NULL && !c->now->keep_alive)
        return; /* nothing is answered after this one */
    buf_put_bytes(&c->held, in);
    pause_peer(c);
    if (c->held.full)
        close_conn(c, CONN_RESET);
}

/* The client has many answers to read before it gets the next. */
static bool is_congested(const struct http1_conn *c)
{
    return c->now == NULL && conn_pending(c->conn) > CONN_OUT_HIGH;
}

static void consume(struct http1_conn *c, struct bytes in)
{
    bool more = true;
    while (c->state == RECEIVING && more && !is_congested(c)) {
        bool was_between = http1_is_between(c->codec);
        size_t used;
        struct http1_event event;
        if (http1_feed(c->codec, in, &used, &event) != OK) {
            refuse(c, http1_refusal(c->codec));
            return;
        }
        in = bytes_skip(in, used);
        more = event.kind != HTTP1_NEED_MORE;
        if (was_between && used > 0 && !more)
            timer_start(&c->limit, c->serve->limits.header_timeout_ms);
        handle_event(c, &event);
    }
    if (c->state == ANSWERING || (c->state == RECEIVING && is_congested(c)))
        hold(c, in);
}

/* -- conn_protocol ----------------------------------------------------------------------------- */

static void feed(void *self, struct bytes in)
{
    struct http1_conn *c = self;
    if (c->state == RECEIVING && c->held.n == 0)
        consume(c, in);
    else if (c->state != CLOSING)
        hold(c, in);
}

static void ended(void *self)
{
    struct http1_conn *c = self;
    c->peer_ended = true;
    if (c->state == RECEIVING && c->held.n == 0)
        close_conn(c, CONN_FLUSH_FIRST);
    else if (c->state == ANSWERING)
        timer_start(&c->limit, HALF_CLOSED_MS);
}

static void drained(void *self)
{
    struct http1_conn *c = self;
    if (c->now != NULL && c->state == ANSWERING)
        http_request_drained(&c->now->http);
    else if (c->state == RECEIVING && c->held.n > 0)
        look_soon(c);
}

static void on_shutdown(void *self)
{
    struct http1_conn *c = self;
    if (c->state == RECEIVING && c->now == NULL)
        close_conn(c, CONN_FLUSH_FIRST);
}

static void on_limit(struct timer *timer)
{
    struct http1_conn *c = CONTAINER_OF(timer, struct http1_conn, limit);
    if (c->state == ANSWERING) { /* half closed, and still no answer */
        http_request_gone(&c->now->http);
        close_conn(c, CONN_AT_ONCE);
    } else if (http1_is_between(c->codec)) {
        close_conn(c, CONN_FLUSH_FIRST);
    } else {
        refuse(c, 408);
    }
}

static void gone(void *self, enum err why)
{
    struct http1_conn *c = self;
    (void)why;
    if (c->now != NULL)
        http_request_gone(&c->now->http);
    free_request(c);
    timer_stop(&c->limit);
    loop_hook_remove(&c->later);
    buf_fini(&c->held);
    http1_free(c->codec);
    mem_free(c);
}

static const struct conn_protocol http1_protocol = { .name = "http/1.1",
                                                     .feed = feed,
                                                     .ended = ended,
                                                     .drained = drained,
                                                     .shutdown = on_shutdown,
                                                     .gone = gone };

void http1_serve(struct conn *conn, struct serve *serve, struct bytes left)
{
    struct http1_conn *c = mem_zalloc(1, sizeof(*c));
    c->conn = conn;
    c->serve = serve;
    c->codec = http1_new();
    c->later.run = look_at_held;
    buf_init(&c->held, HELD_MAX);
    timer_init(&c->limit, serve->loop, on_limit);
    timer_start(&c->limit, serve->limits.header_timeout_ms);
    conn_set_protocol(conn, &http1_protocol, c, left);
}
