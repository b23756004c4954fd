/* net/http_client.h -- one HTTP/1.1 request on a connection of its own, redirects followed.
 *
 * For probes: every hop is a fresh connection that ends with its answer; nothing is taken from a
 * target but its status and the beginning of its body, and when enough of that has come the rest is
 * not read. There is no deadline: who asks has one, and cancels. One thread. */
#ifndef NET_HTTP_CLIENT_H
#define NET_HTTP_CLIENT_H

#include "net/dial.h"
#include "net/http.h"

enum { HTTP_CLIENT_REDIRECTS = 10 };

struct http_ask { /* its text must stay until the call is done or canceled */
    struct bytes url;
    struct bytes method;               /* empty: GET */
    const struct http_header *headers; /* names in any case */
    size_t header_n;
    struct bytes body;
    bool no_redirects;
    struct bytes tls_name; /* whom the certificate must name; empty: the URL's host */
    bool tls_skip_verify;
    struct tls_client *trust; /* instead of the dialer's authorities, until DONE; or NULL */
    size_t body_max;          /* bytes that are kept */
    uint64_t body_until;      /* bytes after which the rest is not waited for */
};

struct http_answer {     /* lent for the call */
    const char *failure; /* why there is none; NULL if there is */
    int status;
    struct bytes reason, body;
    uint64_t body_total; /* bytes that have come, kept or not */
};

struct http_call;

typedef void (*http_answer_fn)(void *ctx, const struct http_answer *answer);

/* DONE is called once, from the loop. The call is the client's. */
struct http_call *http_call_start(struct dialer *dialer, const struct http_ask *ask,
                                  http_answer_fn done, void *ctx);
/* DONE will not be called; not after it. */
void http_call_cancel(struct http_call *c);

#endif
