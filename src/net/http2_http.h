/* net/http2_http.h -- plain HTTP requests as users of HTTP/2 streams; inside net only. */
#ifndef NET_HTTP2_HTTP_H
#define NET_HTTP2_HTTP_H

#include <stddef.h>

struct http2_user;

extern const struct http2_user http2_http_user;
size_t http2_http_bytes(void); /* the stream's state */

#endif
