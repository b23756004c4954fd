/* net/http2_out.h -- what a stream has to send: bytes of its own, and chunks it shares. */
#ifndef NET_HTTP2_OUT_H
#define NET_HTTP2_OUT_H

#include "base/buf.h"
#include "net/chunk.h"

struct http2_piece;

/* Chunks lie between the bytes of OWN: a piece says at which offset. Append to OWN directly
 * (after http2_out_compact) or put a chunk; move away from the front. */
struct http2_out {
    struct buf own;
    size_t at; /* bytes of OWN that have been taken */
    struct http2_piece *pieces;
    size_t piece_at, piece_n, piece_room;
    size_t shared_bytes; /* of chunks, not taken yet */
};

void http2_out_init(struct http2_out *o);
void http2_out_fini(struct http2_out *o);
/* Forgets what is left and keeps a little memory. */
void http2_out_clear(struct http2_out *o);
static inline size_t http2_out_left(const struct http2_out *o)
{
    return o->own.n - o->at + o->shared_bytes;
}
/* Before appending: forgets what has been moved away, when that is most of it. */
void http2_out_compact(struct http2_out *o);
/* After everything appended so far. */
void http2_out_put_chunk(struct http2_out *o, struct chunk *take_chunk);
/* Moves the first N bytes, which are there, to TO. */
void http2_out_move(struct http2_out *o, size_t n, struct buf *to);

#endif
