/* net/http2_client.h -- one question over an HTTP/2 connection of its own: a ping, or a unary gRPC
 * call. For probes: no deadline (who asks has one, and cancels), nothing is kept but the answer.
 * One thread. */
#ifndef NET_HTTP2_CLIENT_H
#define NET_HTTP2_CLIENT_H

#include "net/dial.h"

enum {
    HTTP2_CLIENT_MESSAGE_MAX = 64 * 1024,
    HTTP2_CLIENT_HEADERS_MAX = 64 * 1024,
    HTTP2_CLIENT_BYTES_MAX = 1024 * 1024 /* a target that sends more in all is given up */
};

struct http2_ask { /* host and TLS need not stay, the texts of a call must until it is done */
    struct bytes host;
    uint16_t port;
    const struct tls_call *tls; /* NULL: plain */
    struct bytes authority;     /* of a call */
    struct bytes path;          /* of a call, "/package.Service/Method"; empty: a ping */
    struct bytes message;       /* of a call; copied */
};

struct http2_answer {    /* lent for the call */
    const char *failure; /* why there is none; NULL if there is */
    int grpc_status;     /* of a call; -1: the answer is no gRPC */
    struct bytes grpc_message;
    struct bytes message;
};

struct http2_call;

typedef void (*http2_answer_fn)(void *ctx, const struct http2_answer *answer);

/* DONE is called once, from the loop. The call is the client's. */
struct http2_call *http2_call_start(struct dialer *dialer, const struct http2_ask *ask,
                                    http2_answer_fn done, void *ctx);
/* DONE will not be called; not after it. */
void http2_call_cancel(struct http2_call *c);

#endif
