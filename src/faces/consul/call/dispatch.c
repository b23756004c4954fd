/* From the request to the handler. */
#include "faces/consul/call/answer.h"
#include "faces/consul/call/core.h"
#include "faces/consul/call/face.h"

static void redirect_to(struct http_request *r, int status, const char *to)
{
    struct http_header location = { bytes_str("location"), bytes_str(to) };
    http_respond(r, status, "text/html; charset=utf-8", &location, 1, bytes_str(""));
}

static void redirect(struct http_request *r, const char *path)
{
    struct bytes query = http_query(r);
    const char *to = query.n == 0 ? path
                                  : arena_printf(http_arena(r), "%s?%.*s", path, (int)query.n,
                                                 (const char *)query.p);
    redirect_to(r, 301, to);
}

/* HOST without its port. */
static struct bytes host_alone(struct bytes host)
{
    size_t n = host.n;
    while (n > 0 && host.p[n - 1] >= '0' && host.p[n - 1] <= '9')
        n--;
    return n > 1 && host.p[n - 1] == ':' ? bytes_of(host.p, n - 1) : host;
}

/* The console is the native listener's, whose host has been checked to be one of ours. */
static void redirect_to_console(struct consul_call *c)
{
    struct bytes host = host_alone(http_header(c->request, "host"));
    redirect_to(c->request, 302,
                arena_printf(consul_arena(c), "http://%.*s:%u/ui/", (int)host.n,
                             (const char *)host.p, c->face->self.native_port));
}

static bool is_of_ui(struct bytes path)
{
    return bytes_is(path, "/ui") || bytes_starts(path, bytes_str("/ui/"));
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
    bool has_console = c->face->self.native_port != 0;
    if (has_console && bytes_is(path, "/"))
        redirect(c->request, "/ui/");
    else if (has_console && is_of_ui(path))
        redirect_to_console(c);
    else if (bytes_is(path, "/"))
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

static void client_gone(void *self)
{
    consul_give_up(self);
}

static void client_drained(void *self)
{
    struct consul_call *c = self;
    if (c->stream != NULL)
        consul_stream_go_on(c);
    else if (c->is_live && c->on_drained != NULL)
        c->on_drained(c);
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

static void handle(struct http_request *r)
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

/* A route with long bodies is known by its path as it was sent. */
static size_t body_max(struct http_request *r)
{
    const struct consul_face *face = http_context(r);
    const struct consul_match match =
        consul_route_find(face->router, http_method(r), http_path(r), http_arena(r));
    bool is_long = match.route != NULL && match.route->body_max > CONSUL_BODY_MAX;
    return is_long ? match.route->body_max : CONSUL_BODY_MAX;
}

const struct http_service consul_http = { .handle = handle,
                                          .body_max_of = body_max,
                                          .check_host = true };
