/* What is accepted and read differently elsewhere is refused here: where the body ends and which
 * host is meant must be beyond doubt (see check_framing and check_target). */
#include "net/http1_head.h"

#include <llhttp.h>

#include "base/text.h"

struct reading {
    struct buf *lines;
    struct http_header *headers;
    struct http1_head head;
    int refusal;
};

static enum err refuse(struct reading *r, int status)
{
    r->refusal = status;
    return ERR_MALFORMED;
}

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
static enum err read_request_line(struct reading *r, size_t *ret_used)
{
    const uint8_t *line = r->lines->p;
    const uint8_t *end = memchr(line, '\r', r->lines->n);
    *ret_used = (size_t)(end - line) + 2;
    const uint8_t *first = memchr(line, ' ', (size_t)(end - line));
    if (first == NULL)
        return refuse(r, 400);
    r->head.method = bytes_of(line, (size_t)(first - line));
    const uint8_t *second = memchr(first + 1, ' ', (size_t)(end - first - 1));
    if (second == NULL)
        return refuse(r, 400);
    r->head.target = bytes_of(first + 1, (size_t)(second - first - 1));
    if (!is_token(r->head.method) || !is_visible(r->head.target))
        return refuse(r, 400);
    struct bytes version = bytes_of(second + 1, (size_t)(end - second - 1));
    r->head.is_1_0 = bytes_is(version, "HTTP/1.0");
    if (!r->head.is_1_0 && !bytes_is(version, "HTTP/1.1"))
        return refuse(r, 400);
    if (!is_known_method(r->head.method))
        return refuse(r, 501);
    return OK;
}

static struct http_header *find(struct reading *r, const char *name, size_t *ret_n)
{
    struct http_header *first = NULL;
    *ret_n = 0;
    for (size_t i = 0; i < r->head.header_n; i++) {
        if (!bytes_is(r->headers[i].name, name))
            continue;
        if ((*ret_n)++ == 0)
            first = &r->headers[i];
    }
    return first;
}

/* Where the body ends must be beyond doubt. */
static enum err check_framing(struct reading *r)
{
    size_t length_n, coding_n;
    const struct http_header *length = find(r, "content-length", &length_n);
    const struct http_header *coding = find(r, "transfer-encoding", &coding_n);
    r->head.length = 0;
    if (length_n > 1 || (length_n > 0 && coding_n > 0))
        return refuse(r, 400);
    if (coding_n > 0 && r->head.is_1_0)
        return refuse(r, 400);
    if (coding_n > 1 || (coding_n == 1 && !text_eq_nocase(coding->value, bytes_str("chunked"))))
        return refuse(r, 501);
    if (coding_n == 1)
        r->head.length = HTTP1_LENGTH_CHUNKED;
    if (length_n == 1 && (!text_u64(length->value, &r->head.length) || r->head.length > INT64_MAX))
        return refuse(r, 400);
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
static enum err check_target(struct reading *r)
{
    size_t host_n;
    struct http_header *host = find(r, "host", &host_n);
    if (host_n > 1 || (host_n == 0 && !r->head.is_1_0))
        return refuse(r, 400);
    if (host_n == 1 && !is_authority(host->value))
        return refuse(r, 400);
    struct bytes target = r->head.target;
    if (target.p[0] == '/' || (bytes_is(target, "*") && bytes_is(r->head.method, "OPTIONS")))
        return OK;

    struct bytes scheme = bytes_of(target.p, target.n < 8 ? target.n : 8);
    size_t skip = 8;
    if (!text_eq_nocase(scheme, bytes_str("https://"))) {
        scheme.n = scheme.n < 7 ? scheme.n : 7;
        skip = 7;
        if (!text_eq_nocase(scheme, bytes_str("http://")))
            return refuse(r, 400);
    }
    struct bytes rest = bytes_skip(target, skip);
    size_t n = 0;
    while (n < rest.n && rest.p[n] != '/' && rest.p[n] != '?')
        n++;
    struct bytes authority = bytes_of(rest.p, n);
    if (n == 0 || !is_authority(authority))
        return refuse(r, 400);
    if (host == NULL) {
        host = &r->headers[r->head.header_n++];
        host->name = bytes_str("host");
    }
    host->value = authority;
    r->head.target = bytes_skip(rest, n);
    return OK;
}

static enum err check_expect(struct reading *r)
{
    size_t n;
    const struct http_header *expect = find(r, "expect", &n);
    r->head.expects_continue = false;
    if (n == 0 || r->head.is_1_0)
        return OK;
    if (n > 1 || !text_eq_nocase(expect->value, bytes_str("100-continue")))
        return refuse(r, 417);
    r->head.expects_continue = r->head.length > 0;
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
static enum err read_headers(struct reading *r, size_t from)
{
    struct buf *bytes = r->lines;
    while (bytes->n - from > 2) {
        const uint8_t *end = memchr(bytes->p + from, '\r', bytes->n - from);
        size_t n = (size_t)(end - bytes->p) - from;
        if (!read_header(bytes->p + from, n, &r->headers[r->head.header_n++]))
            return refuse(r, 400);
        from += n + 2;
    }
    return OK;
}

enum err http1_head_read(struct buf *lines, struct http_header *headers, struct http1_head *ret,
                         int *ret_refusal)
{
    struct reading h = { .lines = lines, .headers = headers, .head = { .headers = headers } };
    size_t first_n;
    enum err e = read_request_line(&h, &first_n);
    if (e == OK)
        e = read_headers(&h, first_n);
    if (e == OK)
        e = check_framing(&h);
    if (e == OK)
        e = check_target(&h);
    if (e == OK)
        e = check_expect(&h);
    if (e == OK)
        *ret = h.head;
    else
        *ret_refusal = h.refusal;
    return e;
}
