/* What a stream sends.
 *
 * The answer's head goes to nghttp2 at once. What follows waits in OUT; nghttp2 asks for it frame
 * by frame while the connection has room, and then takes it straight from OUT into conn_out. When
 * OUT is empty nghttp2 is told to look away (deferred) and is called back by the next push.
 *
 * Trailers are HEADERS, so flow control does not hold them up: they are handed over with the last
 * byte, or at once if all bytes have gone. When our side has ended before the peer's, the peer is
 * told to stop with RST_STREAM NO_ERROR. */
#include "net/http2_send.h"

#include <assert.h>
#include <string.h>

#include "base/metric.h"
#include "net/http2_hold.h"
#include "net/http2_session.h"

/* -- fields ------------------------------------------------------------------------------------ */

enum { FIELDS_MAX = 128 };

static nghttp2_nv make_nv(const struct http2_field *f)
{
    uint8_t flags = NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE;
    return (nghttp2_nv){ .name = (uint8_t *)(uintptr_t)f->name.p,
                         .namelen = f->name.n,
                         .value = (uint8_t *)(uintptr_t)f->value.p,
                         .valuelen = f->value.n,
                         .flags = f->copy ? NGHTTP2_NV_FLAG_NONE : flags };
}

static void make_nvs(const struct http2_field *fields, size_t n, nghttp2_nv *to)
{
    assert(n <= FIELDS_MAX);
    for (size_t i = 0; i < n; i++)
        to[i] = make_nv(&fields[i]);
}

/* -- DATA -------------------------------------------------------------------------------------- */

static void send_trailers(struct http2_stream *s)
{
    nghttp2_nv nvs[HTTP2_TRAILERS_MAX];
    make_nvs(s->trailers, s->trailer_n, nvs);
    s->has_ended = true;
    /* Fails only for a stream that is closed already. */
    nghttp2_submit_trailer(s->c->session, s->id, nvs, s->trailer_n);
}

static ssize_t next_data(nghttp2_session *session, int32_t id, uint8_t *to, size_t most,
                         uint32_t *flags, nghttp2_data_source *source, void *user_data)
{
    struct http2_stream *s = source->ptr;
    size_t left = http2_out_left(&s->out);
    size_t n = left < most ? left : most;
    if (n == 0 && !s->is_ending) {
        s->is_deferred = true;
        return NGHTTP2_ERR_DEFERRED;
    }
    *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
    if (!s->is_ending || n < left)
        return (ssize_t)n;
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    if (s->trailer_n > 0) {
        *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
        if (!s->has_ended)
            send_trailers(s);
    }
    return (ssize_t)n;
}

static void give_up(struct unsent_share *share)
{
    struct http2_stream *s = CONTAINER_OF(share, struct http2_stream, unsent);
    http2_stream_reset(s, HTTP2_RESET_CALM);
    s->is_given_up = true;
    http2_out_clear(&s->out);
    http2_note_unsent(s);
}

void http2_stream_count_unsent(struct http2_stream *s)
{
    s->counts_unsent = true;
    s->unsent.give_up = give_up;
}

static void note_drained(struct http2_stream *s)
{
    if (!s->was_high || http2_out_left(&s->out) >= CONN_OUT_LOW)
        return;
    s->was_high = false;
    list_append(&s->c->drained, &s->drained);
}

int http2_send_data(nghttp2_session *session, nghttp2_frame *frame, const uint8_t *framehd,
                    size_t length, nghttp2_data_source *source, void *user_data)
{
    struct http2 *c = user_data;
    struct http2_stream *s = source->ptr;
    if (c->is_expelled || (c->doom == NULL && conn_pending(c->conn) > CONN_OUT_HIGH)) {
        c->is_full = true;
        return NGHTTP2_ERR_WOULDBLOCK;
    }
    struct buf *out = conn_out(c->conn);
    if (!buf_reserve(out, 9 + length))
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    buf_put(out, framehd, 9);
    if (s->is_given_up) { /* the frame was begun before: its length is fixed, not what is in it */
        memset(buf_extend(out, length), 0, length);
        return 0;
    }
    http2_out_move(&s->out, length, out);
    http2_note_unsent(s);
    note_drained(s);
    if (c->setup.sent != NULL)
        metric_add(c->setup.sent, (int64_t)length);
    return 0;
}

/* -- the answer -------------------------------------------------------------------------------- */

void http2_stream_answer(struct http2_stream *s, const struct http2_field *fields, size_t n,
                         bool whole)
{
    assert(!s->is_answered);
    nghttp2_nv nvs[FIELDS_MAX];
    make_nvs(fields, n, nvs);
    nghttp2_data_provider provider = { .source.ptr = s, .read_callback = next_data };
    s->is_answered = true;
    s->has_ended = whole;
    /* Fails only for a stream that is closed already, or without memory. */
    nghttp2_submit_response(s->c->session, s->id, nvs, n, whole ? NULL : &provider);
    conn_touch(s->c->conn);
}

bool http2_stream_is_answered(const struct http2_stream *s)
{
    return s->is_answered;
}

struct http2_out *http2_stream_out(struct http2_stream *s)
{
    return &s->out;
}

size_t http2_stream_pending(const struct http2_stream *s)
{
    return http2_out_left(&s->out);
}

static void wake(struct http2_stream *s)
{
    if (s->is_deferred) {
        s->is_deferred = false;
        nghttp2_session_resume_data(s->c->session, s->id);
    }
    conn_touch(s->c->conn);
}

void http2_stream_push(struct http2_stream *s)
{
    if (http2_out_left(&s->out) > CONN_OUT_HIGH)
        s->was_high = true;
    http2_note_unsent(s);
    wake(s);
}

void http2_stream_end(struct http2_stream *s, const struct http2_field *trailers, size_t n)
{
    assert(s->is_answered && !s->is_ending && n <= HTTP2_TRAILERS_MAX);
    s->is_ending = true;
    http2_stream_discard(s);
    if (s->has_ended)
        return;
    for (size_t i = 0; i < n; i++)
        s->trailers[i] = trailers[i];
    s->trailer_n = (unsigned)n;
    if (n > 0 && http2_out_left(&s->out) == 0) {
        send_trailers(s);
        conn_touch(s->c->conn);
    } else {
        wake(s);
    }
}

void http2_stream_reset(struct http2_stream *s, enum http2_reset code)
{
    http2_stream_discard(s);
    if (s->is_reset)
        return;
    s->is_reset = s->is_ending = s->has_ended = true;
    nghttp2_submit_rst_stream(s->c->session, NGHTTP2_FLAG_NONE, s->id, (uint32_t)code);
    conn_touch(s->c->conn);
}

/* -- after a frame has been rendered ----------------------------------------------------------- */

/* Our side is closed by this frame; the peer's is not: it need not send the rest. */
static void stop_peer(struct http2 *c, int32_t id)
{
    struct http2_stream *s = nghttp2_session_get_stream_user_data(c->session, id);
    if (s == NULL || s->in_ended || s->is_reset)
        return;
    s->is_reset = true;
    nghttp2_submit_rst_stream(c->session, NGHTTP2_FLAG_NONE, id, NGHTTP2_NO_ERROR);
}

static void count_reset(struct http2 *c)
{
    const char *overdone =
        http2_guard_saw(&c->guard, HTTP2_RESET, loop_now_ms(c->setup.serve->loop));
    if (overdone != NULL && c->doom == NULL)
        c->doom = overdone;
}

int http2_frame_sent(nghttp2_session *session, const nghttp2_frame *frame, void *user_data)
{
    struct http2 *c = user_data;
    uint8_t type = frame->hd.type;
    if (type == NGHTTP2_HEADERS || type == NGHTTP2_DATA) {
        http2_guard_sent(&c->guard, type == NGHTTP2_DATA);
        if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0)
            stop_peer(c, frame->hd.stream_id);
    } else if (type == NGHTTP2_RST_STREAM && frame->rst_stream.error_code != NGHTTP2_NO_ERROR) {
        count_reset(c);
    } else if (type == NGHTTP2_GOAWAY && c->doom != NULL) {
        c->is_expelled = true;
    }
    return 0;
}
