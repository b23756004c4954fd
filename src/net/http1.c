/* The codec: http1_line gathers a head, http1_head splits it and checks what it says, and llhttp
 * must agree with every word of it before it parses the body.
 *
 * HEAD -> [BODY -> [TRAILERS]] -> HEAD ... or OVER, when the client does not go on. Two readers
 * that disagree about where a message ends are how requests are smuggled. So a head is read twice,
 * by us and by llhttp, and refused when the two differ; and what both accept but others read
 * differently is refused too: see http1_head.c. llhttp pauses after each chunk and each message, so
 * that one call gives one event.
 *
 * Upgrade is ignored (a server may): Java's client sends "Upgrade: h2c" with every plain request.
 */
#include "net/http1.h"

#include <llhttp.h>

#include "base/mem.h"
#include "net/http1_line.h"

enum { EXTENSION_MAX = 4096 };

enum http1_state { STATE_HEAD, STATE_BODY, STATE_TRAILERS, STATE_OVER };

struct http1 {
    llhttp_t parser;
    enum http1_state state;
    struct http1_lines lines;
    struct http1_head head;
    struct http_header headers[HTTP1_HEAD_ROOM];
    struct bytes body; /* found by this call */
    size_t extension_n;
    bool is_complete; /* the message is */
    bool owes_end;    /* HTTP1_END is the next event */
    int refusal;
};

static enum err refuse(struct http1 *h, enum err e, int status)
{
    h->refusal = status;
    return e;
}

/* -- llhttp's callbacks ------------------------------------------------------------------------ */

static int on_headers_end(llhttp_t *parser)
{
    struct http1 *h = parser->data;
    parser->upgrade = 0;
    h->head.keep_alive = llhttp_should_keep_alive(parser) != 0;
    return 0;
}

static int on_body(llhttp_t *parser, const char *at, size_t n)
{
    struct http1 *h = parser->data;
    h->body = bytes_of(at, n); /* once a call: there is a pause after each chunk */
    return 0;
}

static int on_extension(llhttp_t *parser, const char *at, size_t n)
{
    struct http1 *h = parser->data;
    (void)at;
    h->extension_n += n;
    return h->extension_n > EXTENSION_MAX ? -1 : 0;
}

/* The last chunk is announced: the lines that follow are gathered first. */
static int on_chunk_header(llhttp_t *parser)
{
    struct http1 *h = parser->data;
    h->extension_n = 0;
    if (parser->content_length > 0)
        return 0;
    h->state = STATE_TRAILERS;
    http1_lines_begin(&h->lines, false);
    return HPE_PAUSED;
}

static int on_chunk_end(llhttp_t *parser)
{
    struct http1 *h = parser->data;
    return h->state == STATE_TRAILERS ? 0 : HPE_PAUSED;
}

static int on_message_end(llhttp_t *parser)
{
    struct http1 *h = parser->data;
    h->is_complete = true;
    return HPE_PAUSED;
}

static const llhttp_settings_t callbacks = {
    .on_headers_complete = on_headers_end,
    .on_body = on_body,
    .on_chunk_extension_name = on_extension,
    .on_chunk_extension_value = on_extension,
    .on_chunk_header = on_chunk_header,
    .on_chunk_complete = on_chunk_end,
    .on_message_complete = on_message_end,
};

/* Runs llhttp over IN; a pause that a callback asked for is no failure. */
static enum err parse(struct http1 *h, struct bytes in, size_t *ret_used)
{
    const char *p = (const char *)in.p;
    llhttp_errno_t e = llhttp_execute(&h->parser, p, in.n);
    *ret_used = in.n;
    if (e == HPE_OK)
        return OK;
    if (e == HPE_PAUSED) {
        *ret_used = (size_t)(llhttp_get_error_pos(&h->parser) - p);
        llhttp_resume(&h->parser);
        return OK;
    }
    return refuse(h, ERR_MALFORMED, 400);
}

/* -- the head ---------------------------------------------------------------------------------- */

/* True if llhttp reads the head as we did: it accepts it, to its last byte, and sees the same body.
 */
static bool does_llhttp_agree(struct http1 *h)
{
    size_t used;
    llhttp_init(&h->parser, HTTP_REQUEST, &callbacks);
    h->parser.data = h;
    if (parse(h, buf_bytes(&h->lines.bytes), &used) != OK || used != h->lines.bytes.n)
        return false;
    if (h->head.length == 0 || h->is_complete)
        return h->head.length == 0 && h->is_complete;
    bool is_chunked = (h->parser.flags & F_CHUNKED) != 0;
    return h->head.length == HTTP1_LENGTH_CHUNKED
               ? is_chunked
               : !is_chunked && h->parser.content_length == h->head.length;
}

static enum err read_head(struct http1 *h)
{
    int refusal = 0;
    enum err e = http1_head_read(&h->lines.bytes, h->headers, &h->head, &refusal);
    if (e != OK)
        return refuse(h, e, refusal);
    return does_llhttp_agree(h) ? OK : refuse(h, ERR_MALFORMED, 400);
}

/* -- events ------------------------------------------------------------------------------------ */

static void go_on(struct http1 *h)
{
    h->is_complete = false;
    h->owes_end = false;
    h->state = h->head.keep_alive ? STATE_HEAD : STATE_OVER;
    http1_lines_begin(&h->lines, true);
}

static enum err feed_head(struct http1 *h, struct bytes in, size_t *ret_used,
                          struct http1_event *ret)
{
    enum err e = http1_lines_feed(&h->lines, in, ret_used);
    if (e != OK)
        return refuse(h, e, h->lines.refusal);
    if (!h->lines.is_whole)
        return OK;
    e = read_head(h);
    if (e != OK)
        return e;
    h->owes_end = h->is_complete;
    h->state = STATE_BODY;
    *ret = (struct http1_event){ .kind = HTTP1_HEAD, .head = &h->head };
    return OK;
}

static enum err feed_body(struct http1 *h, struct bytes in, size_t *ret_used,
                          struct http1_event *ret)
{
    h->body = (struct bytes){ 0 };
    enum err e = parse(h, in, ret_used);
    if (e != OK)
        return e;
    if (h->body.n > 0)
        *ret = (struct http1_event){ .kind = HTTP1_BODY, .body = h->body };
    h->owes_end = h->is_complete;
    return OK;
}

static enum err feed_trailers(struct http1 *h, struct bytes in, size_t *ret_used)
{
    enum err e = http1_lines_feed(&h->lines, in, ret_used);
    if (e != OK)
        return refuse(h, e, h->lines.refusal);
    if (!h->lines.is_whole)
        return OK;
    size_t used;
    e = parse(h, buf_bytes(&h->lines.bytes), &used);
    if (e == OK && (!h->is_complete || used != h->lines.bytes.n))
        e = refuse(h, ERR_MALFORMED, 400);
    h->owes_end = h->is_complete;
    return e;
}

static enum err step(struct http1 *h, struct bytes in, size_t *ret_used, struct http1_event *ret)
{
    switch (h->state) {
    case STATE_HEAD:
        return feed_head(h, in, ret_used, ret);
    case STATE_BODY:
        return feed_body(h, in, ret_used, ret);
    case STATE_TRAILERS:
        return feed_trailers(h, in, ret_used);
    case STATE_OVER:
        break;
    }
    *ret_used = in.n;
    return OK;
}

enum err http1_feed(struct http1 *h, struct bytes in, size_t *ret_used,
                    struct http1_event *ret_event)
{
    struct http1_event event = { .kind = HTTP1_NEED_MORE };
    size_t total = 0;
    while (event.kind == HTTP1_NEED_MORE && !h->owes_end && total < in.n) {
        size_t used = 0;
        enum err e = step(h, bytes_skip(in, total), &used, &event);
        if (e != OK)
            return e;
        total += used;
    }
    if (event.kind == HTTP1_NEED_MORE && h->owes_end) {
        event.kind = HTTP1_END;
        go_on(h);
    }
    *ret_used = total;
    *ret_event = event;
    return OK;
}

int http1_refusal(const struct http1 *h)
{
    return h->refusal;
}

bool http1_is_between(const struct http1 *h)
{
    return h->state == STATE_OVER ||
           (h->state == STATE_HEAD && h->lines.bytes.n == 0 && !h->lines.was_blank);
}

struct http1 *http1_new(void)
{
    struct http1 *h = mem_zalloc(1, sizeof(*h));
    http1_lines_init(&h->lines);
    return h;
}

void http1_free(struct http1 *h)
{
    if (h == NULL)
        return;
    http1_lines_fini(&h->lines);
    mem_free(h);
}
