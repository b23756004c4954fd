/* net/http2_stream.h -- a stream as its user sees it: what it is, what its head says. */
#ifndef NET_HTTP2_STREAM_H
#define NET_HTTP2_STREAM_H

#include "base/arena.h"
#include "net/http2_user.h"

struct conn;

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
/* The head (in `opened`) or the trailers (in `overlong`) had more bytes than are kept. */
bool http2_stream_is_overlong(const struct http2_stream *s);

#endif
