/* The routes of port 6878. */
#include "faces/native/face.h"

#include <string.h>

#include "base/mem.h"
#include "faces/native/problem.h"
#include "faces/native/snapshot.h"
#include "wire/json_writer.h"

struct native_face {
    struct hub *hub;
    struct mailbox *box; /* pieces of snapshots arrive here */
    struct native_options options;
};

struct route {
    const char *path;
    bool head; /* HEAD is answered as GET is */
    void (*handle)(struct native_face *face, struct http_request *r);
};

/* -- health ----------------------------------------------------------------------------------- */

static void handle_healthz(struct native_face *face, struct http_request *r)
{
    http_respond(r, 200, "text/plain; charset=utf-8", NULL, 0, bytes_str("ok\n"));
}

/* True if the client asks for JSON in so many words. */
static bool wants_json(const struct http_request *r)
{
    static const char json[] = "application/json";
    struct bytes accept = http_header(r, "accept");
    for (; accept.n >= sizeof json - 1; accept = bytes_skip(accept, 1))
        if (bytes_starts(accept, bytes_str(json)))
            return true;
    return false;
}

/* LINES, each a reason, as {"ready":false,"reasons":[...]}. */
static void respond_ready_json(struct http_request *r, int status, struct bytes lines)
{
    struct buf body;
    struct json_writer j;
    buf_init(&body, 128 * 1024);
    json_init(&j, &body);
    json_open_object(&j);
    json_put_name(&j, "ready");
    json_put_bool(&j, lines.n == 0);
    json_put_name(&j, "reasons");
    json_open_array(&j);
    while (lines.n > 0) {
        const uint8_t *end = memchr(lines.p, '\n', lines.n);
        size_t n = end == NULL ? lines.n : (size_t)(end - lines.p);
        json_put_string(&j, bytes_of(lines.p, n));
        lines = bytes_skip(lines, n + 1);
    }
    json_close_array(&j);
    json_close_object(&j);
    http_respond(r, status, "application/json", NULL, 0, buf_bytes(&body));
    buf_fini(&body);
}

static void handle_readyz(struct native_face *face, struct http_request *r)
{
    struct buf reasons;
    buf_init(&reasons, 64 * 1024);
    face->options.not_ready(face->options.ctx, &reasons);
    int status = reasons.n == 0 ? 200 : 503;
    if (wants_json(r)) {
        respond_ready_json(r, status, buf_bytes(&reasons));
    } else {
        if (status == 200)
            buf_put_str(&reasons, "ok\n");
        http_respond(r, status, "text/plain; charset=utf-8", NULL, 0, buf_bytes(&reasons));
    }
    buf_fini(&reasons);
}

static void handle_metrics(struct native_face *face, struct http_request *r)
{
    struct buf out;
    buf_init(&out, 16 << 20);
    face->options.render_metrics(face->options.ctx, &out);
    http_respond(r, 200, "text/plain; version=0.0.4; charset=utf-8", NULL, 0, buf_bytes(&out));
    buf_fini(&out);
}

static void handle_snapshot(struct native_face *face, struct http_request *r)
{
    snapshot_send(face->hub, face->box, r);
}

static void handle_console(struct native_face *face, struct http_request *r)
{
    problem_respond(r, 501, "no-console", "No console",
                    "this build has no console; what it would show is asked for by /api/v1 and "
                    "the protocols' own clients");
}

/* -- routing ---------------------------------------------------------------------------------- */

static const struct route routes[] = {
    { "/healthz", true, handle_healthz },
    { "/readyz", true, handle_readyz },
    { "/metrics", true, handle_metrics },
    { "/ui", true, handle_console },
    { "/ui/", true, handle_console },
    /* Its length is known when it is made, and it is made to be sent. */
    { "/api/v1/cluster/snapshot", false, handle_snapshot },
};

static void refuse_method(struct http_request *r, const struct route *route)
{
    const char *allowed = route->head ? "GET, HEAD" : "GET";
    struct http_header allow = { bytes_str("allow"), bytes_str(allowed) };
    const char *detail = arena_printf(http_arena(r), "this path answers %s", allowed);
    problem_respond_with(r, 405, "method-not-allowed", "Method not allowed", detail, &allow, 1);
}

static void handle(struct http_request *r)
{
    struct native_face *face = http_context(r);
    for (size_t i = 0; i < ARRAY_LEN(routes); i++) {
        if (!bytes_is(http_path(r), routes[i].path))
            continue;
        struct bytes method = http_method(r);
        if (bytes_is(method, "GET") || (routes[i].head && bytes_is(method, "HEAD")))
            routes[i].handle(face, r);
        else
            refuse_method(r, &routes[i]);
        return;
    }
    problem_respond(r, 404, "not-found", "Not found",
                    "there is /healthz, /readyz, /metrics and /api/v1/cluster/snapshot");
}

const struct http_service native_http = { .handle = handle, .check_host = true };

struct native_face *native_face_new(struct hub *hub, const struct native_options *options)
{
    struct native_face *face = mem_zalloc(1, sizeof *face);
    face->hub = hub;
    face->options = *options;
    face->box = mailbox_new(hub_loop(hub));
    return face;
}

void native_face_free(struct native_face *face)
{
    if (face == NULL)
        return;
    mailbox_free(face->box);
    mem_free(face);
}
