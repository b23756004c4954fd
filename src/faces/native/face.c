/* The routes of port 6878. */
#include "faces/native/face.h"

#include "base/mem.h"
#include "faces/native/native.h"
#include "wire/json_writer.h"

struct route {
    const char *path, *method;
    void (*handle)(struct native_face *face, struct http_request *r);
};

void native_problem(struct http_request *r, int status, const char *title, const char *detail)
{
    struct buf body;
    struct json_writer j;
    buf_init(&body, 64 * 1024);
    json_init(&j, &body);
    json_open_object(&j);
    json_put_name(&j, "title");
    json_put_str(&j, title);
    json_put_name(&j, "status");
    json_put_int(&j, status);
    json_put_name(&j, "detail");
    json_put_str(&j, detail);
    json_close_object(&j);
    http_respond(r, status, "application/problem+json", NULL, 0, buf_bytes(&body));
    buf_fini(&body);
}

/* -- health ----------------------------------------------------------------------------------- */

static void handle_healthz(struct native_face *face, struct http_request *r)
{
    http_respond(r, 200, "text/plain; charset=utf-8", NULL, 0, bytes_str("ok\n"));
}

static void handle_readyz(struct native_face *face, struct http_request *r)
{
    struct buf reasons;
    buf_init(&reasons, 64 * 1024);
    face->options.not_ready(face->options.ctx, &reasons);
    bool ready = reasons.n == 0;
    if (ready)
        buf_put_str(&reasons, "ok\n");
    http_respond(r, ready ? 200 : 503, "text/plain; charset=utf-8", NULL, 0, buf_bytes(&reasons));
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

/* -- routing ---------------------------------------------------------------------------------- */

static const struct route routes[] = {
    { "/healthz", "GET", handle_healthz },
    { "/readyz", "GET", handle_readyz },
    { "/metrics", "GET", handle_metrics },
    { "/api/v1/cluster/snapshot", "GET", native_snapshot },
};

static void handle(struct http_request *r)
{
    struct native_face *face = http_context(r);
    for (size_t i = 0; i < ARRAY_LEN(routes); i++) {
        if (!bytes_is(http_path(r), routes[i].path))
            continue;
        bool head = bytes_is(http_method(r), "HEAD");
        if (head || bytes_is(http_method(r), routes[i].method))
            routes[i].handle(face, r);
        else
            native_problem(r, 405, "Method not allowed", "this path answers GET");
        return;
    }
    native_problem(r, 404, "Not found",
                   "there is /healthz, /readyz, /metrics and /api/v1/cluster/snapshot");
}

const struct http_service native_http = { .handle = handle, .check_host = true };

enum err native_face_new(struct hub *hub, const struct native_options *options,
                         struct native_face **ret)
{
    struct native_face *face = mem_zalloc(1, sizeof *face);
    face->hub = hub;
    face->options = *options;
    enum err e = mailbox_new(hub_loop(hub), &face->box);
    if (e != OK) {
        native_face_free(face);
        return e;
    }
    *ret = face;
    return OK;
}

void native_face_free(struct native_face *face)
{
    if (face == NULL)
        return;
    mailbox_free(face->box);
    mem_free(face);
}
