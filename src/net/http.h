/* net/http.h -- plain HTTP requests and answers, over HTTP/1.1 or HTTP/2.
 *
 * A handler is called on the connection's io thread when the request's body has arrived whole (up
 * to its limit; above it net answers 413). It answers at once or later; if the client goes away
 * first, `gone` is called and the request must not be touched afterwards. */
#ifndef NET_HTTP_H
#define NET_HTTP_H

#include "base/arena.h"
#include "base/buf.h"
#include "loop/loop.h"

struct http_request;

struct http_header {
    struct bytes name, value; /* name in lower case */
};

/* Request line and headers, lent until the answer has ended. */
struct bytes http_method(const struct http_request *r);
struct bytes http_path(const struct http_request *r);  /* as sent, without the query */
struct bytes http_query(const struct http_request *r); /* without '?'; empty if none */
struct bytes http_header(const struct http_request *r,
                         const char *name); /* the first; p NULL: none */
const struct http_header *http_headers(const struct http_request *r, size_t *ret_n);
struct bytes http_body(const struct http_request *r);
/* The value of a query parameter, decoded, in the request's arena; false if it is not there. An
 * occurrence AT of several, from 0. */
bool http_query_get(struct http_request *r, const char *name, size_t at, struct bytes *ret);
struct arena *http_arena(struct http_request *r);
const char *http_peer(const struct http_request *r);
/* Common name of a verified client certificate, or NULL. */
const char *http_client_name(const struct http_request *r);
void *http_context(const struct http_request *r); /* the service's, of this thread */
struct loop *http_loop(const struct http_request *r);

/* One whole answer. HEADERS may be NULL. HEAD gets the length without the body. */
void http_respond(struct http_request *r, int status, const char *content_type,
                  const struct http_header *headers, size_t header_n, struct bytes body);
/* An answer in pieces (chunked or DATA frames). */
void http_respond_start(struct http_request *r, int status, const char *content_type,
                        const struct http_header *headers, size_t header_n);
/* WRITE copies. Stop above CONN_OUT_HIGH pending and wait for `drained`. */
void http_respond_write(struct http_request *r, struct bytes piece);
size_t http_respond_pending(const struct http_request *r);
void http_respond_end(struct http_request *r);
/* Breaks the answer off so that the client sees it (reset, or close without the last chunk). */
void http_respond_abort(struct http_request *r);
/* For answers that come later: SELF is handed to both. Either may be NULL. */
void http_watch(struct http_request *r, void *self, void (*drained)(void *self),
                void (*gone)(void *self));

struct http_service {
    void (*handle)(struct http_request *r);
    size_t body_max; /* bytes; 0 = 1 MiB */
    /* The same by request, asked when its head is there; NULL: BODY_MAX for all. */
    size_t (*body_max_of)(struct http_request *r);
    bool check_host;          /* refuse (421) a Host that is no address, localhost or allowed name:
                                 against DNS rebinding */
    const char *const *hosts; /* allowed names beside addresses and localhost; NULL-terminated */
};

#endif
