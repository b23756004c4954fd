/* What nghttp2 tells of the peer.
 *
 * A callback never ends the connection itself: it leaves its verdict in DOOM, ignores the rest of
 * what is being fed, and the feed ends the connection when nghttp2 has returned. Streams are closed
 * by nghttp2 alone, inside a feed or a render, never inside a call of a stream's user. */
#include "net/http2_session.h"

#include <assert.h>

#include "base/mem.h"
#include "base/metric.h"
#include "net/http2_stream.h"

/* -- counting ---------------------------------------------------------------------------------- */

static void count(struct http2 *c, enum http2_event event)
{
    if (c->doom == NULL)
        c->doom = http2_guard_saw(&c->guard, event, loop_now_ms(c->setup.serve->loop));
}

static int on_begin_frame(nghttp2_session *session, const nghttp2_frame_hd *hd, void *user_data)
{
    struct http2 *c = user_data;
    bool is_last = (hd->flags & NGHTTP2_FLAG_END_STREAM) != 0;
    bool is_ack = (hd->flags & NGHTTP2_FLAG_ACK) != 0;
    switch (hd->type) {
    case NGHTTP2_DATA:
        if (hd->length == 0 && !is_last)
            count(c, HTTP2_EMPTY_DATA);
        break;
    case NGHTTP2_SETTINGS:
        if (!is_ack)
            count(c, HTTP2_SETTINGS_IN);
        break;
    case NGHTTP2_PING:
        if (!is_ack)
            count(c, HTTP2_PING_IN);
        break;
    case NGHTTP2_RST_STREAM:
        count(c, HTTP2_RESET);
        break;
    case NGHTTP2_HEADERS:
    case NGHTTP2_WINDOW_UPDATE:
    case NGHTTP2_CONTINUATION:
        break;
    default:
        count(c, HTTP2_OTHER);
        break;
    }
    return 0;
}

/* -- heads ------------------------------------------------------------------------------------- */

static int on_begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *user_data)
{
    struct http2 *c = user_data;
    struct http2_stream *s = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
    if (s != NULL)
        s->block_bytes = 0;
    if (frame->headers.cat != NGHTTP2_HCAT_REQUEST)
        return 0;
    count(c, HTTP2_STREAM);
    s = http2_stream_new(c, frame->hd.stream_id);
    nghttp2_session_set_stream_user_data(session, s->id, s);
    return 0;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, nghttp2_rcbuf *name,
                     nghttp2_rcbuf *value, uint8_t flags, void *user_data)
{
    struct http2 *c = user_data;
    struct http2_stream *s = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
    if (s == NULL || c->doom != NULL)
        return 0;
    http2_stream_add_field(s, name, value);
    if (s->block_bytes > HTTP2_BLOCK_MAX)
        c->doom = "header_block_too_large";
    return 0;
}

/* Lets the streams share the connection in turns, whatever the client thinks of their urgency. */
static void share_fairly(struct http2_stream *s)
{
    nghttp2_extpri fair = { .urgency = NGHTTP2_EXTPRI_DEFAULT_URGENCY, .inc = 1 };
    nghttp2_session_change_extpri_stream_priority(s->c->session, s->id, &fair, 1);
}

static void head_is_whole(struct http2_stream *s, bool ended)
{
    struct http2 *c = s->c;
    share_fairly(s);
    s->user = c->setup.choose(s);
    s->in_ended = ended;
    s->user->opened(s, ended);
    if (ended)
        http2_stream_take_end(s);
}

/* -- bodies ------------------------------------------------------------------------------------ */

static int on_data_chunk(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *p,
                         size_t n, void *user_data)
{
    struct http2 *c = user_data;
    struct http2_stream *s = nghttp2_session_get_stream_user_data(session, id);
    c->owed += n;
    if (c->setup.received != NULL)
        metric_add(c->setup.received, (int64_t)n);
    if (s != NULL && c->doom == NULL)
        http2_stream_take(s, bytes_of(p, n));
    return 0;
}

/* -- whole frames ------------------------------------------------------------------------------ */

static void on_stream_frame(struct http2 *c, const nghttp2_frame *frame)
{
    struct http2_stream *s = nghttp2_session_get_stream_user_data(c->session, frame->hd.stream_id);
    bool ended = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    if (frame->hd.type == NGHTTP2_DATA && frame->data.padlen > 0 && !ended &&
        frame->hd.length == frame->data.padlen)
        count(c, HTTP2_EMPTY_DATA);
    if (s == NULL || c->doom != NULL)
        return;
    if (frame->hd.type == NGHTTP2_HEADERS && s->user == NULL) {
        head_is_whole(s, ended);
        return;
    }
    if (frame->hd.type == NGHTTP2_HEADERS && http2_stream_is_overlong(s))
        s->user->overlong(s);
    if (ended)
        http2_stream_take_end(s);
}

static void on_ping(struct http2 *c, const nghttp2_ping *ping)
{
    if ((ping->hd.flags & NGHTTP2_FLAG_ACK) != 0 && c->life == HTTP2_NOTICED &&
        memcmp(ping->opaque_data, http2_goodbye_ping, 8) == 0)
        c->is_round_tripped = true;
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *user_data)
{
    struct http2 *c = user_data;
    switch (frame->hd.type) {
    case NGHTTP2_HEADERS:
    case NGHTTP2_DATA:
        on_stream_frame(c, frame);
        break;
    case NGHTTP2_WINDOW_UPDATE:
        if (frame->window_update.window_size_increment < HTTP2_TINY_BYTES)
            count(c, HTTP2_TINY_UPDATE);
        break;
    case NGHTTP2_PING:
        on_ping(c, &frame->ping);
        break;
    case NGHTTP2_SETTINGS:
        c->has_settings = true;
        break;
    }
    return 0;
}

static int on_stream_close(nghttp2_session *session, int32_t id, uint32_t code, void *user_data)
{
    struct http2_stream *s = nghttp2_session_get_stream_user_data(session, id);
    if (s == NULL)
        return 0;
    bool is_well = code == NGHTTP2_NO_ERROR && s->has_ended;
    if (s->user != NULL)
        s->user->closed(s, is_well ? OK : ERR_CANCELED);
    nghttp2_session_set_stream_user_data(session, id, NULL);
    http2_stream_free(s);
    return 0;
}

/* -- the session ------------------------------------------------------------------------------- */

static void *take_memory(size_t n, void *ctx)
{
    return mem_alloc(n);
}

static void give_memory(void *p, void *ctx)
{
    mem_free(p);
}

static void *take_zeroed(size_t count_n, size_t size, void *ctx)
{
    return mem_zalloc(count_n, size);
}

static void *change_memory(void *p, size_t n, void *ctx)
{
    return mem_realloc(p, n);
}

static nghttp2_session_callbacks *make_callbacks(void)
{
    nghttp2_session_callbacks *cb = NULL;
    int rc = nghttp2_session_callbacks_new(&cb);
    assert(rc == 0);
    nghttp2_session_callbacks_set_on_begin_frame_callback(cb, on_begin_frame);
    nghttp2_session_callbacks_set_on_begin_headers_callback(cb, on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback2(cb, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(cb, on_data_chunk);
    nghttp2_session_callbacks_set_on_frame_recv_callback(cb, on_frame);
    nghttp2_session_callbacks_set_on_stream_close_callback(cb, on_stream_close);
    nghttp2_session_callbacks_set_send_data_callback(cb, http2_send_data);
    nghttp2_session_callbacks_set_on_frame_send_callback(cb, http2_frame_sent);
    return cb;
}

/* The library's own limits lie behind ours: they catch what ours do not see. */
static nghttp2_option *make_option(void)
{
    nghttp2_option *o = NULL;
    int rc = nghttp2_option_new(&o);
    assert(rc == 0);
    nghttp2_option_set_no_auto_window_update(o, 1);
    nghttp2_option_set_no_closed_streams(o, 1);
    nghttp2_option_set_max_outbound_ack(o, 2 * HTTP2_QUEUED_MAX);
    nghttp2_option_set_max_continuations(o, HTTP2_CONTINUATIONS_MAX);
    nghttp2_option_set_stream_reset_rate_limit(o, 20000, 2000);
    return o;
}

nghttp2_session *http2_session_new(struct http2 *c)
{
    nghttp2_session_callbacks *cb = make_callbacks();
    nghttp2_option *option = make_option();
    nghttp2_session *session = NULL;
    nghttp2_mem mem = {
        .malloc = take_memory, .free = give_memory, .calloc = take_zeroed, .realloc = change_memory
    };
    int rc = nghttp2_session_server_new3(&session, cb, c, option, &mem);
    assert(rc == 0);
    nghttp2_option_del(option);
    nghttp2_session_callbacks_del(cb);
    return session;
}
