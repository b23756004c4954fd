/* net/http1_line.h -- the head of a message, gathered line by line and checked byte by byte. */
#ifndef NET_HTTP1_LINE_H
#define NET_HTTP1_LINE_H

#include "base/buf.h"

enum { HTTP1_HEADERS_MAX = 100, HTTP1_LINE_MAX = 16 * 1024, HTTP1_HEAD_MAX = 60 * 1024 };

/* Gathers the lines of a head, or of the trailers after a chunked body, until an empty line. */
struct http1_lines {
    struct buf bytes;  /* all lines with their CRLF, the empty one too */
    size_t line_start; /* of the line that is being gathered */
    unsigned line_n;   /* lines that are complete */
    bool has_first;    /* the first line is a request line */
    bool was_blank;    /* one empty line before the request line has been dropped */
    bool is_whole;
    int refusal; /* the status that answers a failure */
};

void http1_lines_init(struct http1_lines *l);
void http1_lines_fini(struct http1_lines *l);
void http1_lines_begin(struct http1_lines *l, bool has_first);
/* Takes from IN up to the end of the head. ERR_MALFORMED, ERR_TOO_BIG with REFUSAL set. */
MUST_CHECK enum err http1_lines_feed(struct http1_lines *l, struct bytes in, size_t *ret_used);

#endif
