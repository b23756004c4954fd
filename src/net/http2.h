/* net/http2.h -- one HTTP/2 connection, server's end: streams, without a word of what they carry.
 *
 * nghttp2 does frames, HPACK and the states of RFC 9113. This wraps it: what a stream receives is
 * gathered until its user takes it, what it sends is queued until the connection has room, and both
 * are bounded. Everything belongs to the connection's io thread. */
#ifndef NET_HTTP2_H
#define NET_HTTP2_H

#include "net/http2_user.h"

struct conn;

/* Serves C; LEFT are its first bytes. */
void http2_start(struct conn *c, const struct http2_setup *setup, struct bytes left);

#endif
