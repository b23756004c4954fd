/* What etcd's client port answers to plain HTTP. */
#include "net/http.h"

#include "faces/etcd/core.h"
#include "faces/etcd/health.h"
#include "faces/etcd/plain.h"
#include "wire/json_writer.h"

static void not_found(struct http_request *r)
{
    plain_text(r, 404, "404 page not found\n");
}

static void json_pair(struct json_writer *j, const char *name, const char *value)
{
    json_put_name(j, name);
    json_put_str(j, value);
}

static void version(struct http_request *r)
{
    const struct etcd_face *face = http_context(r);
    if (!plain_is_get(r))
        return;
    struct buf body;
    struct json_writer j;
    buf_init(&body, 4096);
    json_init(&j, &body);
    json_open_object(&j);
    json_pair(&j, "etcdserver", face->options.server_version);
    json_pair(&j, "etcdcluster", face->options.cluster_version);
    json_pair(&j, "storage", face->options.storage_version);
    json_close_object(&j);
    http_respond(r, 200, "application/json", NULL, 0, buf_bytes(&body));
    buf_fini(&body);
}

static void metrics(struct http_request *r)
{
    const struct etcd_face *face = http_context(r);
    if (face->options.render_metrics == NULL) {
        not_found(r);
        return;
    }
    if (!plain_is_get(r))
        return;
    struct buf body;
    buf_init(&body, 64 << 20);
    face->options.render_metrics(face->options.render_ctx, &body);
    http_respond(r, 200, "text/plain; version=0.0.4; charset=utf-8", NULL, 0, buf_bytes(&body));
    buf_fini(&body);
}

/* The JSON gateway is not served yet: said as gRPC says it, so that nobody takes it for success. */
static void gateway(struct http_request *r)
{
    bool post = bytes_is(http_method(r), "POST");
    const char *body =
        post ? "{\"code\":12,\"message\":\"the JSON gateway is not served here yet: use gRPC\"}"
             : "{\"code\":12,\"message\":\"Method Not Allowed\"}";
    http_respond(r, 501, "application/json", NULL, 0, bytes_str(body));
}

static bool is_below(struct bytes path, const char *folder)
{
    return bytes_starts(path, bytes_str(folder));
}

static void handle(struct http_request *r)
{
    static const struct {
        const char *path;
        void (*handle)(struct http_request *r);
    } routes[] = {
        { "/version", version },      { "/health", health_old }, { "/livez", health_livez },
        { "/readyz", health_readyz }, { "/metrics", metrics },
    };
    struct bytes path = http_path(r);
    for (size_t i = 0; i < ARRAY_LEN(routes); i++) {
        if (bytes_is(path, routes[i].path)) {
            routes[i].handle(r);
            return;
        }
    }
    if (is_below(path, "/livez/"))
        health_livez(r);
    else if (is_below(path, "/readyz/"))
        health_readyz(r);
    else if (is_below(path, "/v3/") || is_below(path, "/v3beta/"))
        gateway(r);
    else
        not_found(r);
}

const struct http_service etcd_http = { .handle = handle, .body_max = 0, .check_host = true };
