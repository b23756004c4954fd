/* HTTP/2 on a connection: which of its streams are calls and which are plain requests.
 *
 * A call says so by its content-type. A plain request is for the listener's HTTP handlers, if it
 * has any; but one that names a method is a call badly made, and gets gRPC's refusal. */
#include "net/grpc_call.h"
#include "net/grpc_routes.h"
#include "net/grpc_text.h"
#include "net/http2.h"
#include "net/http2_http.h"
#include "net/http2_stream.h"
#include "net/serve.h"

static const struct http2_user *choose(struct http2_stream *s)
{
    const struct serve *serve = http2_stream_serve(s);
    if (serve->service->http == NULL ||
        grpc_content_type_is_grpc(http2_stream_header(s, "content-type")) ||
        grpc_routes_find(serve->routes, http2_stream_header(s, ":path")) != NULL)
        return &grpc_user;
    return &http2_http_user;
}

void http2_serve(struct conn *c, struct serve *serve, struct bytes left)
{
    size_t call = grpc_call_bytes(), request = http2_http_bytes();
    struct http2_setup setup = {
        .serve = serve,
        .choose = choose,
        .state_bytes = call > request ? call : request,
        .received = grpc_routes_received_bytes(serve->routes),
        .sent = grpc_routes_sent_bytes(serve->routes),
    };
    http2_start(c, &setup, left);
}
