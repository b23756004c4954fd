#include "test/lib/h2_rig.h"

#include <assert.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/compiler.h"
#include "net/conn_set.h"
#include "net/grpc.h"
#include "net/grpc_routes.h"
#include "net/http.h"
#include "net/serve.h"
#include "test/lib/loops.h"

enum { TURNS_MAX = 20000 };

static struct rig {
    struct loop *loop;
    struct conn_set *set;
    struct serve serve;
    struct serve_shared shared;
    struct net_service service;
    int fd; /* the client's end */
    unsigned messages;
    uint64_t sum;
    unsigned begun, closed; /* calls with state */
    struct grpc_call *paused[64];
    size_t paused_n;
} rig;

struct state {
    bool has_begun, is_paused;
    unsigned n;
};

/* -- the service ------------------------------------------------------------------------------- */

static struct state *begin(struct grpc_call *call, struct bytes message)
{
    struct state *s = grpc_call_state(call);
    if (!s->has_begun)
        rig.begun++;
    s->has_begun = true;
    s->n++;
    rig.messages++;
    rig.sum = h2_rig_add(rig.sum, message);
    return s;
}

static void reply(struct grpc_call *call, struct bytes message)
{
    buf_put_bytes(grpc_call_begin(call), message);
    IGNORE(grpc_call_end(call)); /* what was received can be sent */
}

static void unary(struct grpc_call *call, struct bytes message)
{
    begin(call, message);
    reply(call, message);
    grpc_call_finish(call, GRPC_OK, NULL);
}

static void failing(struct grpc_call *call, struct bytes message)
{
    begin(call, message);
    grpc_call_finish(call, GRPC_ABORTED, arena_str(grpc_call_arena(call), message));
}

static void three(struct grpc_call *call, struct bytes message)
{
    begin(call, message);
    struct chunk *chunk = chunk_new(message);
    for (int i = 0; i < 3; i++)
        grpc_call_send(call, bytes_str("head"), chunk);
    chunk_unref(chunk);
    grpc_call_finish(call, GRPC_OK, NULL);
}

static void counted(struct grpc_call *call, struct bytes message)
{
    begin(call, message);
}

static void counted_end(struct grpc_call *call)
{
    struct state *s = grpc_call_state(call);
    buf_printf(grpc_call_begin(call), "%u", s->n);
    IGNORE(grpc_call_end(call)); /* a few bytes */
    grpc_call_finish(call, GRPC_OK, NULL);
}

static void echoed(struct grpc_call *call, struct bytes message)
{
    begin(call, message);
    reply(call, message);
}

static void paused(struct grpc_call *call, struct bytes message)
{
    struct state *s = begin(call, message);
    assert(!s->is_paused);
    if (rig.paused_n == ARRAY_LEN(rig.paused))
        return;
    s->is_paused = true;
    rig.paused[rig.paused_n++] = call;
    grpc_call_pause(call);
}

static void ended(struct grpc_call *call)
{
    const struct state *s = grpc_call_state(call);
    assert(!s->is_paused);
    grpc_call_finish(call, GRPC_OK, NULL);
}

static void closed(struct grpc_call *call, enum err why)
{
    const struct state *s = grpc_call_state(call);
    rig.closed += s->has_begun;
    for (size_t i = 0; i < rig.paused_n; i++)
        if (rig.paused[i] == call)
            rig.paused[i--] = rig.paused[--rig.paused_n];
}

static void resume_paused(void)
{
    struct grpc_call *now[ARRAY_LEN(rig.paused)];
    size_t n = rig.paused_n;
    memcpy(now, rig.paused, sizeof(now));
    rig.paused_n = 0;
    for (size_t i = 0; i < n; i++) {
        ((struct state *)grpc_call_state(now[i]))->is_paused = false;
        grpc_call_resume(now[i]);
    }
}

#define METHOD(letter, of, on_message, on_end)                                                  \
    {                                                                                           \
        .name = letter, .kind = of, .state_bytes = sizeof(struct state), .message = on_message, \
        .half_closed = on_end, .closed = closed                                                 \
    }
static const struct grpc_method methods[] = {
    METHOD("U", GRPC_UNARY, unary, NULL),
    METHOD("B", GRPC_BIDI_STREAM, echoed, ended),
    METHOD("S", GRPC_SERVER_STREAM, three, NULL),
    METHOD("C", GRPC_CLIENT_STREAM, counted, counted_end),
    METHOD("P", GRPC_BIDI_STREAM, paused, ended),
    METHOD("E", GRPC_UNARY, failing, NULL),
};
static const struct grpc_service service = { .name = "f.F",
                                             .methods = methods,
                                             .method_n = ARRAY_LEN(methods) };
static const struct grpc_service *const services[] = { &service, NULL };

static void handle(struct http_request *r)
{
    http_respond(r, 200, "text/plain", NULL, 0, http_body(r));
}

static const struct http_service http = { .handle = handle, .body_max = 4096 };

/* -- the rig ----------------------------------------------------------------------------------- */

static void never(void *self)
{
}

static void never_fed(void *self, struct bytes in)
{
}

static void never_gone(void *self, enum err why)
{
}

static const struct conn_protocol nothing = {
    .name = "none", .feed = never_fed, .ended = never, .shutdown = never, .gone = never_gone
};

static void set_up(void)
{
    enum err e = loop_new("rig", &rig.loop);
    assert(e == OK);
    signal(SIGPIPE, SIG_IGN); /* as net_server_new does */
    rig.set = conn_set_new(rig.loop, NULL, NULL);
    rig.service = (struct net_service){ .name = "fuzz", .services = services, .http = &http };
    rig.shared.serving = true;
    list_init(&rig.shared.watches);
    unsent_init(&rig.shared.unsent, rig.loop, 1 << 20, 3600000);
    rig.serve = (struct serve){
        .loop = rig.loop,
        .service = &rig.service,
        .shared = &rig.shared,
        .routes = grpc_routes_new(services, "fuzz", NULL),
        .limits = { .grpc_message_max = 65536,
                    .grpc_send_max = 1 << 20,
                    .streams_max = 50,
                    .ping_min_ms = 1,
                    .keepalive_idle_ms = 3600000,
                    .keepalive_timeout_ms = 1000,
                    .header_timeout_ms = 3600000,
                    .idle_timeout_ms = 3600000,
                    .stream_buffer_max = 32768 },
    };
}

static void drop_answers(void)
{
    char piece[65536];
    while (recv(rig.fd, piece, sizeof(piece), MSG_DONTWAIT) > 0)
        ;
}

static void turn(void)
{
    resume_paused();
    loops_run_turns(rig.loop, 2);
    if (rig.fd >= 0)
        drop_answers();
}

void h2_rig_open(void)
{
    int pair[2];
    struct conn *c;
    if (rig.loop == NULL)
        set_up();
    rig.messages = rig.begun = rig.closed = 0;
    rig.sum = 0;
    int failed = socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair);
    assert(failed == 0);
    (void)failed;
    rig.fd = pair[0];
    enum err e = conn_open(rig.set, pair[1], NULL, &nothing, NULL, &c);
    assert(e == OK);
    http2_serve(c, &rig.serve, bytes_of("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0", 33));
    turn();
}

void h2_rig_send(struct bytes bytes)
{
    while (bytes.n > 0) {
        ssize_t n = send(rig.fd, bytes.p, bytes.n, MSG_NOSIGNAL);
        if (n > 0)
            bytes = bytes_skip(bytes, (size_t)n);
        turn();
        if (n <= 0)
            break; /* the server has closed */
    }
}

void h2_rig_close(void)
{
    for (int i = 0; i < 3 || (rig.paused_n > 0 && i < TURNS_MAX); i++)
        turn();
    close(rig.fd);
    rig.fd = -1;
    for (int i = 0; i < 100 && conn_set_count(rig.set) > 0; i++)
        turn();
    assert(conn_set_count(rig.set) == 0);
    assert(atomic_load(&rig.shared.streams) == 0);
    assert(rig.begun == rig.closed && rig.paused_n == 0);
}

unsigned h2_rig_messages(void)
{
    return rig.messages;
}

uint64_t h2_rig_sum(void)
{
    return rig.sum;
}

uint64_t h2_rig_add(uint64_t sum, struct bytes message)
{
    sum = (sum ^ message.n) * UINT64_C(1099511628211);
    for (size_t i = 0; i < message.n; i++)
        sum = (sum ^ message.p[i]) * UINT64_C(1099511628211);
    return sum;
}
