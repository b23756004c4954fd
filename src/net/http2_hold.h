/* net/http2_hold.h -- what a stream's user is shown of what comes, and when. */
#ifndef NET_HTTP2_HOLD_H
#define NET_HTTP2_HOLD_H

#include "net/http2_user.h"

/* Do not show data before N bytes are there (or the end). */
void http2_stream_want(struct http2_stream *s, size_t n);
/* Stop and go on showing what comes; flow control reaches the peer. Going on happens later in this
 * turn or the next, never inside the call. Not counted. */
void http2_stream_pause(struct http2_stream *s);
void http2_stream_resume(struct http2_stream *s);
bool http2_stream_is_paused(const struct http2_stream *s);
/* Whatever still comes is dropped. */
void http2_stream_discard(struct http2_stream *s);

#endif
