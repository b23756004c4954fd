/* Requests and answers, whatever carries them.
 *
 * A request that has ended is the carrier's again at once: nothing here touches it after ops->end
 * or ops->abort. */
#include "net/http.h"

#include <arpa/inet.h>
#include <assert.h>

#include "base/text.h"
#include "net/http_ops.h"

/* -- the request ------------------------------------------------------------------------------- */

struct bytes http_method(const struct http_request *r)
{
    return r->method;
}

struct bytes http_path(const struct http_request *r)
{
    return r->path;
}

struct bytes http_query(const struct http_request *r)
{
    return r->query;
}

struct bytes http_header(const struct http_request *r, const char *name)
{
    for (size_t i = 0; i < r->header_n; i++)
        if (bytes_is(r->headers[i].name, name))
            return r->headers[i].value;
    return (struct bytes){ 0 };
}

const struct http_header *http_headers(const struct http_request *r, size_t *ret_n)
{
    *ret_n = r->header_n;
    return r->headers;
}

struct bytes http_body(const struct http_request *r)
{
    return r->body;
}

struct arena *http_arena(struct http_request *r)
{
    return &r->arena;
}

const char *http_peer(const struct http_request *r)
{
    return r->peer;
}

const char *http_client_name(const struct http_request *r)
{
    return r->client_name;
}

void *http_context(const struct http_request *r)
{
    return r->serve->context;
}

struct loop *http_loop(const struct http_request *r)
{
    return r->serve->loop;
}

/* -- the query --------------------------------------------------------------------------------- */

void http_split_target(struct bytes target, struct bytes *ret_path, struct bytes *ret_query)
{
    const uint8_t *mark = target.n > 0 ? memchr(target.p, '?', target.n) : NULL;
    if (mark == NULL) {
        *ret_path = target;
        *ret_query = bytes_of("", 0);
    } else {
        *ret_path = bytes_of(target.p, (size_t)(mark - target.p));
        *ret_query = bytes_skip(target, ret_path->n + 1);
    }
    if (ret_path->n == 0)
        *ret_path = bytes_str("/");
}

static int hex_value(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "+" is a space; a "%" that begins no escape stands for itself. */
static struct bytes decode(struct arena *a, struct bytes text)
{
    uint8_t *to = arena_alloc(a, text.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];
        bool escape = c == '%' && text.n - i > 2 && hex_value(text.p[i + 1]) >= 0 &&
                      hex_value(text.p[i + 2]) >= 0;
        if (escape) {
            unsigned high = (unsigned)hex_value(text.p[i + 1]);
            to[n++] = (uint8_t)(high << 4 | (unsigned)hex_value(text.p[i + 2]));
            i += 2;
        } else {
            to[n++] = c == '+' ? ' ' : c;
        }
    }
    return bytes_of(to, n);
}

static size_t until(struct bytes text, char c)
{
    const uint8_t *at = text.n > 0 ? memchr(text.p, c, text.n) : NULL;
    return at != NULL ? (size_t)(at - text.p) : text.n;
}

static void read_params(struct http_request *r)
{
    size_t most = 1;
    for (size_t i = 0; i < r->query.n; i++)
        most += r->query.p[i] == '&';
    r->params = arena_zalloc(&r->arena, most, sizeof(*r->params));
    for (struct bytes left = r->query; left.n > 0;) {
        struct bytes pair = bytes_of(left.p, until(left, '&'));
        left = bytes_skip(left, pair.n + 1);
        if (pair.n == 0)
            continue;
        size_t name_n = until(pair, '=');
        r->params[r->param_n++] = (struct http_header){
            .name = decode(&r->arena, bytes_of(pair.p, name_n)),
            .value = decode(&r->arena, bytes_skip(pair, name_n + 1)),
        };
    }
}

bool http_query_get(struct http_request *r, const char *name, size_t at, struct bytes *ret)
{
    if (r->params == NULL)
        read_params(r);
    for (size_t i = 0; i < r->param_n; i++) {
        if (!bytes_is(r->params[i].name, name) || at-- > 0)
            continue;
        *ret = r->params[i].value;
        return true;
    }
    return false;
}

/* -- the host ---------------------------------------------------------------------------------- */

static bool is_ip_address(struct bytes host)
{
    char text[INET6_ADDRSTRLEN + 2];
    struct in6_addr any;
    bool bracketed = host.n > 2 && host.p[0] == '[' && host.p[host.n - 1] == ']';
    if (bracketed)
        host = bytes_of(host.p + 1, host.n - 2);
    if (host.n == 0 || host.n >= sizeof(text))
        return false;
    memcpy(text, host.p, host.n);
    text[host.n] = 0;
    return inet_pton(bracketed ? AF_INET6 : AF_INET, text, &any) == 1;
}

static struct bytes without_port(struct bytes host)
{
    size_t at = host.n;
    while (at > 0 && host.p[at - 1] >= '0' && host.p[at - 1] <= '9')
        at--;
    if (at > 0 && host.p[at - 1] == ':')
        host.n = at - 1;
    return host;
}

/* A page that has made its own name resolve to 127.0.0.1 sends that name here: it cannot send an
 * address or "localhost". Who sends no Host is no browser. */
static bool is_host_allowed(const struct http_request *r, const struct http_service *service)
{
    struct bytes host = without_port(http_header(r, "host"));
    if (!service->check_host || host.n == 0)
        return true;
    if (is_ip_address(host) || text_eq_nocase(host, bytes_str("localhost")))
        return true;
    for (size_t i = 0; service->hosts != NULL && service->hosts[i] != NULL; i++)
        if (text_eq_nocase(host, bytes_str(service->hosts[i])))
            return true;
    return false;
}

/* -- the answer -------------------------------------------------------------------------------- */

static bool has_no_body(int status)
{
    return status == 204 || status == 304;
}

static void send_head(struct http_request *r, int status, const char *content_type,
                      const struct http_header *headers, size_t header_n, uint64_t length)
{
    assert(!r->started && !r->ended);
    r->started = true;
    size_t n = 0;
    struct http_header *all = arena_zalloc(&r->arena, header_n + 1, sizeof(*all));
    if (content_type != NULL)
        all[n++] = (struct http_header){ bytes_str("content-type"), bytes_str(content_type) };
    for (size_t i = 0; i < header_n; i++)
        all[n++] = headers[i];
    r->is_bare = r->is_bare || has_no_body(status);
    r->ops->head(r, status, all, n, length);
}

void http_respond(struct http_request *r, int status, const char *content_type,
                  const struct http_header *headers, size_t header_n, struct bytes body)
{
    send_head(r, status, content_type, headers, header_n, has_no_body(status) ? 0 : body.n);
    http_respond_write(r, body);
    http_respond_end(r);
}

void http_respond_start(struct http_request *r, int status, const char *content_type,
                        const struct http_header *headers, size_t header_n)
{
    send_head(r, status, content_type, headers, header_n,
              has_no_body(status) ? 0 : HTTP_LENGTH_UNKNOWN);
}

void http_respond_write(struct http_request *r, struct bytes piece)
{
    assert(r->started && !r->ended);
    if (piece.n > 0 && !r->is_bare)
        r->ops->body(r, piece);
}

size_t http_respond_pending(const struct http_request *r)
{
    return r->ops->pending(r);
}

void http_respond_end(struct http_request *r)
{
    assert(r->started && !r->ended);
    r->ended = true;
    r->ops->end(r);
}

void http_respond_abort(struct http_request *r)
{
    assert(!r->ended);
    r->ended = true;
    r->ops->abort(r);
}

void http_watch(struct http_request *r, void *self, void (*drained)(void *self),
                void (*gone)(void *self))
{
    r->watcher = self;
    r->drained = drained;
    r->gone = gone;
}

/* -- the carrier's side ------------------------------------------------------------------------ */

void http_request_init(struct http_request *r, const struct http_ops *ops, struct serve *serve)
{
    *r = (struct http_request){ .ops = ops, .serve = serve };
    arena_init(&r->arena, 0);
}

void http_request_fini(struct http_request *r)
{
    arena_fini(&r->arena);
}

size_t http_body_max(struct http_request *r)
{
    const struct http_service *service = r->serve->service->http;
    if (service != NULL && service->body_max_of != NULL)
        return service->body_max_of(r);
    return service != NULL && service->body_max > 0 ? service->body_max : HTTP_BODY_MAX;
}

void http_refusal_write(struct http_request *r, int status, struct buf *out)
{
    buf_put_str(out, http_status_name(status));
    if (status == 413 && r != NULL)
        buf_printf(out, ": a request's body has at most %zu bytes", http_body_max(r));
}

void http_request_refuse(struct http_request *r, int status)
{
    struct buf text;
    buf_init(&text, HTTP_REFUSAL_MAX);
    http_refusal_write(r, status, &text);
    http_respond(r, status, "text/plain; charset=utf-8", NULL, 0, buf_bytes(&text));
    buf_fini(&text);
}

void http_request_dispatch(struct http_request *r)
{
    const struct http_service *service = r->serve->service->http;
    r->is_bare = bytes_is(r->method, "HEAD");
    if (service == NULL)
        http_request_refuse(r, 404);
    else if (!is_host_allowed(r, service))
        http_request_refuse(r, 421);
    else
        service->handle(r);
}

void http_request_drained(struct http_request *r)
{
    if (!r->ended && r->drained != NULL)
        r->drained(r->watcher);
}

void http_request_gone(struct http_request *r)
{
    if (r->ended)
        return;
    r->ended = true;
    if (r->gone != NULL)
        r->gone(r->watcher);
}

static const struct {
    int status;
    const char *name;
} statuses[] = {
    { 100, "Continue" },
    { 200, "OK" },
    { 201, "Created" },
    { 202, "Accepted" },
    { 204, "No Content" },
    { 206, "Partial Content" },
    { 301, "Moved Permanently" },
    { 302, "Found" },
    { 303, "See Other" },
    { 304, "Not Modified" },
    { 307, "Temporary Redirect" },
    { 308, "Permanent Redirect" },
    { 400, "Bad Request" },
    { 401, "Unauthorized" },
    { 403, "Forbidden" },
    { 404, "Not Found" },
    { 405, "Method Not Allowed" },
    { 406, "Not Acceptable" },
    { 408, "Request Timeout" },
    { 409, "Conflict" },
    { 410, "Gone" },
    { 412, "Precondition Failed" },
    { 413, "Content Too Large" },
    { 415, "Unsupported Media Type" },
    { 417, "Expectation Failed" },
    { 421, "Misdirected Request" },
    { 422, "Unprocessable Content" },
    { 429, "Too Many Requests" },
    { 431, "Request Header Fields Too Large" },
    { 499, "Client Closed Request" },
    { 500, "Internal Server Error" },
    { 501, "Not Implemented" },
    { 502, "Bad Gateway" },
    { 503, "Service Unavailable" },
    { 504, "Gateway Timeout" },
    { 507, "Insufficient Storage" },
};

const char *http_status_name(int status)
{
    for (size_t i = 0; i < ARRAY_LEN(statuses); i++)
        if (statuses[i].status == status)
            return statuses[i].name;
    return "Unknown";
}
