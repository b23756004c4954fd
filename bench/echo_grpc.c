/* A gRPC server that does nothing: what net costs by itself.
 *
 * echo_grpc [port] serves bench.Echo on 127.0.0.1: Unary answers its message, Stream (bidi) each of
 * its messages. Runs on one thread until it is killed; "listening PORT" says that it is ready. */
#include <stdio.h>
#include <stdlib.h>

#include "net/conn.h"
#include "net/server.h"

static void answer(struct grpc_call *call, struct bytes message)
{
    buf_put_bytes(grpc_call_begin(call), message);
    IGNORE(grpc_call_end(call)); /* it is no larger than what came in */
}

static void echo_once(struct grpc_call *call, struct bytes message)
{
    answer(call, message);
    grpc_call_finish(call, GRPC_OK, NULL);
}

static void echo(struct grpc_call *call, struct bytes message)
{
    answer(call, message);
    if (grpc_call_pending(call) > CONN_OUT_HIGH)
        grpc_call_pause(call);
}

static void end(struct grpc_call *call)
{
    grpc_call_finish(call, GRPC_OK, NULL);
}

static const struct grpc_method methods[] = {
    { .name = "Unary", .kind = GRPC_UNARY, .message = echo_once },
    { .name = "Stream",
      .kind = GRPC_BIDI_STREAM,
      .message = echo,
      .half_closed = end,
      .drained = grpc_call_resume },
};
static const struct grpc_service echo_service = { .name = "bench.Echo",
                                                  .methods = methods,
                                                  .method_n = ARRAY_LEN(methods) };
static const struct grpc_service *const services[] = { &echo_service, &grpc_health_service,
                                                       &grpc_reflection_service, NULL };

static enum err serve(const char *address)
{
    struct loop *loop;
    struct net_server *server;
    struct endpoint at;
    struct why why = { { 0 } };
    static const struct net_service service = { .name = "echo", .services = services };
    uint16_t port;
    enum err e = loop_new("io", &loop);
    if (e != OK)
        return e;
    server = net_server_new(&loop, 1, metrics_new());
    e = endpoint_parse(bytes_str(address), &at, &why);
    if (e == OK)
        e = net_server_listen(server, &at, &service, NULL, &port, &why);
    if (e != OK) {
        fprintf(stderr, "echo_grpc: %s %s\n", err_text(e), why.text);
        return e;
    }
    printf("listening %u\n", port);
    fflush(stdout);
    loop_run(loop);
    return OK;
}

int main(int argc, char **argv)
{
    char address[64];
    snprintf(address, sizeof(address), "127.0.0.1:%s", argc > 1 ? argv[1] : "0");
    return serve(address) == OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
