/* A request over HTTP/2 is gathered in its stream (within the stream's and the connection's
 * bounds), handed to the handler when it is whole, and freed with the stream. */
#include "net/http2_http.h"

#include <assert.h>
#include <stdio.h>

#include "net/http.h"
#include "net/http2_send.h"
#include "net/http2_stream.h"
#include "net/http_ops.h"

enum { FIELDS_MAX = 64 };

struct http2_request {
    struct http_request http;
    struct http2_stream *stream;
};

static struct http2_request *request_of(const struct http_request *r)
{
    return CONTAINER_OF((struct http_request *)(uintptr_t)r, struct http2_request, http);
}

/* -- the answer -------------------------------------------------------------------------------- */

static struct http2_field make_field(const char *name, struct bytes value)
{
    return (struct http2_field){ .name = bytes_str(name), .value = value, .copy = true };
}

static void op_head(struct http_request *r, int status, const struct http_header *headers, size_t n,
                    uint64_t length)
{
    struct http2_field *fields = arena_zalloc(&r->arena, n + 2, sizeof(*fields));
    char digits[8], length_text[24];
    snprintf(digits, sizeof(digits), "%d", status);
    size_t k = 0;
    fields[k++] = make_field(":status", bytes_str(digits));
    for (size_t i = 0; i < n && k < FIELDS_MAX; i++)
        fields[k++] = (struct http2_field){ .name = headers[i].name,
                                            .value = headers[i].value,
                                            .copy = true };
    if (length != HTTP_LENGTH_UNKNOWN && status != 204 && status != 304) {
        snprintf(length_text, sizeof(length_text), "%llu", (unsigned long long)length);
        fields[k++] = make_field("content-length", bytes_str(length_text));
    }
    http2_stream_answer(request_of(r)->stream, fields, k, r->is_bare || length == 0);
}

static void op_body(struct http_request *r, struct bytes piece)
{
    struct http2_stream *s = request_of(r)->stream;
    struct http2_out *out = http2_stream_out(s);
    http2_out_compact(out);
    buf_put_bytes(&out->own, piece);
    http2_stream_push(s);
}

static void op_end(struct http_request *r)
{
    http2_stream_end(request_of(r)->stream, NULL, 0);
}

static void op_abort(struct http_request *r)
{
    http2_stream_reset(request_of(r)->stream, HTTP2_RESET_INTERNAL);
}

static size_t op_pending(const struct http_request *r)
{
    return http2_stream_pending(request_of(r)->stream);
}

static const struct http_ops ops = {
    .head = op_head, .body = op_body, .end = op_end, .abort = op_abort, .pending = op_pending
};

/* -- the request ------------------------------------------------------------------------------- */

static bool is_pseudo(const struct http2_header *h)
{
    return h->name.n > 0 && h->name.p[0] == ':';
}

/* The authority stands for the host; a host beside it says nothing. */
static void copy_headers(struct http2_request *r)
{
    size_t n;
    const struct http2_header *headers = http2_stream_headers(r->stream, &n);
    struct bytes authority = http2_stream_header(r->stream, ":authority");
    struct http_request *http = &r->http;
    http->headers = arena_zalloc(&http->arena, n + 1, sizeof(*http->headers));
    if (authority.p != NULL)
        http->headers[http->header_n++] = (struct http_header){ bytes_str("host"), authority };
    for (size_t i = 0; i < n; i++) {
        if (is_pseudo(&headers[i]) || (authority.p != NULL && bytes_is(headers[i].name, "host")))
            continue;
        http->headers[http->header_n++] =
            (struct http_header){ .name = headers[i].name, .value = headers[i].value };
    }
}

static void on_opened(struct http2_stream *s, bool ended)
{
    struct http2_request *r = http2_stream_state(s);
    struct http_request *http = &r->http;
    r->stream = s;
    http_request_init(http, &ops, http2_stream_serve(s));
    http->method = http2_stream_header(s, ":method");
    http_split_target(http2_stream_header(s, ":path"), &http->path, &http->query);
    http->peer = conn_peer(http2_stream_conn(s));
    http->client_name = conn_client_name(http2_stream_conn(s));
    copy_headers(r);
    if (http2_stream_headers_cut(s) || http2_stream_is_overlong(s))
        http_request_refuse(http, 431);
    else if (bytes_is(http->method, "CONNECT"))
        http_request_refuse(http, 501);
}

static size_t on_data(struct http2_stream *s, struct bytes in)
{
    struct http2_request *r = http2_stream_state(s);
    if (!r->http.ended && in.n > http_body_max(&r->http))
        http_request_refuse(&r->http, 413);
    return 0;
}

static void on_ended(struct http2_stream *s, struct bytes left)
{
    struct http2_request *r = http2_stream_state(s);
    if (r->http.ended)
        return;
    r->http.body = arena_dup(&r->http.arena, left);
    http_request_dispatch(&r->http);
}

static void on_drained(struct http2_stream *s)
{
    struct http2_request *r = http2_stream_state(s);
    if (!r->http.ended)
        http_request_drained(&r->http);
}

static void on_overfull(struct http2_stream *s)
{
    struct http2_request *r = http2_stream_state(s);
    if (!r->http.ended && !r->http.started)
        http_request_refuse(&r->http, 413);
}

/* Nothing has been dispatched before the end. */
static void on_overlong(struct http2_stream *s)
{
    struct http2_request *r = http2_stream_state(s);
    if (!r->http.ended)
        http_request_refuse(&r->http, 431);
}

static void on_closed(struct http2_stream *s, enum err why)
{
    struct http2_request *r = http2_stream_state(s);
    if (!r->http.ended)
        http_request_gone(&r->http);
    http_request_fini(&r->http);
}

const struct http2_user http2_http_user = { .opened = on_opened,
                                            .data = on_data,
                                            .ended = on_ended,
                                            .drained = on_drained,
                                            .overfull = on_overfull,
                                            .overlong = on_overlong,
                                            .closed = on_closed };

size_t http2_http_bytes(void)
{
    return sizeof(struct http2_request);
}
