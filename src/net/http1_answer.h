/* net/http1_answer.h -- HTTP/1.1 answers: a client's codec for one exchange, bytes in, facts out.
 *
 * For a client that wants the status and the beginning of the body: what is above the limits ends
 * the exchange or is counted and dropped. No socket, no clock. */
#ifndef NET_HTTP1_ANSWER_H
#define NET_HTTP1_ANSWER_H

#include "base/buf.h"

enum { HTTP1_ANSWER_HEAD_MAX = 64 * 1024, HTTP1_REASON_MAX = 128, HTTP1_LOCATION_MAX = 4096 };

struct http1_answer;

/* TO_HEAD: the request was a HEAD, the answer has no body. Keeps at most BODY_MAX bytes of it. */
struct http1_answer *http1_answer_new(bool to_head, size_t body_max);
void http1_answer_free(struct http1_answer *a);
/* Takes all of IN; what follows the answer is dropped. ERR_MALFORMED, ERR_TOO_BIG (its head). */
MUST_CHECK enum err http1_answer_feed(struct http1_answer *a, struct bytes in);
/* The peer has ended. ERR_TRUNCATED: before the answer was whole. */
MUST_CHECK enum err http1_answer_end(struct http1_answer *a);

/* The head, and the whole of it: */
bool http1_answer_has_head(const struct http1_answer *a);
bool http1_answer_is_whole(const struct http1_answer *a);
/* Lent until it is freed. */
int http1_answer_status(const struct http1_answer *a);
struct bytes http1_answer_reason(const struct http1_answer *a);   /* "OK" */
struct bytes http1_answer_location(const struct http1_answer *a); /* empty: none */
struct bytes http1_answer_body(const struct http1_answer *a);     /* what was kept */
uint64_t http1_answer_body_total(const struct http1_answer *a);   /* what has come */

#endif
