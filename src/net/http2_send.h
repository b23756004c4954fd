/* net/http2_send.h -- what a stream's user sends: a head, bytes, an end with or without trailers.
 */
#ifndef NET_HTTP2_SEND_H
#define NET_HTTP2_SEND_H

#include "net/http2_out.h"
#include "net/http2_user.h"

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
void http2_stream_end(struct http2_stream *s, const struct http2_field *trailers, size_t n);
/* Breaks the stream off. */
enum http2_reset {
    HTTP2_RESET_PROTOCOL = 1,
    HTTP2_RESET_INTERNAL = 2,
    HTTP2_RESET_FRAME_SIZE = 6,
    HTTP2_RESET_REFUSED = 7, /* another try is harmless */
    HTTP2_RESET_CANCEL = 8,
    HTTP2_RESET_CALM = 11
};
void http2_stream_reset(struct http2_stream *s, enum http2_reset code);
/* What the stream sends from now on is an answer to one request: it counts as unsent, and is given
 * up when none of it leaves. */
void http2_stream_count_unsent(struct http2_stream *s);

#endif
