/* Messages to the client: whole ones, and long ones in pieces. */
#include <assert.h>

#include "net/grpc_answer.h"
#include "net/grpc_call_core.h"
#include "net/grpc_frame.h"
#include "net/grpc_gzip.h"
#include "net/grpc_routes.h"
#include "net/http2_hold.h"
#include "net/http2_send.h"
#include "net/serve.h"

enum {
    GZIP_FROM = 1024,  /* shorter messages are not packed */
    SHARED_FROM = 2048 /* shorter chunks are copied */
};

struct buf *grpc_call_begin(struct grpc_call *call)
{
    assert(call->state == GRPC_CALL_RUNNING);
    struct http2_out *out = http2_stream_out(call->stream);
    http2_out_compact(out);
    call->begin_at = out->own.n;
    out->own.max =
        out->own.n + GRPC_PREFIX + http2_stream_serve(call->stream)->limits.grpc_send_max;
    buf_extend(&out->own, GRPC_PREFIX);
    return &out->own;
}

/* Packs what was written, if that makes it shorter. Answers the flag. */
static uint8_t pack(struct grpc_call *call, struct buf *own)
{
    size_t at = call->begin_at + GRPC_PREFIX;
    size_t n = own->n - at;
    if (!call->head.gzip_out || n <= GZIP_FROM)
        return 0;
    struct buf packed;
    buf_init(&packed, 2 * n + GZIP_FROM);
    bool is_shorter = grpc_gzip(bytes_of(own->p + at, n), &packed) == OK && packed.n < n;
    if (is_shorter) {
        memcpy(own->p + at, packed.p, packed.n);
        own->n = at + packed.n;
    }
    buf_fini(&packed);
    return is_shorter;
}

enum err grpc_call_end(struct grpc_call *call)
{
    struct buf *own = &http2_stream_out(call->stream)->own;
    size_t max = http2_stream_serve(call->stream)->limits.grpc_send_max;
    if (own->full || own->n - call->begin_at > max + GRPC_PREFIX) {
        own->full = false;
        own->n = call->begin_at;
        return ERR_TOO_BIG;
    }
    uint8_t flag = pack(call, own);
    grpc_frame_write_prefix(own->p + call->begin_at, flag, own->n - call->begin_at - GRPC_PREFIX);
    grpc_call_count(call->route->sent);
    grpc_answer_head(call->stream, &call->head);
    http2_stream_push(call->stream);
    return OK;
}

void grpc_call_send(struct grpc_call *call, struct bytes head, struct chunk *shared)
{
    assert(call->state == GRPC_CALL_RUNNING);
    struct http2_out *out = http2_stream_out(call->stream);
    size_t shared_n = shared != NULL ? shared->n : 0;
    http2_out_compact(out);
    out->own.max = SIZE_MAX / 4;
    uint8_t prefix[GRPC_PREFIX];
    grpc_frame_write_prefix(prefix, 0, head.n + shared_n);
    buf_put(&out->own, prefix, sizeof(prefix));
    buf_put_bytes(&out->own, head);
    if (shared_n >= SHARED_FROM)
        http2_out_put_chunk(out, chunk_ref(shared));
    else if (shared_n > 0)
        buf_put(&out->own, shared->p, shared_n);
    grpc_call_count(call->route->sent);
    grpc_answer_head(call->stream, &call->head);
    http2_stream_push(call->stream);
}

void grpc_call_begin_long(struct grpc_call *call, size_t n)
{
    assert(call->state == GRPC_CALL_RUNNING && call->owed == 0);
    uint8_t prefix[GRPC_PREFIX];
    grpc_frame_write_prefix(prefix, 0, n);
    call->owed = n + GRPC_PREFIX;
    grpc_call_count(call->route->sent);
    grpc_answer_head(call->stream, &call->head);
    grpc_call_put(call, bytes_of(prefix, sizeof(prefix)));
}

void grpc_call_put(struct grpc_call *call, struct bytes piece)
{
    assert(call->state == GRPC_CALL_RUNNING && piece.n <= call->owed);
    struct http2_out *out = http2_stream_out(call->stream);
    http2_out_compact(out);
    out->own.max = SIZE_MAX / 4;
    buf_put_bytes(&out->own, piece);
    call->owed -= piece.n;
    http2_stream_push(call->stream);
}

size_t grpc_call_room(const struct grpc_call *call)
{
    return unsent_room(&http2_stream_serve(call->stream)->shared->unsent);
}

size_t grpc_call_pending(const struct grpc_call *call)
{
    return http2_stream_pending(call->stream);
}

void grpc_call_pause(struct grpc_call *call)
{
    http2_stream_pause(call->stream);
}

void grpc_call_resume(struct grpc_call *call)
{
    http2_stream_resume(call->stream);
}
