/* net/http1.h -- HTTP/1.1 and 1.0 messages: a server's codec, bytes in and events out.
 *
 * llhttp in its strict build does the parsing; what it lets through and others read differently
 * (the stuff of request smuggling) is refused here before it. No socket, no clock. */
#ifndef NET_HTTP1_H
#define NET_HTTP1_H

#include "base/buf.h"
#include "net/http.h"
#include "net/http1_head.h"

struct http1;

enum http1_event_kind { HTTP1_NEED_MORE, HTTP1_HEAD, HTTP1_BODY, HTTP1_END };

struct http1_event {
    enum http1_event_kind kind;
    const struct http1_head *head; /* HTTP1_HEAD */
    struct bytes body;             /* HTTP1_BODY, a piece */
};

struct http1 *http1_new(void);
void http1_free(struct http1 *h);
/* Consumes from IN until one event is complete; NEED_MORE has consumed all of it. The event lends
 * from IN and from H until the next feed. After HTTP1_END the next message begins; after one that
 * is not kept alive everything is dropped. ERR_MALFORMED, ERR_TOO_BIG: http1_refusal says how to
 * answer, and nothing more is to be fed. */
MUST_CHECK enum err http1_feed(struct http1 *h, struct bytes in, size_t *ret_used,
                               struct http1_event *ret_event);
/* The status that answers the failure of http1_feed: 400, 417, 431 or 501. */
int http1_refusal(const struct http1 *h);
/* True between messages: not one byte of the next has come. */
bool http1_is_between(const struct http1 *h);

enum http1_framing {
    HTTP1_WITH_LENGTH, /* content-length */
    HTTP1_CHUNKED,
    HTTP1_UNTIL_CLOSE, /* what HTTP/1.0 can do without a length */
    HTTP1_NO_BODY      /* 204, 304 */
};

/* The head of an answer. Bytes in a value that would end its line are written as spaces. TO_1_0:
 * the client speaks HTTP/1.0, which has to be told that the connection stays. */
void http1_write_head(struct buf *out, int status, const struct http_header *headers, size_t n,
                      enum http1_framing framing, uint64_t length, bool keep_alive, bool to_1_0);
void http1_write_chunk(struct buf *out, struct bytes piece);
void http1_write_last_chunk(struct buf *out);
void http1_write_continue(struct buf *out);

#endif
