#include "net/http2_out.h"

#include <assert.h>

#include "base/mem.h"

enum { KEEP_BYTES = 4096, KEEP_PIECES = 16, COMPACT_BYTES = 64 * 1024 };

struct http2_piece {
    size_t before; /* offset in OWN that it stands at */
    struct chunk *chunk;
    size_t at; /* bytes of it that have been taken */
};

void http2_out_init(struct http2_out *o)
{
    *o = (struct http2_out){ 0 };
    buf_init(&o->own, SIZE_MAX / 2);
}

static void drop_pieces(struct http2_out *o)
{
    for (size_t i = o->piece_at; i < o->piece_n; i++)
        chunk_unref(o->pieces[i].chunk);
    o->piece_at = o->piece_n = 0;
    o->shared_bytes = 0;
}

void http2_out_fini(struct http2_out *o)
{
    drop_pieces(o);
    mem_free(o->pieces);
    buf_fini(&o->own);
}

void http2_out_clear(struct http2_out *o)
{
    drop_pieces(o);
    if (o->piece_room > KEEP_PIECES) {
        mem_free(o->pieces);
        o->pieces = NULL;
        o->piece_room = 0;
    }
    buf_clear(&o->own, KEEP_BYTES);
    o->at = 0;
}

void http2_out_put_chunk(struct http2_out *o, struct chunk *take_chunk)
{
    if (take_chunk->n == 0) {
        chunk_unref(take_chunk);
        return;
    }
    if (o->piece_n == o->piece_room) {
        o->piece_room = o->piece_room == 0 ? 4 : o->piece_room * 2;
        o->pieces = mem_realloc(o->pieces, o->piece_room * sizeof(*o->pieces));
    }
    o->pieces[o->piece_n++] = (struct http2_piece){ .before = o->own.n, .chunk = take_chunk };
    o->shared_bytes += take_chunk->n;
}

/* What has been taken makes room once it is the larger part. */
void http2_out_compact(struct http2_out *o)
{
    if (o->at == o->own.n && o->piece_at == o->piece_n) {
        http2_out_clear(o);
        return;
    }
    if (o->at < COMPACT_BYTES || o->at < o->own.n / 2)
        return;
    memmove(o->own.p, o->own.p + o->at, o->own.n - o->at);
    o->piece_n -= o->piece_at;
    assert(o->piece_n == 0 || o->pieces != NULL);
    if (o->piece_n > 0)
        memmove(o->pieces, o->pieces + o->piece_at, o->piece_n * sizeof(*o->pieces));
    o->piece_at = 0;
    for (size_t i = 0; i < o->piece_n; i++)
        o->pieces[i].before -= o->at;
    o->own.n -= o->at;
    o->at = 0;
}

static size_t take_shared(struct http2_out *o, struct http2_piece *piece, size_t n, struct buf *to)
{
    size_t left = piece->chunk->n - piece->at;
    if (n > left)
        n = left;
    buf_put(to, piece->chunk->p + piece->at, n);
    piece->at += n;
    o->shared_bytes -= n;
    if (n == left) {
        chunk_unref(piece->chunk);
        o->piece_at++;
    }
    return n;
}

void http2_out_move(struct http2_out *o, size_t n, struct buf *to)
{
    assert(n <= http2_out_left(o));
    while (n > 0) {
        struct http2_piece *piece = o->piece_at < o->piece_n ? &o->pieces[o->piece_at] : NULL;
        if (piece != NULL && piece->before == o->at) {
            n -= take_shared(o, piece, n, to);
            continue;
        }
        size_t run = (piece != NULL ? piece->before : o->own.n) - o->at;
        if (run > n)
            run = n;
        buf_put(to, o->own.p + o->at, run);
        o->at += run;
        n -= run;
    }
    http2_out_compact(o);
}
