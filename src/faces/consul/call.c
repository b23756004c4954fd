/* From the request to the handler, and what a call waits for in between. */
#include "faces/consul/call.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "faces/consul/answer.h"
#include "faces/consul/core.h"
#include "faces/consul/query.h"
#include "wire/go_text.h"
#include "wire/json_bind.h"

struct arena *consul_arena(struct consul_call *c)
{
    return http_arena(c->request);
}

/* -- waiting ---------------------------------------------------------------------------------- */

static void give_up(struct consul_call *c)
{
    switch (c->waits) {
    case CONSUL_WAITS_NOT:
        break;
    case CONSUL_WAITS_READ:
        hub_read_cancel(c->face->hub, &c->read);
        break;
    case CONSUL_WAITS_WRITE:
        hub_write_abandon(c->write);
        break;
    case CONSUL_WAITS_LEASE:
        hub_lease_cancel(c->face->hub, &c->lease);
        break;
    case CONSUL_WAITS_CHANGE:
        consul_query_give_up(c);
        break;
    case CONSUL_WAITS_CLIENT:
        consul_stream_drop(c);
        break;
    case CONSUL_WAITS_OTHER:
        c->on_give_up(c);
        break;
    }
    consul_waits_no_more(c);
}

void consul_waits_no_more(struct consul_call *c)
{
    c->waits = CONSUL_WAITS_NOT;
    c->write = NULL;
    list_remove(&c->link);
}

static void client_gone(void *self)
{
    give_up(self);
}

static void client_drained(void *self)
{
    struct consul_call *c = self;
    if (c->waits == CONSUL_WAITS_CLIENT)
        consul_stream_go_on(c);
}

static void wait_for(struct consul_call *c, enum consul_waits what)
{
    assert(c->waits == CONSUL_WAITS_NOT && !c->is_answered);
    c->waits = what;
    list_append(&c->face->calls, &c->link);
}

void consul_wait_other(struct consul_call *c, void (*on_give_up)(struct consul_call *c))
{
    c->on_give_up = on_give_up;
    wait_for(c, CONSUL_WAITS_OTHER);
}

void consul_wait_change(struct consul_call *c)
{
    wait_for(c, CONSUL_WAITS_CHANGE);
}

void consul_wait_client(struct consul_call *c)
{
    wait_for(c, CONSUL_WAITS_CLIENT);
}

/* -- asking ----------------------------------------------------------------------------------- */

static void read_ready(struct hub_read *r, enum err err, const struct view *view)
{
    struct consul_call *c = CONTAINER_OF(r, struct consul_call, read);
    struct consul_face *face = c->face;
    consul_waits_no_more(c);
    if (err == ERR_DENIED || err == ERR_UNAUTHENTICATED)
        consul_refuse_denied(c, err);
    else if (err != OK)
        consul_fail(c, err);
    else
        c->on_read(c, view);
    arena_clear(&face->scratch);
}

void consul_read(struct consul_call *c, consul_read_fn on_read)
{
    c->on_read = on_read;
    c->read = (struct hub_read){ .linearizable = c->params.level != CONSUL_LEVEL_STALE,
                                 .granted = c->granted,
                                 .ready = read_ready };
    wait_for(c, CONSUL_WAITS_READ);
    hub_read(c->face->hub, &c->read);
}

static void write_done(void *ctx, enum err err, const struct command_result *result)
{
    struct consul_call *c = ctx;
    consul_waits_no_more(c);
    if (err == OK && result->err != OK) {
        if (c->on_refused != NULL && c->on_refused(c, result->err, result))
            return;
        err = result->err;
    }
    if (err == ERR_DENIED || err == ERR_UNAUTHENTICATED)
        consul_refuse_denied(c, err);
    else if (err != OK)
        consul_fail(c, err);
    else
        c->on_written(c, result);
}

void consul_submit(struct consul_call *c, enum command_kind kind, struct bytes body,
                   consul_written_fn on_written)
{
    c->on_written = on_written;
    wait_for(c, CONSUL_WAITS_WRITE);
    c->write = hub_submit(c->face->hub, c->granted, kind, body, write_done, c);
}

static void lease_renewed(struct hub_lease *l, enum lease_answer answer, uint64_t ttl_ms,
                          uint64_t remaining_ms)
{
    struct consul_call *c = CONTAINER_OF(l, struct consul_call, lease);
    consul_waits_no_more(c);
    c->on_renewed(c, answer);
}

void consul_renew(struct consul_call *c, int64_t lease, consul_renewed_fn on_renewed)
{
    c->on_renewed = on_renewed;
    c->lease = (struct hub_lease){ .id = lease,
                                   .face = FACE_CONSUL,
                                   .renew = true,
                                   .granted = c->granted,
                                   .done = lease_renewed };
    wait_for(c, CONSUL_WAITS_LEASE);
    hub_lease_ask(c->face->hub, &c->lease);
}

/* -- the body --------------------------------------------------------------------------------- */

/* What Consul adds about fields that only its other edition has. */
static const char *edition_of(const char *complaint)
{
    if (strcmp(complaint, "json: unknown field \"Namespace\"") == 0)
        return " - Namespaces are a Consul Enterprise feature";
    if (strcmp(complaint, "json: unknown field \"Partition\"") == 0)
        return " - Partitions are a Consul Enterprise feature";
    return "";
}

bool consul_decode(struct consul_call *c, const struct json_shape *shape, void *into)
{
    struct why why = { 0 };
    enum err e = json_decode(http_body(c->request), shape, consul_arena(c), into, &why);
    if (e != OK)
        consul_refuse_text(c, 400, "Request decode failed: %s%s", why.text, edition_of(why.text));
    return e == OK;
}

const char *consul_quoted(struct consul_call *c, struct bytes text)
{
    struct buf quoted;
    buf_init(&quoted, text.n * 10 + 16);
    go_quote(&quoted, text);
    const char *ret = arena_str(consul_arena(c), buf_bytes(&quoted));
    buf_fini(&quoted);
    return ret;
}

const char *consul_text(struct consul_call *c, struct bytes text)
{
    return arena_str(consul_arena(c), text);
}

/* -- routing ---------------------------------------------------------------------------------- */

static void redirect(struct http_request *r, const char *path)
{
    struct bytes query = http_query(r);
    const char *to = query.n == 0 ? path
                                  : arena_printf(http_arena(r), "%s?%.*s", path, (int)query.n,
                                                 (const char *)query.p);
    struct http_header location = { bytes_str("location"), bytes_str(to) };
    http_respond(r, 301, "text/html; charset=utf-8", &location, 1, bytes_str(""));
}

static bool holds_v1(struct bytes path)
{
    for (; path.n >= 4; path = bytes_skip(path, 1))
        if (bytes_starts(path, bytes_str("/v1/")))
            return true;
    return false;
}

/* What has no route at all. */
static void answer_nowhere(struct consul_call *c, struct bytes path)
{
    if (bytes_is(path, "/"))
        consul_answer_text(c, 200,
                           "Consul Agent: UI disabled. To enable, set ui_config.enabled=true in "
                           "the agent configuration and restart.");
    else
        consul_refuse(c, holds_v1(path) ? CONSUL_NOT_API : CONSUL_NOT_V1);
}

static void answer_method(struct consul_call *c, const char *allow)
{
    struct http_request *r = c->request;
    consul_header(c, "allow", allow);
    if (bytes_is(http_method(r), "OPTIONS"))
        consul_answer_text(c, 200, "");
    else
        consul_refuse_text(c, 405, "method %s not allowed", consul_text(c, http_method(r)));
}

static struct consul_call *begin(struct http_request *r)
{
    struct consul_call *c = arena_zalloc(http_arena(r), 1, sizeof *c);
    c->face = http_context(r);
    metric_add(c->face->requests, 1);
    c->request = r;
    http_watch(r, c, client_drained, client_gone);
    return c;
}

void consul_handle(struct http_request *r)
{
    struct consul_call *c = begin(r);
    struct arena *arena = http_arena(r);
    struct bytes path = consul_path_decode(http_path(r), arena);
    struct bytes clean = consul_path_clean(path, arena);
    if (!consul_path_is_printable(path)) {
        consul_answer_text(c, 400, "");
        return;
    }
    if (clean.p != path.p) {
        redirect(r, consul_text(c, consul_path_encode(clean, arena)));
        return;
    }
    struct consul_match match = consul_route_find(c->face->router, http_method(r), path, arena);
    c->route = match.route;
    c->rest = match.rest;
    if (match.add_slash) {
        redirect(r, arena_printf(arena, "%s/", consul_text(c, consul_path_encode(path, arena))));
    } else if (match.route == NULL && match.allow == NULL) {
        answer_nowhere(c, path);
    } else if (match.route == NULL) {
        answer_method(c, match.allow);
    } else if (http_body(r).n > (c->route->body_max == 0 ? 1 << 20 : c->route->body_max)) {
        consul_refuse_text(c, 413, "Request body(%zu bytes) too large, max size: %zu bytes.",
                           http_body(r).n, c->route->body_max == 0 ? 1 << 20 : c->route->body_max);
    } else if ((c->route->flags & CONSUL_OF_ACL) != 0 && !access_options(c->face->hub)->is_on) {
        consul_refuse(c, CONSUL_ACL_DISABLED);
    } else if (consul_params_read(c)) {
        c->route->handle(c);
    }
}

const struct http_service consul_http = { .handle = consul_handle,
                                          .body_max = CONSUL_BODY_MAX,
                                          .check_host = true };
