/* net/http_ops.h -- the inside of an HTTP request: what carries it implements these operations.
 *
 * HTTP/1.1 and HTTP/2 each embed `struct http_request` in their own request, fill the first part
 * and call http_request_dispatch once the body is whole. They free it after `end` or `abort` was
 * called on it, but not before http_request_dispatch has returned; or, if the client goes away
 * first, after http_request_gone. */
#ifndef NET_HTTP_OPS_H
#define NET_HTTP_OPS_H

#include "base/arena.h"
#include "net/serve.h"

struct http_header;
struct http_request;

enum { HTTP_BODY_MAX = 1024 * 1024 };
#define HTTP_LENGTH_UNKNOWN UINT64_MAX

struct http_ops {
    /* The answer's head, once. HEADERS have lower-case names, content-type included, content-length
     * and all that concerns framing not. LENGTH is the body's, or HTTP_LENGTH_UNKNOWN: in pieces.
     * After HEAD (the method) no `body` follows, whatever LENGTH says. */
    void (*head)(struct http_request *r, int status, const struct http_header *headers, size_t n,
                 uint64_t length);
    void (*body)(struct http_request *r, struct bytes piece); /* copies */
    /* The answer is whole; R is the carrier's again. */
    void (*end)(struct http_request *r);
    /* Breaks it off visibly; R is the carrier's again. */
    void (*abort)(struct http_request *r);
    size_t (*pending)(const struct http_request *r);
};

struct http_request {
    /* filled by the carrier after http_request_init */
    struct bytes method, path, query, body;
    struct http_header *headers; /* in the order sent; the authority as "host" */
    size_t header_n;
    const char *peer;
    const char *client_name; /* conn_client_name */

    /* kept by http.c */
    const struct http_ops *ops;
    struct serve *serve;
    struct arena arena;
    bool started, ended;
    bool is_bare;               /* the answer has no body: HEAD, 204, 304 */
    struct http_header *params; /* query parameters, decoded; NULL: not looked at yet */
    size_t param_n;
    void *watcher;
    void (*drained)(void *self);
    void (*gone)(void *self);
};

void http_request_init(struct http_request *r, const struct http_ops *ops, struct serve *serve);
/* Frees the arena. */
void http_request_fini(struct http_request *r);
/* The limit of the body of R, whose head is there. */
size_t http_body_max(struct http_request *r);
/* Splits a request target in origin form into PATH and QUERY. */
void http_split_target(struct bytes target, struct bytes *ret_path, struct bytes *ret_query);
/* Checks the host and hands R to the service; answers 421 or 404 itself. */
void http_request_dispatch(struct http_request *r);
/* A short plain-text answer of net's own: 413, 421, ... The text is the status's name. */
void http_request_refuse(struct http_request *r, int status);
/* The carrier's pending fell below CONN_OUT_LOW. */
void http_request_drained(struct http_request *r);
/* The client went away before the answer had ended; ops are not called any more. */
void http_request_gone(struct http_request *r);
/* "Not Found" */
const char *http_status_name(int status);
enum { HTTP_REFUSAL_MAX = 128 }; /* bytes */
/* Appends what a refusal says: the status's name, and of a body that is too large the limit. R is
 * NULL if there is no head of a request yet. */
void http_refusal_write(struct http_request *r, int status, struct buf *out);

#endif
