/* A head is held back until it is whole, so that what is refused does not depend on how the bytes
 * were cut, and limits hold before anything is parsed.
 *
 * Refused on the way, whatever a parser would say: a line that does not end with CRLF, a CR or NUL
 * inside a line, a line that continues the one before (obs-fold), a header without a name, and
 * heads over the limits. */
#include "net/http1_line.h"

void http1_lines_init(struct http1_lines *l)
{
    *l = (struct http1_lines){ 0 };
    buf_init(&l->bytes, HTTP1_HEAD_MAX + HTTP1_LINE_MAX);
    http1_lines_begin(l, true);
}

void http1_lines_fini(struct http1_lines *l)
{
    buf_fini(&l->bytes);
}

void http1_lines_begin(struct http1_lines *l, bool has_first)
{
    buf_clear(&l->bytes, 4096);
    l->line_start = 0;
    l->line_n = 0;
    l->has_first = has_first;
    l->was_blank = false;
    l->is_whole = false;
    l->refusal = 0;
}

static enum err refuse(struct http1_lines *l, enum err e, int status)
{
    l->refusal = status;
    return e;
}

/* PIECE is the end of the present line, or all that has come of it, without a LF inside. */
static enum err check_piece(struct http1_lines *l, struct bytes piece)
{
    size_t before = l->bytes.n - l->line_start;
    if (before + piece.n > HTTP1_LINE_MAX + 2 || l->bytes.n + piece.n > HTTP1_HEAD_MAX)
        return refuse(l, ERR_TOO_BIG, 431);
    if (piece.n > 0 && memchr(piece.p, 0, piece.n) != NULL)
        return refuse(l, ERR_MALFORMED, 400);
    bool is_header = !l->has_first || l->line_n > 0;
    if (before == 0 && is_header && piece.n > 0 &&
        (piece.p[0] == ' ' || piece.p[0] == '\t' || piece.p[0] == ':'))
        return refuse(l, ERR_MALFORMED, 400);
    return OK;
}

/* The line that ends at the end of BYTES, its LF included: one CR, just before the LF. */
static bool ends_properly(const struct http1_lines *l)
{
    const uint8_t *line = l->bytes.p + l->line_start;
    size_t n = l->bytes.n - l->line_start;
    return n >= 2 && memchr(line, '\r', n) == line + n - 2;
}

static enum err finish_line(struct http1_lines *l)
{
    if (!ends_properly(l))
        return refuse(l, ERR_MALFORMED, 400);
    size_t n = l->bytes.n - l->line_start;
    bool is_empty = n == 2;
    if (is_empty && l->has_first && l->line_n == 0) {
        if (l->was_blank)
            return refuse(l, ERR_MALFORMED, 400);
        l->was_blank = true;
        buf_clear(&l->bytes, SIZE_MAX);
        return OK;
    }
    l->line_start = l->bytes.n;
    l->is_whole = is_empty;
    if (!is_empty && ++l->line_n - (l->has_first ? 1 : 0) > HTTP1_HEADERS_MAX)
        return refuse(l, ERR_TOO_BIG, 431);
    return OK;
}

enum err http1_lines_feed(struct http1_lines *l, struct bytes in, size_t *ret_used)
{
    size_t used = 0;
    while (used < in.n && !l->is_whole) {
        struct bytes left = bytes_skip(in, used);
        const uint8_t *lf = memchr(left.p, '\n', left.n);
        struct bytes piece = bytes_of(left.p, lf != NULL ? (size_t)(lf - left.p) + 1 : left.n);
        enum err e = check_piece(l, piece);
        if (e != OK)
            return e;
        buf_put_bytes(&l->bytes, piece);
        used += piece.n;
        if (lf != NULL)
            e = finish_line(l);
        if (e != OK)
            return e;
    }
    *ret_used = used;
    return OK;
}
