/* Calls.
 *
 *   RUNNING  -> FINISHED: the face has handed over status and trailers; they leave when all before
 *                         them has left
 *            -> OVER:     the deadline passed, what the client sends cannot be read, or the stream
 *                         is gone: the face has had its last word
 *   FINISHED -> OVER:     the stream is closed
 *
 * A call that cannot begin (no such method, a bad head) is OVER at once: net has answered it. The
 * stream frees the call; a call's memory is the stream's and its arena's.
 *
 * Texts and codes of refusals are grpc-go's, which clients of etcd know. */
#include "net/grpc_call.h"

#include <assert.h>
#include <inttypes.h>

#include "net/grpc_answer.h"
#include "net/grpc_call_core.h"
#include "net/grpc_frame.h"
#include "net/grpc_gzip.h"
#include "net/grpc_routes.h"
#include "net/http2_hold.h"
#include "net/http2_send.h"
#include "net/serve.h"
#include "net/service.h"

#define NS_PER_MS UINT64_C(1000000)

static void move(struct grpc_call *call, enum grpc_call_state to)
{
    static const unsigned next[] = {
        [GRPC_CALL_RUNNING] = BIT(GRPC_CALL_FINISHED) | BIT(GRPC_CALL_OVER),
        [GRPC_CALL_FINISHED] = BIT(GRPC_CALL_OVER),
        [GRPC_CALL_OVER] = 0,
    };
    assert((next[call->state] & BIT(to)) != 0);
    call->state = to;
}

static bool has_one_message(const struct grpc_call *call)
{
    enum grpc_kind kind = call->route->method->kind;
    return kind == GRPC_UNARY || kind == GRPC_SERVER_STREAM;
}

/* -- the last word ----------------------------------------------------------------------------- */

void grpc_call_finish(struct grpc_call *call, enum grpc_status status, const char *message)
{
    assert(call->owed == 0);
    move(call, GRPC_CALL_FINISHED);
    timer_stop(&call->deadline);
    grpc_call_count(call->route->handled[status]);
    grpc_answer_end(call->stream, &call->head, status, message);
}

/* Instead of an answer's end where the client could not make sense of one. */
static void end_or_reset(struct grpc_call *call, enum grpc_status status, const char *message)
{
    grpc_call_count(call->route->handled[status]);
    if (call->owed > 0)
        http2_stream_reset(call->stream, HTTP2_RESET_CANCEL);
    else
        grpc_answer_end(call->stream, &call->head, status, message);
}

void grpc_call_break(struct grpc_call *call)
{
    move(call, GRPC_CALL_FINISHED);
    timer_stop(&call->deadline);
    grpc_call_count(call->route->handled[GRPC_UNAVAILABLE]);
    http2_stream_reset(call->stream, HTTP2_RESET_REFUSED);
}

static void end_call(struct grpc_call *call, enum err why)
{
    move(call, GRPC_CALL_OVER);
    timer_stop(&call->deadline);
    if (call->route->method->closed != NULL)
        call->route->method->closed(call, why);
}

static void on_deadline(struct timer *timer)
{
    struct grpc_call *call = CONTAINER_OF(timer, struct grpc_call, deadline);
    bool has_begun = http2_stream_is_answered(call->stream);
    if (has_begun && http2_stream_pending(call->stream) > 0) {
        grpc_call_count(call->route->handled[GRPC_DEADLINE_EXCEEDED]);
        http2_stream_reset(call->stream, HTTP2_RESET_CANCEL); /* the client does not read */
    } else {
        end_or_reset(call, GRPC_DEADLINE_EXCEEDED, "context deadline exceeded");
    }
    end_call(call, ERR_DEADLINE);
}

static void on_closed(struct http2_stream *s, enum err why)
{
    struct grpc_call *call = http2_stream_state(s);
    if (call->state == GRPC_CALL_OVER)
        return;
    if (call->state == GRPC_CALL_RUNNING)
        grpc_call_count(call->route->handled[GRPC_CANCELLED]);
    end_call(call, call->state == GRPC_CALL_RUNNING && why == OK ? ERR_CANCELED : why);
}

/* -- beginning --------------------------------------------------------------------------------- */

/* Answers a call that nobody has seen. */
static void refuse(struct grpc_call *call, const struct grpc_refusal *why)
{
    move(call, GRPC_CALL_OVER);
    if (call->route != NULL)
        grpc_call_count(call->route->handled[why->status]);
    grpc_answer_refusal(call->stream, &call->head, bytes_str(why->http_status), why->status,
                        why->message);
}

static void begin(struct grpc_call *call)
{
    const struct grpc_method *method = call->route->method;
    uint64_t ns = call->head.timeout_ns;
    call->deadline_ms = UINT64_MAX;
    if (ns != UINT64_MAX) {
        uint64_t ms = ns / NS_PER_MS + (ns % NS_PER_MS != 0);
        call->deadline_ms = loop_now_ms(grpc_call_loop(call)) + ms;
        timer_start(&call->deadline, ms);
    }
    if (method->kind == GRPC_UNARY)
        http2_stream_count_unsent(call->stream);
    if (method->state_bytes > 0)
        call->user_state = arena_zalloc(http2_stream_arena(call->stream), 1, method->state_bytes);
}

static void on_opened(struct http2_stream *s, bool ended)
{
    struct grpc_call *call = http2_stream_state(s);
    struct serve *serve = http2_stream_serve(s);
    struct arena *a = http2_stream_arena(s);
    struct grpc_refusal refusal;
    size_t n;
    const struct http2_header *headers = http2_stream_headers(s, &n);
    call->stream = s;
    call->state = GRPC_CALL_RUNNING;
    timer_init(&call->deadline, serve->loop, on_deadline);
    grpc_head_read(headers, n, &call->head);
    if (http2_stream_is_overlong(s)) {
        refusal = grpc_head_refuse_size();
        refuse(call, &refusal);
        return;
    }
    if (!grpc_head_check(&call->head, http2_stream_headers_cut(s), a, &refusal)) {
        refuse(call, &refusal);
        return;
    }
    call->route = grpc_routes_find(serve->routes, call->head.path);
    if (call->route == NULL) {
        refusal = grpc_head_refuse_path(&call->head, serve->routes, a);
        refuse(call, &refusal);
        return;
    }
    grpc_call_count(call->route->started);
    if (grpc_head_settle(&call->head, a, &refusal))
        begin(call);
    else
        refuse(call, &refusal);
}

/* -- messages from the client ------------------------------------------------------------------ */

/* Ends a call whose messages cannot be read on. The face may be in the middle of it, so this is its
 * last word: it must not go on sending. */
static void fail(struct grpc_call *call, enum grpc_status status, const char *message)
{
    end_or_reset(call, status, message);
    end_call(call, ERR_CANCELED);
}

static void fail_frame(struct grpc_call *call, const struct grpc_frame *f, size_t max)
{
    struct arena *a = http2_stream_arena(call->stream);
    if (f->length > max)
        fail(call, GRPC_RESOURCE_EXHAUSTED,
             arena_printf(a, "grpc: received message larger than max (%" PRIu32 " vs. %zu)",
                          f->length, max));
    else
        fail(call, GRPC_INTERNAL,
             arena_printf(a, "grpc: received unexpected payload format %u", f->flag));
}

static void hand_up(struct grpc_call *call, struct bytes message)
{
    grpc_call_count(call->route->received);
    call->has_message = true;
    call->route->method->message(call, message);
}

static void hand_up_packed(struct grpc_call *call, struct bytes packed, size_t max)
{
    struct arena *a = http2_stream_arena(call->stream);
    if (!call->head.gzip_in) {
        fail(call, GRPC_INTERNAL, "grpc: compressed flag set with identity or empty encoding");
        return;
    }
    struct buf plain;
    buf_init(&plain, max);
    enum err e = grpc_gunzip(packed, &plain);
    if (e == OK)
        hand_up(call, buf_bytes(&plain));
    else if (e == ERR_TOO_BIG)
        fail(
            call, GRPC_RESOURCE_EXHAUSTED,
            arena_printf(a, "grpc: received message after decompression larger than max %zu", max));
    else
        fail(call, GRPC_INTERNAL,
             arena_printf(a, "grpc: failed to decompress the message: %s", err_text(e)));
    buf_fini(&plain);
}

static size_t on_data(struct http2_stream *s, struct bytes in)
{
    struct grpc_call *call = http2_stream_state(s);
    size_t max = http2_stream_serve(s)->limits.grpc_message_max;
    size_t used = 0;
    while (call->state == GRPC_CALL_RUNNING && !http2_stream_is_paused(s)) {
        if (call->has_message && has_one_message(call))
            return in.n;
        struct grpc_frame f;
        enum err e = grpc_frame_read(bytes_skip(in, used), max, &f);
        if (e == ERR_TRUNCATED) {
            http2_stream_want(s, f.whole_n);
            break;
        }
        if (e != OK) {
            fail_frame(call, &f, max);
            break;
        }
        used += f.whole_n;
        if (f.flag == 1)
            hand_up_packed(call, f.payload, max);
        else
            hand_up(call, f.payload);
    }
    return used;
}

static void on_ended(struct http2_stream *s, struct bytes left)
{
    struct grpc_call *call = http2_stream_state(s);
    if (call->state != GRPC_CALL_RUNNING)
        return;
    const struct grpc_method *method = call->route->method;
    if (left.n > 0)
        fail(call, method->kind == GRPC_UNARY ? GRPC_UNKNOWN : GRPC_INTERNAL, "unexpected EOF");
    else if (!call->has_message && has_one_message(call))
        fail(call, GRPC_UNKNOWN, "EOF");
    else if (method->half_closed != NULL)
        method->half_closed(call);
}

static void on_drained(struct http2_stream *s)
{
    struct grpc_call *call = http2_stream_state(s);
    if (call->state == GRPC_CALL_RUNNING && call->route->method->drained != NULL)
        call->route->method->drained(call);
}

static void on_overfull(struct http2_stream *s)
{
    struct grpc_call *call = http2_stream_state(s);
    if (call->state == GRPC_CALL_RUNNING)
        fail(call, GRPC_RESOURCE_EXHAUSTED, "grpc: too much data waits on this connection");
}

/* A message may have been handed up and done its work: a reset says neither yes nor no. It is
 * grpc-go's, which its clients show as 8. */
static void on_overlong(struct http2_stream *s)
{
    struct grpc_call *call = http2_stream_state(s);
    if (call->state == GRPC_CALL_RUNNING)
        http2_stream_reset(s, HTTP2_RESET_FRAME_SIZE);
}

const struct http2_user grpc_user = { .opened = on_opened,
                                      .data = on_data,
                                      .ended = on_ended,
                                      .drained = on_drained,
                                      .overfull = on_overfull,
                                      .overlong = on_overlong,
                                      .closed = on_closed };

/* -- looking ----------------------------------------------------------------------------------- */

size_t grpc_call_bytes(void)
{
    return sizeof(struct grpc_call);
}

struct serve *grpc_call_serve(const struct grpc_call *call)
{
    return http2_stream_serve(call->stream);
}

void *grpc_call_state(struct grpc_call *call)
{
    return call->user_state;
}

void *grpc_call_context(const struct grpc_call *call)
{
    return grpc_call_serve(call)->context;
}

struct arena *grpc_call_arena(struct grpc_call *call)
{
    return http2_stream_arena(call->stream);
}

struct loop *grpc_call_loop(const struct grpc_call *call)
{
    return grpc_call_serve(call)->loop;
}

const struct grpc_method *grpc_call_method(const struct grpc_call *call)
{
    return call->route->method;
}

const char *grpc_call_peer(const struct grpc_call *call)
{
    return conn_peer(http2_stream_conn(call->stream));
}

const char *grpc_call_client_name(const struct grpc_call *call)
{
    return conn_client_name(http2_stream_conn(call->stream));
}

struct bytes grpc_call_metadata(const struct grpc_call *call, const char *name)
{
    return http2_stream_header(call->stream, name);
}

uint64_t grpc_call_deadline_ms(const struct grpc_call *call)
{
    return call->deadline_ms;
}
