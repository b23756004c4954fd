/* net/http_inner.h -- a request to a service of this process, without a socket.
 *
 * For what the server itself asks of its own faces, in their own words: what its files define.
 * It takes the way of every request but for the connection. One thread: the loop's. */
#ifndef NET_HTTP_INNER_H
#define NET_HTTP_INNER_H

#include "net/http.h"

enum { HTTP_INNER_BODY_MAX = 64 * 1024 /* bytes of an answer that are kept */ };

struct http_inner_ask {
    const struct http_service *service;
    void *context; /* the service's, of this thread */
    struct loop *loop;
    struct bytes method, target, body; /* all copied, as are the headers */
    const struct http_header *headers; /* names in lower case */
    size_t header_n;
};

/* BODY is lent for the call; STATUS 0: the answer was broken off. */
typedef void (*http_inner_fn)(void *ctx, int status, struct bytes body);

/* DONE is called once, perhaps before this returns. */
void http_inner_ask(const struct http_inner_ask *ask, http_inner_fn done, void *ctx);

#endif
