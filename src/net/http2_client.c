/* nghttp2's client end over a dial. The answer is told when its stream has closed, or its ping has
 * come back; then the connection goes at once. */
#include "net/http2_client.h"

#include <nghttp2/nghttp2.h>
#include <stdio.h>

#include "base/mem.h"
#include "base/text.h"
#include "net/grpc_frame.h"

struct http2_call {
    struct dial dial;
    struct http2_ask ask;
    http2_answer_fn done;
    void *ctx;
    nghttp2_session *session;
    bool is_tls, has_frame;
    bool is_over; /* DONE has been called or canceled */
    uint64_t fed; /* bytes of the peer */
    size_t header_bytes, sent;
    int http_status, grpc_status;
    bool has_grpc_status;
    struct buf message, request, grpc_message;
    char failure[200];
};

static const char ping[8] = "muster", no_http2[] = "the answer is no HTTP/2";

/* -- done -------------------------------------------------------------------------------------- */

static void tell(struct http2_call *c, const struct http2_answer *answer)
{
    if (c->is_over)
        return;
    c->is_over = true;
    c->done(c->ctx, answer);
}

static void finish(struct http2_call *c, const char *failure)
{
    struct http2_answer answer = { .failure = failure };
    tell(c, &answer);
    dial_close(&c->dial, CONN_AT_ONCE);
}

/* What the stream brought is a gRPC answer, or it is said why it is none. */
static void finish_stream(struct http2_call *c, uint32_t code)
{
    struct grpc_frame frame = { 0 };
    struct http2_answer answer = { .grpc_status = c->grpc_status };
    bool has_frame =
        grpc_frame_read(buf_bytes(&c->message), HTTP2_CLIENT_MESSAGE_MAX, &frame) == OK;
    if (!c->has_grpc_status && c->http_status != 200 && c->http_status != 0) {
        snprintf(c->failure, sizeof(c->failure), "unexpected HTTP status %d", c->http_status);
        answer.failure = c->failure;
    } else if (!c->has_grpc_status) {
        snprintf(c->failure, sizeof(c->failure), "the stream ended without a status (%s)",
                 nghttp2_http2_strerror(code));
        answer.failure = c->failure;
    } else if (c->grpc_status == 0 && (!has_frame || frame.flag != 0)) {
        answer.failure = "the answer holds no message";
    }
    answer.message = frame.payload;
    answer.grpc_message = buf_bytes(&c->grpc_message);
    tell(c, &answer);
    dial_close(&c->dial, CONN_AT_ONCE);
}

/* -- nghttp2's callbacks ----------------------------------------------------------------------- */

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_n, const uint8_t *value, size_t value_n, uint8_t flags, void *ctx)
{
    struct http2_call *c = ctx;
    struct bytes n = bytes_of(name, name_n), v = bytes_of(value, value_n);
    uint64_t number = 0;
    (void)session, (void)frame, (void)flags;
    c->header_bytes += name_n + value_n + 32;
    if (c->header_bytes > HTTP2_CLIENT_HEADERS_MAX)
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    if (bytes_is(n, ":status") && text_u64(v, &number) && number < 1000)
        c->http_status = (int)number;
    if (bytes_is(n, "grpc-message") && c->grpc_message.n == 0)
        buf_put_bytes(&c->grpc_message, v); /* one that is too long is not shown */
    if (bytes_is(n, "grpc-status") && text_u64(v, &number) && number < 1000) {
        c->has_grpc_status = true;
        c->grpc_status = (int)number;
    }
    return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *p, size_t n,
                   void *ctx)
{
    struct http2_call *c = ctx;
    (void)session, (void)flags, (void)id;
    buf_put(&c->message, p, n);
    return c->message.full ? NGHTTP2_ERR_CALLBACK_FAILURE : 0;
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *ctx)
{
    struct http2_call *c = ctx;
    (void)session;
    c->has_frame = true;
    bool is_pong = frame->hd.type == NGHTTP2_PING && (frame->hd.flags & NGHTTP2_FLAG_ACK) != 0;
    if (is_pong && c->ask.path.n == 0)
        finish(c, NULL);
    return 0;
}

static int on_stream_closed(nghttp2_session *session, int32_t id, uint32_t code, void *ctx)
{
    struct http2_call *c = ctx;
    (void)session, (void)id;
    finish_stream(c, code);
    return 0;
}

static ssize_t give_message(nghttp2_session *session, int32_t id, uint8_t *into, size_t room,
                            uint32_t *flags, nghttp2_data_source *source, void *ctx)
{
    struct http2_call *c = ctx;
    (void)session, (void)id, (void)source;
    struct bytes left = bytes_skip(buf_bytes(&c->request), c->sent);
    size_t n = left.n < room ? left.n : room;
    if (n > 0)
        memcpy(into, left.p, n);
    c->sent += n;
    if (n == left.n)
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    return (ssize_t)n;
}

static nghttp2_session *session_new(struct http2_call *c)
{
    nghttp2_session_callbacks *callbacks;
    nghttp2_session *session;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_closed);
    nghttp2_session_client_new(&session, callbacks, c);
    nghttp2_session_callbacks_del(callbacks);
    return session;
}

/* -- the question ------------------------------------------------------------------------------ */

static nghttp2_nv field(const char *name, struct bytes value)
{
    return (nghttp2_nv){ .name = (uint8_t *)(uintptr_t)name,
                         .namelen = strlen(name),
                         .value = (uint8_t *)(uintptr_t)value.p,
                         .valuelen = value.n };
}

static void submit_call(struct http2_call *c)
{
    const nghttp2_nv fields[] = {
        field(":method", bytes_str("POST")),
        field(":scheme", bytes_str(c->is_tls ? "https" : "http")),
        field(":path", c->ask.path),
        field(":authority", c->ask.authority),
        field("content-type", bytes_str("application/grpc")),
        field("te", bytes_str("trailers")),
        field("user-agent", bytes_str("Consul Health Check")),
    };
    const nghttp2_data_provider provider = { .read_callback = give_message };
    nghttp2_submit_request(c->session, NULL, fields, ARRAY_LEN(fields), &provider, NULL);
}

/* -- the connection ---------------------------------------------------------------------------- */

static struct http2_call *call_of(struct dial *d)
{
    return CONTAINER_OF(d, struct http2_call, dial);
}

/* What the session has to say. */
static void render(struct http2_call *c)
{
    const uint8_t *p;
    while (dial_out(&c->dial)->n < CONN_OUT_HIGH) {
        ssize_t n = nghttp2_session_mem_send(c->session, &p);
        if (n <= 0)
            break;
        buf_put(dial_out(&c->dial), p, (size_t)n);
    }
    dial_touch(&c->dial);
}

static void on_opened(struct dial *d)
{
    struct http2_call *c = call_of(d);
    const nghttp2_settings_entry settings[] = { { NGHTTP2_SETTINGS_ENABLE_PUSH, 0 } };
    if (c->is_tls && !dial_is_h2(d)) {
        finish(c, "the target does not speak HTTP/2");
        return;
    }
    c->session = session_new(c);
    nghttp2_submit_settings(c->session, NGHTTP2_FLAG_NONE, settings, ARRAY_LEN(settings));
    if (c->ask.path.n > 0)
        submit_call(c);
    else
        nghttp2_submit_ping(c->session, NGHTTP2_FLAG_NONE, (const uint8_t *)ping);
    render(c);
}

static void on_feed(struct dial *d, struct bytes in)
{
    struct http2_call *c = call_of(d);
    if (c->is_over || c->session == NULL)
        return;
    c->fed += in.n;
    if (c->fed > HTTP2_CLIENT_BYTES_MAX) {
        finish(c, "the target sends too much");
        return;
    }
    ssize_t n = nghttp2_session_mem_recv(c->session, in.p, in.n);
    if (c->is_over)
        return;
    if (n < 0) {
        finish(c, n == NGHTTP2_ERR_CALLBACK_FAILURE ? "the answer is too large" : no_http2);
        return;
    }
    render(c);
    if (!nghttp2_session_want_read(c->session) && !nghttp2_session_want_write(c->session))
        finish(c, c->has_frame ? "the HTTP/2 connection was ended" : no_http2);
}

static void on_ended(struct dial *d)
{
    finish(call_of(d), "the target closed the connection");
}

static void on_gone(struct dial *d, const char *failure)
{
    struct http2_call *c = call_of(d);
    struct http2_answer answer = { .failure = failure != NULL ? failure : "closed" };
    tell(c, &answer);
    nghttp2_session_del(c->session);
    buf_fini(&c->message);
    buf_fini(&c->request);
    buf_fini(&c->grpc_message);
    mem_free(c);
}

static const struct dial_user user = {
    .opened = on_opened, .feed = on_feed, .ended = on_ended, .gone = on_gone
};

struct http2_call *http2_call_start(struct dialer *dialer, const struct http2_ask *ask,
                                    http2_answer_fn done, void *ctx)
{
    struct http2_call *c = mem_zalloc(1, sizeof(*c));
    c->ask = *ask;
    c->done = done;
    c->ctx = ctx;
    c->grpc_status = -1;
    buf_init(&c->message, HTTP2_CLIENT_MESSAGE_MAX + GRPC_PREFIX);
    buf_init(&c->request, ask->message.n + GRPC_PREFIX);
    buf_init(&c->grpc_message, 1024);
    grpc_frame_write_prefix(buf_extend(&c->request, GRPC_PREFIX), 0, ask->message.n);
    buf_put_bytes(&c->request, ask->message);
    c->is_tls = ask->tls != NULL;
    dial_start(&c->dial, dialer, &user, ask->host, ask->port, ask->tls);
    return c;
}

void http2_call_cancel(struct http2_call *c)
{
    c->is_over = true;
    dial_close(&c->dial, CONN_AT_ONCE);
}
