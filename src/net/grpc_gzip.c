/* Inflating stops at the first byte that OUT may not have, so a bomb costs what a message of the
 * largest size costs. Several members behind each other are one message, as gzip(1) has it. */
#include "net/grpc_gzip.h"

#include <assert.h>
#include <limits.h>
#include <zlib.h>

#include "base/mem.h"

enum { GZIP_BITS = 15 + 16, STEP = 16 * 1024, MEMORY_LEVEL = 8 };

/* Room for at least one byte more at the end of OUT; false if it may have none. */
static bool make_room(struct buf *out, z_stream *z)
{
    size_t most = out->max - out->n;
    size_t n = most < STEP ? most : STEP;
    if (n == 0 || !buf_reserve(out, n))
        return false;
    z->next_out = out->p + out->n;
    z->avail_out = (uInt)n;
    return true;
}

static enum err inflate_some(z_stream *z, struct buf *out)
{
    uint8_t spare;
    bool is_full = !make_room(out, z);
    if (is_full) {
        out->full = false;
        z->next_out = &spare; /* it may have ended exactly here */
        z->avail_out = 1;
    }
    uInt before = z->avail_out;
    int rc = inflate(z, Z_NO_FLUSH);
    uInt made = before - z->avail_out;
    if (is_full && made > 0)
        return ERR_TOO_BIG;
    out->n += made;
    if (rc == Z_OK && made == 0 && z->avail_in == 0)
        return ERR_TRUNCATED;
    if (rc == Z_BUF_ERROR)
        return ERR_TRUNCATED;
    if (rc == Z_STREAM_END)
        return OK;
    return rc == Z_OK ? ERR_AGAIN : ERR_MALFORMED;
}

enum err grpc_gunzip(struct bytes packed, struct buf *out)
{
    z_stream z = { 0 };
    if (packed.n > UINT_MAX)
        return ERR_TOO_BIG;
    if (inflateInit2(&z, GZIP_BITS) != Z_OK)
        return ERR_SYSTEM;
    z.next_in = (z_const Bytef *)(uintptr_t)packed.p;
    z.avail_in = (uInt)packed.n;
    enum err e = ERR_AGAIN;
    while (e == ERR_AGAIN) {
        e = inflate_some(&z, out);
        if (e == OK && z.avail_in > 0)
            e = inflateReset(&z) == Z_OK ? ERR_AGAIN : ERR_MALFORMED;
    }
    inflateEnd(&z);
    return e;
}

static bool deflate_begin(z_stream *z)
{
    return deflateInit2(z, Z_BEST_SPEED, Z_DEFLATED, GZIP_BITS, MEMORY_LEVEL, Z_DEFAULT_STRATEGY) ==
           Z_OK;
}

enum err grpc_gzip(struct bytes plain, struct buf *out)
{
    z_stream z = { 0 };
    if (plain.n > UINT_MAX)
        return ERR_TOO_BIG;
    if (!deflate_begin(&z))
        return ERR_SYSTEM;
    size_t most = deflateBound(&z, (uLong)plain.n);
    uint8_t *to = most <= UINT_MAX && buf_reserve(out, most) ? out->p + out->n : NULL;
    enum err e = ERR_TOO_BIG;
    if (to != NULL) {
        z.next_in = (z_const Bytef *)(uintptr_t)plain.p;
        z.avail_in = (uInt)plain.n;
        z.next_out = to;
        z.avail_out = (uInt)most;
        e = deflate(&z, Z_FINISH) == Z_STREAM_END ? OK : ERR_TOO_BIG;
        if (e == OK)
            out->n += z.total_out;
    }
    deflateEnd(&z);
    return e;
}

/* -- in pieces -------------------------------------------------------------------------------- */

struct gzip_writer {
    z_stream z;
    bool failed; /* to begin */
};

struct gzip_writer *gzip_writer_new(void)
{
    struct gzip_writer *w = mem_zalloc(1, sizeof *w);
    w->failed = !deflate_begin(&w->z);
    return w;
}

void gzip_writer_free(struct gzip_writer *w)
{
    if (w == NULL)
        return;
    if (!w->failed)
        deflateEnd(&w->z);
    mem_free(w);
}

enum err gzip_writer_put(struct gzip_writer *w, struct bytes plain, bool is_last, struct buf *out)
{
    if (w->failed)
        return ERR_SYSTEM;
    if (plain.n > UINT_MAX)
        return ERR_TOO_BIG;
    w->z.next_in = (z_const Bytef *)(uintptr_t)plain.p;
    w->z.avail_in = (uInt)plain.n;
    do {
        if (!make_room(out, &w->z))
            return ERR_TOO_BIG;
        uInt before = w->z.avail_out;
        int rc = deflate(&w->z, is_last ? Z_FINISH : Z_NO_FLUSH);
        out->n += before - w->z.avail_out;
        if (rc == Z_STREAM_END)
            return OK;
        assert(rc == Z_OK || rc == Z_BUF_ERROR);
    } while (w->z.avail_out == 0 || is_last);
    return OK;
}
