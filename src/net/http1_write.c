/* The writing half of net/http1.h. */
#include "net/http1.h"

#include "net/http_ops.h"

/* What a handler puts into a header may come from a client: it must not be able to end the line. */
static void put_clean(struct buf *out, struct bytes text)
{
    uint8_t *to = buf_extend(out, text.n);
    if (to == NULL)
        return;
    for (size_t i = 0; i < text.n; i++)
        to[i] = text.p[i] == '\r' || text.p[i] == '\n' || text.p[i] == 0 ? ' ' : text.p[i];
}

static void put_header(struct buf *out, struct bytes name, struct bytes value)
{
    put_clean(out, name);
    buf_put_str(out, ": ");
    put_clean(out, value);
    buf_put_str(out, "\r\n");
}

void http1_write_head(struct buf *out, int status, const struct http_header *headers, size_t n,
                      enum http1_framing framing, uint64_t length, bool keep_alive, bool to_1_0)
{
    buf_printf(out, "HTTP/1.1 %d %s\r\n", status, http_status_name(status));
    for (size_t i = 0; i < n; i++)
        put_header(out, headers[i].name, headers[i].value);
    switch (framing) {
    case HTTP1_WITH_LENGTH:
        buf_printf(out, "content-length: %llu\r\n", (unsigned long long)length);
        break;
    case HTTP1_CHUNKED:
        buf_put_str(out, "transfer-encoding: chunked\r\n");
        break;
    case HTTP1_UNTIL_CLOSE:
    case HTTP1_NO_BODY:
        break;
    }
    if (!keep_alive)
        buf_put_str(out, "connection: close\r\n");
    else if (to_1_0)
        buf_put_str(out, "connection: keep-alive\r\n");
    buf_put_str(out, "\r\n");
}

void http1_write_chunk(struct buf *out, struct bytes piece)
{
    if (piece.n == 0)
        return; /* an empty chunk would be the last one */
    buf_printf(out, "%zx\r\n", piece.n);
    buf_put_bytes(out, piece);
    buf_put_str(out, "\r\n");
}

void http1_write_last_chunk(struct buf *out)
{
    buf_put_str(out, "0\r\n\r\n");
}

void http1_write_continue(struct buf *out)
{
    buf_put_str(out, "HTTP/1.1 100 Continue\r\n\r\n");
}
