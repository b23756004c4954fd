/* The codec: http1_lines gathers a head, this file splits it and checks what it says, and llhttp
 * must agree with every word of it before it parses the body.
 *
 * HEAD -> [BODY -> [TRAILERS]] -> HEAD ... or OVER, when the client does not go on. Two readers
 * that disagree about where a message ends are how requests are smuggled. So a head is read twice,
 * by us and by llhttp, and refused when the two differ; and what both accept but others read
 * differently is refused too: see check_framing and check_target. llhttp pauses after each chunk
 * and each message, so that one call gives one event.
 *
 * Upgrade is ignored (a server may): Java's client sends "Upgrade: h2c" with every plain request.
 */
#include "net/http1.h"

#include <llhttp.h>

#include "base/mem.h"
#include "base/text.h"
#include "net/http1_line.h"

enum { EXTENSION_MAX = 4096 };

enum http1_state { STATE_HEAD, STATE_BODY, STATE_TRAILERS, STATE_OVER };

struct http1 {
    llhttp_t parser;
    enum http1_state state;
    struct http1_lines lines;
    struct http1_head head;
    struct http_header headers[HTTP1_HEADERS_MAX + 1];
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

/* -- what a head may say ----------------------------------------------------------------------- */

static bool is_token(struct bytes b)
{
    for (size_t i = 0; i < b.n; i++) {
        uint8_t c = b.p[i];
        bool alpha = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
        if (!alpha && !(c >= '0' && c <= '9') && (c == 0 || strchr("!#$%&'*+-.^_`|~", c) == NULL))
            return false;
    }
    return b.n > 0;
}

static bool is_known_method(struct bytes method)
{
    static const char *const known[] = {
#define XX(number, name, text) #text,
        HTTP_METHOD_MAP(XX)
#undef XX
    };
    /* What opens a tunnel, or another protocol, is no request to us. */
    if (bytes_is(method, "CONNECT") || bytes_is(method, "PRI"))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        if (bytes_is(method, known[i]))
            return true;
    return false;
}

static bool is_visible(struct bytes b)
{
    for (size_t i = 0; i < b.n; i++)
        if (b.p[i] <= ' ' || b.p[i] >= 0x7f || b.p[i] == '#')
            return false;
    return b.n > 0;
}

/* "METHOD SP target SP HTTP/1.x"; *RET_USED with its line end. llhttp forgives a missing version.
 */
static enum err read_request_line(struct http1 *h, size_t *ret_used)
{
    const uint8_t *line = h->lines.bytes.p;
    const uint8_t *end = memchr(line, '\r', h->lines.bytes.n);
    *ret_used = (size_t)(end - line) + 2;
    const uint8_t *first = memchr(line, ' ', (size_t)(end - line));
    if (first == NULL)
        return refuse(h, ERR_MALFORMED, 400);
    h->head.method = bytes_of(line, (size_t)(first - line));
    const uint8_t *second = memchr(first + 1, ' ', (size_t)(end - first - 1));
    if (second == NULL)
        return refuse(h, ERR_MALFORMED, 400);
    h->head.target = bytes_of(first + 1, (size_t)(second - first - 1));
    if (!is_token(h->head.method) || !is_visible(h->head.target))
        return refuse(h, ERR_MALFORMED, 400);
    struct bytes version = bytes_of(second + 1, (size_t)(end - second - 1));
    h->head.is_1_0 = bytes_is(version, "HTTP/1.0");
    if (!h->head.is_1_0 && !bytes_is(version, "HTTP/1.1"))
        return refuse(h, ERR_MALFORMED, 400);
    if (!is_known_method(h->head.method))
        return refuse(h, ERR_MALFORMED, 501);
    return OK;
}

static struct http_header *find(struct http1 *h, const char *name, size_t *ret_n)
{
    struct http_header *first = NULL;
    *ret_n = 0;
    for (size_t i = 0; i < h->head.header_n; i++) {
        if (!bytes_is(h->headers[i].name, name))
            continue;
        if ((*ret_n)++ == 0)
            first = &h->headers[i];
    }
    return first;
}

/* Where the body ends must be beyond doubt. */
static enum err check_framing(struct http1 *h)
{
    size_t length_n, coding_n;
    const struct http_header *length = find(h, "content-length", &length_n);
    const struct http_header *coding = find(h, "transfer-encoding", &coding_n);
    h->head.length = 0;
    if (length_n > 1 || (length_n > 0 && coding_n > 0))
        return refuse(h, ERR_MALFORMED, 400);
    if (coding_n > 0 && h->head.is_1_0)
        return refuse(h, ERR_MALFORMED, 400);
    if (coding_n > 1 || (coding_n == 1 && !text_eq_nocase(coding->value, bytes_str("chunked"))))
        return refuse(h, ERR_MALFORMED, 501);
    if (coding_n == 1)
        h->head.length = HTTP1_LENGTH_CHUNKED;
    if (length_n == 1 && (!text_u64(length->value, &h->head.length) || h->head.length > INT64_MAX))
        return refuse(h, ERR_MALFORMED, 400);
    return OK;
}

static bool is_authority(struct bytes b)
{
    for (size_t i = 0; i < b.n; i++)
        if (b.p[i] <= ' ' || b.p[i] >= 0x7f || strchr("/?#@\\,\"<>", b.p[i]) != NULL)
            return false;
    return true;
}

/* One Host (HTTP/1.0: at most one); in an absolute target the target's own host wins. */
static enum err check_target(struct http1 *h)
{
    size_t host_n;
    struct http_header *host = find(h, "host", &host_n);
    if (host_n > 1 || (host_n == 0 && !h->head.is_1_0))
        return refuse(h, ERR_MALFORMED, 400);
    if (host_n == 1 && !is_authority(host->value))
        return refuse(h, ERR_MALFORMED, 400);
    struct bytes target = h->head.target;
    if (target.p[0] == '/' || (bytes_is(target, "*") && bytes_is(h->head.method, "OPTIONS")))
        return OK;

    struct bytes scheme = bytes_of(target.p, target.n < 8 ? target.n : 8);
    size_t skip = 8;
    if (!text_eq_nocase(scheme, bytes_str("https://"))) {
        scheme.n = scheme.n < 7 ? scheme.n : 7;
        skip = 7;
        if (!text_eq_nocase(scheme, bytes_str("http://")))
            return refuse(h, ERR_MALFORMED, 400);
    }
    struct bytes rest = bytes_skip(target, skip);
    size_t n = 0;
    while (n < rest.n && rest.p[n] != '/' && rest.p[n] != '?')
        n++;
    struct bytes authority = bytes_of(rest.p, n);
    if (n == 0 || !is_authority(authority))
        return refuse(h, ERR_MALFORMED, 400);
    if (host == NULL) {
        host = &h->headers[h->head.header_n++];
        host->name = bytes_str("host");
    }
    host->value = authority;
    h->head.target = bytes_skip(rest, n);
    return OK;
}

static enum err check_expect(struct http1 *h)
{
    size_t n;
    const struct http_header *expect = find(h, "expect", &n);
    h->head.expects_continue = false;
    if (n == 0 || h->head.is_1_0)
        return OK;
    if (n > 1 || !text_eq_nocase(expect->value, bytes_str("100-continue")))
        return refuse(h, ERR_MALFORMED, 417);
    h->head.expects_continue = h->head.length > 0;
    return OK;
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}

static bool is_value(struct bytes b)
{
    for (size_t i = 0; i < b.n; i++)
        if ((b.p[i] < ' ' && b.p[i] != '\t') || b.p[i] == 0x7f)
            return false;
    return true;
}

/* "name:value" without its line end. The name is put into lower case where it lies. */
static bool read_header(uint8_t *line, size_t n, struct http_header *ret)
{
    const uint8_t *colon = memchr(line, ':', n);
    if (colon == NULL)
        return false;
    ret->name = bytes_of(line, (size_t)(colon - line));
    for (size_t i = 0; i < ret->name.n; i++)
        if (line[i] >= 'A' && line[i] <= 'Z')
            line[i] |= 0x20;
    struct bytes value = bytes_of(colon + 1, n - ret->name.n - 1);
    while (value.n > 0 && is_blank(value.p[0]))
        value = bytes_skip(value, 1);
    while (value.n > 0 && is_blank(value.p[value.n - 1]))
        value.n--;
    ret->value = value;
    return is_token(ret->name) && is_value(value);
}

/* The lines after the first, up to the empty one; http1_lines has counted them. */
static enum err read_headers(struct http1 *h, size_t from)
{
    struct buf *bytes = &h->lines.bytes;
    while (bytes->n - from > 2) {
        const uint8_t *end = memchr(bytes->p + from, '\r', bytes->n - from);
        size_t n = (size_t)(end - bytes->p) - from;
        if (!read_header(bytes->p + from, n, &h->headers[h->head.header_n++]))
            return refuse(h, ERR_MALFORMED, 400);
        from += n + 2;
    }
    return OK;
}

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
    size_t first_n;
    h->head = (struct http1_head){ .headers = h->headers };
    enum err e = read_request_line(h, &first_n);
    if (e == OK)
        e = read_headers(h, first_n);
    if (e == OK)
        e = check_framing(h);
    if (e == OK)
        e = check_target(h);
    if (e == OK)
        e = check_expect(h);
    if (e == OK && !does_llhttp_agree(h))
        e = refuse(h, ERR_MALFORMED, 400);
    return e;
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
