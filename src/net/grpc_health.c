/* grpc.health.v1.Health: whether this server takes requests.
 *
 * The only name that is known is the empty one, the server as a whole, as with etcd. Check answers
 * 5 for another name; Watch says SERVICE_UNKNOWN and stays, in case it becomes known, which here it
 * never does. */
#include "net/grpc_call.h"
#include "net/serve.h"
#include "net/server.h"
#include "wire/pb.h"

enum { FIELD_SERVICE = 1, FIELD_STATUS = 1 };
enum serving { SERVING = 1, NOT_SERVING = 2, SERVICE_UNKNOWN = 3 };

static void send_status(struct grpc_call *call, enum serving status)
{
    pb_put_uint(grpc_call_begin(call), FIELD_STATUS, status);
    IGNORE(grpc_call_end(call)); /* two bytes always fit */
}

/* False if it has been refused. */
static bool read_service(struct grpc_call *call, struct bytes message, struct bytes *ret_service)
{
    struct pb_field f;
    *ret_service = (struct bytes){ 0 };
    enum err e = pb_next(&message, &f);
    for (; e == OK; e = pb_next(&message, &f))
        if (f.number == FIELD_SERVICE && f.wire == PB_LEN)
            *ret_service = f.bytes;
    if (e == ERR_NOT_FOUND)
        return true;
    grpc_call_finish(call, GRPC_INTERNAL, "grpc: error unmarshalling request: unexpected EOF");
    return false;
}

static void check(struct grpc_call *call, struct bytes message)
{
    struct bytes service;
    if (!read_service(call, message, &service))
        return;
    if (service.n > 0) {
        grpc_call_finish(call, GRPC_NOT_FOUND, "unknown service");
        return;
    }
    send_status(call, grpc_call_serve(call)->shared->serving ? SERVING : NOT_SERVING);
    grpc_call_finish(call, GRPC_OK, NULL);
}

struct health_watch {
    struct serving_watch watch;
    struct grpc_call *call;
};

static void serving_changed(struct serving_watch *watch, bool serving)
{
    struct health_watch *w = CONTAINER_OF(watch, struct health_watch, watch);
    if (grpc_call_pending(w->call) < CONN_OUT_LOW)
        send_status(w->call, serving ? SERVING : NOT_SERVING);
    else /* it has not read thousands of changes */
        grpc_call_finish(w->call, GRPC_CANCELLED, "Stream has ended.");
}

static void begin_watch(struct grpc_call *call, struct bytes message)
{
    struct health_watch *w = grpc_call_state(call);
    struct serve_shared *shared = grpc_call_serve(call)->shared;
    struct bytes service;
    if (!read_service(call, message, &service))
        return;
    if (service.n > 0) {
        send_status(call, SERVICE_UNKNOWN);
        return;
    }
    w->call = call;
    w->watch.changed = serving_changed;
    list_append(&shared->watches, &w->watch.link);
    send_status(call, shared->serving ? SERVING : NOT_SERVING);
}

static void end_watch(struct grpc_call *call, enum err why)
{
    struct health_watch *w = grpc_call_state(call);
    list_remove(&w->watch.link);
}

static const struct grpc_method methods[] = {
    { .name = "Check", .kind = GRPC_UNARY, .message = check },
    { .name = "Watch",
      .kind = GRPC_SERVER_STREAM,
      .state_bytes = sizeof(struct health_watch),
      .message = begin_watch,
      .closed = end_watch },
};

const struct grpc_service grpc_health_service = { .name = "grpc.health.v1.Health",
                                                  .methods = methods,
                                                  .method_n = ARRAY_LEN(methods) };
