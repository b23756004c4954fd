/* net/http2.h -- one HTTP/2 connection, server's end: streams, without a word of what they carry.
 *
 * nghttp2 does frames, HPACK and the states of RFC 9113. This wraps it: what a stream receives is
 * gathered until its user takes it, what it sends is queued until the connection has room, and both
 * are bounded. Everything belongs to the connection's io thread. */
#ifndef NET_HTTP2_H
#define NET_HTTP2_H

#include "base/arena.h"
#include "net/http2_out.h"
#include "net/serve.h"

struct http2_stream;
struct nghttp2_rcbuf;

struct http2_header {
    struct bytes name, value;                   /* name in lower case; pseudo headers too */
    struct nghttp2_rcbuf *name_ref, *value_ref; /* keep the bytes */
};

/* A header or trailer that is sent. The bytes must live until the stream is closed, unless COPY. */
struct http2_field {
    struct bytes name, value;
    bool copy;
};

/* What uses a stream. Called between http2_serve's beginning and `closed`. */
struct http2_user {
    /* The request's head is whole; ENDED: nothing follows. */
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
    /* The last word. OK: all was sent and the stream ended well; ERR_CANCELED: reset; ERR_CLOSED:
     * the connection is lost. */
    void (*closed)(struct http2_stream *s, enum err why);
};

/* Serves C. A new stream asks CHOOSE for its user once its head is there; each stream has
 * STATE_BYTES zeroed bytes for its user. ON_FRAME: see http2_set_counters. */
struct http2_setup {
    struct serve *serve;
    const struct http2_user *(*choose)(struct http2_stream *s);
    size_t state_bytes;
    struct metric *received, *sent; /* bytes of DATA, may be NULL */
};
void http2_start(struct conn *c, const struct http2_setup *setup, struct bytes left);

/* -- a stream ---------------------------------------------------------------------------------- */

void *http2_stream_state(struct http2_stream *s);
struct http2_stream *http2_stream_of_state(void *state);
struct arena *http2_stream_arena(struct http2_stream *s); /* freed after `closed` */
struct serve *http2_stream_serve(const struct http2_stream *s);
struct conn *http2_stream_conn(const struct http2_stream *s);
int32_t http2_stream_id(const struct http2_stream *s);
const struct http2_header *http2_stream_headers(const struct http2_stream *s, size_t *ret_n);
/* The first of this name; p NULL: none. */
struct bytes http2_stream_header(const struct http2_stream *s, const char *name);
/* More headers came than are kept. */
bool http2_stream_headers_cut(const struct http2_stream *s);

/* Do not show data before N bytes are there (or the end). */
void http2_stream_want(struct http2_stream *s, size_t n);
/* Stop and go on showing what comes; flow control reaches the peer. Going on happens later in this
 * turn or the next, never inside the call. Not counted. */
void http2_stream_pause(struct http2_stream *s);
void http2_stream_resume(struct http2_stream *s);
bool http2_stream_is_paused(const struct http2_stream *s);
/* Whatever still comes is dropped. */
void http2_stream_discard(struct http2_stream *s);

/* The head of the answer, ":status" first. WHOLE: nothing follows, the stream's side is ended. */
void http2_stream_answer(struct http2_stream *s, const struct http2_field *fields, size_t n,
                         bool whole);
bool http2_stream_is_answered(const struct http2_stream *s);
/* Where to append what is sent after the head; then http2_stream_push. */
struct http2_out *http2_stream_out(struct http2_stream *s);
void http2_stream_push(struct http2_stream *s);
/* Bytes that wait for flow control and the socket. */
size_t http2_stream_pending(const struct http2_stream *s);
/* Ends our side when all is sent, with trailers if N is not 0; what still comes is dropped. At most
 * HTTP2_TRAILERS_MAX. */
enum { HTTP2_TRAILERS_MAX = 4 };
void http2_stream_end(struct http2_stream *s, const struct http2_field *trailers, size_t n);
/* Breaks the stream off. */
enum http2_reset { HTTP2_RESET_PROTOCOL = 1, HTTP2_RESET_INTERNAL = 2, HTTP2_RESET_CANCEL = 8 };
void http2_stream_reset(struct http2_stream *s, enum http2_reset code);

#endif
