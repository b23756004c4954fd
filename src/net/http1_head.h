/* net/http1_head.h -- what the head of a request says, split and checked. */
#ifndef NET_HTTP1_HEAD_H
#define NET_HTTP1_HEAD_H

#include "base/buf.h"
#include "net/http.h"
#include "net/http1_line.h"

enum { HTTP1_HEAD_ROOM = HTTP1_HEADERS_MAX + 1 /* the host of an absolute target */ };
#define HTTP1_LENGTH_CHUNKED UINT64_MAX

struct http1_head {
    struct bytes method;
    struct bytes target;         /* in origin form, or "*" */
    struct http_header *headers; /* names in lower case; "host" is that of an absolute target */
    size_t header_n;
    uint64_t length; /* of the body to come; 0: none; HTTP1_LENGTH_CHUNKED */
    bool is_1_0;
    bool keep_alive;       /* the client wants to go on after the answer */
    bool expects_continue; /* and waits for 100 before it sends the body */
};

/* Splits LINES, a whole head as http1_lines gathers it, in place; HEADERS has HTTP1_HEAD_ROOM
 * places. RET lends from both; its keep_alive is not set. ERR_MALFORMED: *RET_REFUSAL is the status
 * that answers it. */
MUST_CHECK enum err http1_head_read(struct buf *lines, struct http_header *headers,
                                    struct http1_head *ret, int *ret_refusal);

#endif
