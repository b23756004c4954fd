/* Heads and bodies. A long body is handed over in pieces, as the client reads them; what waits of
 * all clients together has a limit. */
#include "faces/consul/call/answer.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>

#include "base/log.h"
#include "base/mem.h"
#include "faces/consul/call/core.h"
#include "faces/consul/call/facts.h"
#include "faces/consul/call/kept.h"
#include "faces/consul/call/live.h"
#include "net/conn.h"
#include "net/grpc_gzip.h"
#include "wire/json_pretty.h"

enum {
    HEADERS_MAX = 16,
    GZIP_LEAST = 1400,   /* shorter ones fit into a packet anyway */
    GZIP_MOST = 4 << 20, /* longer ones would stop the thread for too long */
    BODY_KEPT = 1 << 20,
    PIECE = 64 * 1024,
};

struct head {
    struct http_header all[HEADERS_MAX];
    size_t n;
};

/* -- heads ------------------------------------------------------------------------------------ */

void consul_header(struct consul_call *c, const char *name, const char *value)
{
    assert(c->more_n < CONSUL_MORE_MAX);
    c->more[c->more_n++] = (struct http_header){ bytes_str(name), bytes_str(value) };
}

static void put(struct head *h, const char *name, const char *value)
{
    assert(h->n < HEADERS_MAX);
    h->all[h->n++] = (struct http_header){ bytes_str(name), bytes_str(value) };
}

static uint64_t index_shown(uint64_t index)
{
    return index == 0 ? 1 : index; /* clients choke on 0 */
}

static const char *level_of(const struct consul_call *c)
{
    static const char *const levels[] = { [CONSUL_LEVEL_LEADER] = "leader",
                                          [CONSUL_LEVEL_STALE] = "stale",
                                          [CONSUL_LEVEL_CONSISTENT] = "consistent" };
    return levels[c->params.level];
}

static void put_meta(struct consul_call *c, struct head *h)
{
    put(h, "x-consul-index", arena_printf(consul_arena(c), "%" PRIu64, index_shown(c->index)));
    put(h, "x-consul-knownleader", consul_knows_leader(c->face->hub) ? "true" : "false");
    put(h, "x-consul-lastcontact", "0");
    if ((c->route->flags & CONSUL_BLOCKS) != 0)
        put(h, "x-consul-query-backend", "blocking-query");
    if ((c->route->flags & CONSUL_LEVELS) != 0)
        put(h, "x-consul-effective-consistency", level_of(c));
    if (c->params.cached)
        put(h, "x-cache", c->is_kept ? "HIT" : "MISS");
    if (c->params.cached && c->is_kept)
        put(h, "age", "0"); /* it is as new as if it had been made now */
    if (c->reader.has_hidden && c->params.token.n > 0)
        put(h, "x-consul-results-filtered-by-acls", "true");
}

/* A read that failed before there was an index: clients that look for one find 1. */
static void put_no_meta(struct consul_call *c, struct head *h)
{
    put(h, "x-consul-index", "1");
    put(h, "x-consul-knownleader", "false");
    put(h, "x-consul-lastcontact", "0");
    if ((c->route->flags & CONSUL_BLOCKS) != 0)
        put(h, "x-consul-query-backend", "blocking-query");
}

static void make_head(struct consul_call *c, int status, struct head *h)
{
    bool is_read = c->route != NULL && (c->route->flags & CONSUL_INDEXED) != 0;
    put(h, "vary", "Accept-Encoding");
    const struct gate_options *gate = access_options(c->face->hub);
    put(h, "x-consul-default-acl-policy", gate->is_on && !gate->is_open ? "deny" : "allow");
    if (is_read && (status < 400 || status == 404 || c->index != 0))
        put_meta(c, h);
    else if (is_read && status != 400)
        put_no_meta(c, h);
    for (size_t i = 0; i < c->more_n; i++)
        h->all[h->n++] = c->more[i];
}

/* Without the query, in which a token may be. */
static void log_request(struct consul_call *c, int status)
{
    struct bytes method = http_method(c->request), path = http_path(c->request);
    log_debug("consul: request was answered method=%.*s url=%.*s from=%s status=%d", (int)method.n,
              (const char *)method.p, (int)path.n, (const char *)path.p, http_peer(c->request),
              status);
}

static void respond(struct consul_call *c, int status, const char *type, struct bytes body)
{
    struct head h = { .n = 0 };
    make_head(c, status, &h);
    assert(!c->is_answered && c->on_give_up == NULL);
    c->is_answered = true;
    log_request(c, status);
    http_respond(c->request, status, type, h.all, h.n, body);
}

/* -- long bodies ------------------------------------------------------------------------------ */

struct consul_stream {
    uint8_t *p; /* owned */
    size_t n, at;
};

static void drop_stream(struct consul_call *c)
{
    c->face->unsent_bytes -= c->stream->n;
    mem_free(c->stream->p);
    c->stream = NULL;
}

void consul_stream_go_on(struct consul_call *c)
{
    struct consul_stream *s = c->stream;
    while (s->at < s->n && http_respond_pending(c->request) < CONN_OUT_HIGH) {
        size_t n = s->n - s->at < PIECE ? s->n - s->at : PIECE;
        http_respond_write(c->request, bytes_of(s->p + s->at, n));
        s->at += n;
    }
    if (s->at < s->n)
        return;
    consul_waits_no_more(c);
    drop_stream(c);
    c->is_answered = true;
    http_respond_end(c->request);
}

/* BODY is taken out of its buffer. */
static void respond_long(struct consul_call *c, int status, const char *type, struct buf *body)
{
    struct head h = { .n = 0 };
    size_t waiting = c->face->unsent_bytes;
    if (waiting > 0 && waiting + body->n > c->face->options.unsent_max) {
        buf_clear(body, BODY_KEPT);
        consul_fail(c, ERR_BUSY);
        return;
    }
    make_head(c, status, &h);
    log_request(c, status);
    c->stream = arena_zalloc(consul_arena(c), 1, sizeof *c->stream);
    c->stream->p = buf_take(body, &c->stream->n);
    c->face->unsent_bytes += c->stream->n;
    http_respond_start(c->request, status, type, h.all, h.n);
    consul_wait(c, drop_stream);
    consul_stream_go_on(c);
}

static void respond_buf(struct consul_call *c, int status, const char *type, struct buf *body)
{
    if (buf_err(body) != OK) {
        buf_clear(body, BODY_KEPT);
        consul_fail(c, ERR_TOO_BIG);
    } else if (body->n > CONN_OUT_HIGH) {
        respond_long(c, status, type, body);
    } else {
        respond(c, status, type, buf_bytes(body));
        buf_clear(body, BODY_KEPT);
    }
}

/* -- answers that go on ----------------------------------------------------------------------- */

void consul_live_begin(struct consul_call *c, const char *type,
                       void (*drained)(struct consul_call *c), void (*end)(struct consul_call *c))
{
    struct head h = { .n = 0 };
    make_head(c, 200, &h);
    assert(!c->is_answered && c->on_give_up == NULL);
    c->is_live = true;
    c->on_drained = drained;
    c->on_end = end;
    log_request(c, 200);
    http_respond_start(c->request, 200, type, h.all, h.n);
}

bool consul_live_is_full(const struct consul_call *c)
{
    return http_respond_pending(c->request) >= CONN_OUT_HIGH;
}

void consul_live_write(struct consul_call *c, struct bytes piece)
{
    http_respond_write(c->request, piece);
}

void consul_live_end(struct consul_call *c)
{
    assert(c->is_live && c->on_give_up == NULL);
    c->is_answered = true;
    http_respond_end(c->request);
}

/* -- bodies ----------------------------------------------------------------------------------- */

bool consul_takes_gzip(const struct consul_call *c)
{
    struct bytes accept = http_header(c->request, "accept-encoding");
    for (; accept.n >= 4; accept = bytes_skip(accept, 1))
        if (bytes_starts(accept, bytes_str("gzip")))
            return !bytes_starts(bytes_skip(accept, 4), bytes_str(";q=0")) ||
                   bytes_starts(bytes_skip(accept, 4), bytes_str(";q=0."));
    return false;
}

struct buf *consul_body(struct consul_call *c)
{
    buf_clear(&c->face->body, BODY_KEPT);
    return &c->face->body;
}

void consul_answer_body(struct consul_call *c, int status, const char *type)
{
    struct buf *body = &c->face->body;
    if (body->n < GZIP_LEAST || body->n > GZIP_MOST || !consul_takes_gzip(c)) {
        respond_buf(c, status, type, body);
        return;
    }
    struct consul_face *face = c->face;
    struct buf packed;
    buf_init(&packed, body->max);
    if (grpc_gzip(buf_bytes(body), &packed) == OK) {
        consul_header(c, "content-encoding", "gzip");
        buf_clear(&face->body, BODY_KEPT);
        respond_buf(c, status, type, &packed);
    } else {
        respond_buf(c, status, type, body);
    }
    buf_fini(&packed);
}

void consul_json_meta(struct consul_call *c, struct json_writer *j, uint64_t index)
{
    bool levels = (c->route->flags & CONSUL_LEVELS) != 0;
    json_add_uint(j, "Index", index_shown(index));
    json_add_uint(j, "LastContact", 0);
    json_add_bool(j, "KnownLeader", consul_knows_leader(c->face->hub));
    json_add_str(j, "ConsistencyLevel", levels ? level_of(c) : "");
    json_add_bool(j, "NotModified", false);
    json_add_uint(j, "Backend", 0);
    json_add_bool(j, "ResultsFilteredByACLs", c->reader.has_hidden && c->params.token.n > 0);
}

void consul_answer_packed(struct consul_call *c, int status, const char *type)
{
    respond_buf(c, status, type, &c->face->body);
}

struct json_writer *consul_json(struct consul_call *c)
{
    json_init(&c->face->json, consul_body(c));
    return &c->face->json;
}

void consul_answer_json(struct consul_call *c, int status)
{
    struct consul_face *face = c->face;
    struct buf pretty;
    assert(face->json.depth == 0);
    if (c->params.pretty) {
        buf_init(&pretty, face->body.max);
        json_pretty(buf_bytes(&face->body), &pretty);
        buf_put_u8(&pretty, '\n');
        buf_fini(&face->body);
        face->body = pretty;
    }
    if (status == 200 && c->route != NULL)
        consul_kept_put(c, buf_bytes(&face->body));
    consul_answer_body(c, status, "application/json");
}

void consul_answer_made_json(struct consul_call *c, int status, struct buf *take_body, bool is_gzip)
{
    if (is_gzip)
        consul_header(c, "content-encoding", "gzip");
    if (is_gzip || !c->params.pretty) {
        respond_buf(c, status, "application/json", take_body);
        return;
    }
    buf_fini(&c->face->body);
    c->face->body = *take_body;
    buf_init(take_body, 0);
    consul_answer_json(c, status);
}

void consul_answer_kept(struct consul_call *c, struct consul_kept_answer *kept)
{
    struct buf *body = &kept->body;
    c->is_kept = true;
    if (body->n >= GZIP_LEAST && consul_takes_gzip(c)) {
        if (kept->packed.n == 0 && grpc_gzip(buf_bytes(body), &kept->packed) != OK)
            buf_clear(&kept->packed, 0);
        if (kept->packed.n > 0) {
            consul_header(c, "content-encoding", "gzip");
            body = &kept->packed;
        }
    }
    respond(c, 200, "application/json", buf_bytes(body));
}

void consul_answer_bool(struct consul_call *c, bool truth)
{
    json_put_bool(consul_json(c), truth);
    consul_answer_json(c, 200);
}

void consul_answer_empty(struct consul_call *c)
{
    respond(c, 200, NULL, bytes_str(""));
}

void consul_answer_text(struct consul_call *c, int status, const char *text)
{
    respond(c, status, text[0] == 0 ? NULL : "text/plain; charset=utf-8", bytes_str(text));
}

/* -- refusals --------------------------------------------------------------------------------- */

void consul_refuse(struct consul_call *c, enum consul_refusal r)
{
    struct consul_status status = consul_status_of(r);
    consul_answer_text(c, status.status, status.text);
}

void consul_refuse_text(struct consul_call *c, int status, const char *format, ...)
{
    struct buf text;
    va_list args;
    buf_init(&text, 64 * 1024);
    va_start(args, format);
    buf_vprintf(&text, format, args);
    va_end(args);
    respond(c, status, "text/plain; charset=utf-8", buf_bytes(&text));
    buf_fini(&text);
}

void consul_fail(struct consul_call *c, enum err e)
{
    consul_refuse(c, consul_refusal_of(e));
}
