/* net/http2_user.h -- what uses the streams of a connection: what it is told, what it sends. */
#ifndef NET_HTTP2_USER_H
#define NET_HTTP2_USER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"
#include "base/err.h"

struct http2_stream;
struct metric;
struct nghttp2_rcbuf;
struct serve;

struct http2_header {
    struct bytes name, value;                   /* name in lower case; pseudo headers too */
    struct nghttp2_rcbuf *name_ref, *value_ref; /* keep the bytes */
};

/* A header or trailer that is sent. The bytes must live until the stream is closed, unless COPY. */
struct http2_field {
    struct bytes name, value;
    bool copy;
};

/* What uses a stream. Called between http2_start and `closed`. */
struct http2_user {
    /* The request's head is whole, or cut at a limit (net/http2_stream.h); ENDED: nothing follows.
     */
    void (*opened)(struct http2_stream *s, bool ended);
    /* IN is all that has come and was not taken yet. Answers how much of it is taken now; the rest
     * is shown again, together with more. Not called while the stream is paused. */
    size_t (*data)(struct http2_stream *s, struct bytes in);
    /* The peer has ended its side; LEFT was not taken and is gone afterwards. */
    void (*ended)(struct http2_stream *s, struct bytes left);
    /* http2_stream_pending fell below CONN_OUT_LOW after it was above CONN_OUT_HIGH. */
    void (*drained)(struct http2_stream *s);
    /* The connection holds too much that was not taken, and this stream most: end it. */
    void (*overfull)(struct http2_stream *s);
    /* Its trailers are larger than HTTP2_HEAD_MAX: refuse it, if that is not too late. */
    void (*overlong)(struct http2_stream *s);
    /* The last word. OK: all was sent and the stream ended well; ERR_CANCELED: reset; ERR_CLOSED:
     * the connection is lost. */
    void (*closed)(struct http2_stream *s, enum err why);
};

enum { HTTP2_TRAILERS_MAX = 4 };

/* A new stream asks CHOOSE for its user once its head is there; each stream has STATE_BYTES zeroed
 * bytes for its user. */
struct http2_setup {
    struct serve *serve;
    const struct http2_user *(*choose)(struct http2_stream *s);
    size_t state_bytes;
    struct metric *received, *sent; /* bytes of DATA, may be NULL */
};

#endif
