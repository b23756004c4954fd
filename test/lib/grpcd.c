#include "test/lib/grpcd.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "net/conn.h"
#include "net/grpc.h"

enum { WAITING_MAX = 64 };

/* One server at a time: its threads write, the test reads. */
static struct {
    _Atomic unsigned closed_n, slow_n;
    _Atomic int why;
    _Atomic size_t most_pending, least_room;
    struct grpc_call *waiting[WAITING_MAX]; /* on the io thread */
    size_t waiting_n;
} seen;

static struct httpd_thread *thread_of(struct grpc_call *call)
{
    return grpc_call_context(call);
}

static void forget(struct grpc_call *call)
{
    for (size_t i = 0; i < seen.waiting_n; i++)
        if (seen.waiting[i] == call)
            seen.waiting[i] = seen.waiting[--seen.waiting_n];
}

static void closed(struct grpc_call *call, enum err why)
{
    forget(call);
    atomic_store(&seen.why, (int)why);
    atomic_fetch_add(&seen.closed_n, 1);
    loops_event_happen(&thread_of(call)->h->gone);
}

static void wait(struct grpc_call *call)
{
    if (seen.waiting_n < WAITING_MAX)
        seen.waiting[seen.waiting_n++] = call;
    loops_event_happen(&thread_of(call)->h->held);
}

static void send(struct grpc_call *call, struct bytes message)
{
    buf_put_bytes(grpc_call_begin(call), message);
    if (grpc_call_end(call) != OK)
        grpc_call_finish(call, GRPC_RESOURCE_EXHAUSTED, "answer too large");
}

static void note_pending(struct grpc_call *call)
{
    size_t pending = grpc_call_pending(call);
    if (pending > atomic_load(&seen.most_pending))
        atomic_store(&seen.most_pending, pending);
}

static void note_room(struct grpc_call *call)
{
    size_t left = grpc_call_room(call);
    if (left < atomic_load(&seen.least_room))
        atomic_store(&seen.least_room, left);
}

static uint64_t number(struct bytes message)
{
    char text[24] = "";
    memcpy(text, message.p, message.n < sizeof(text) ? message.n : sizeof(text) - 1);
    return strtoull(text, NULL, 10);
}

/* -- unary ------------------------------------------------------------------------------------- */

static void echo(struct grpc_call *call, struct bytes message)
{
    struct buf *out = grpc_call_begin(call);
    buf_put_bytes(out, message);
    if (grpc_call_end(call) == OK)
        grpc_call_finish(call, GRPC_OK, NULL);
    else
        grpc_call_finish(call, GRPC_RESOURCE_EXHAUSTED, "answer too large");
}

static void fail(struct grpc_call *call, struct bytes message)
{
    const uint8_t *space = memchr(message.p, ' ', message.n);
    struct bytes text = bytes_skip(message, (size_t)(space - message.p) + 1);
    grpc_call_finish(call, (enum grpc_status)number(message),
                     arena_str(grpc_call_arena(call), text));
}

static void hold(struct grpc_call *call, struct bytes message)
{
    wait(call);
}

struct late {
    struct bytes message;
};

static void late(struct grpc_call *call, struct bytes message)
{
    struct late *l = grpc_call_state(call);
    l->message = arena_dup(grpc_call_arena(call), message);
    wait(call);
}

struct length {
    size_t n, at, stop;
    bool breaks;
};

static void put_more(struct grpc_call *call)
{
    static const uint8_t piece[50000];
    struct length *l = grpc_call_state(call);
    while (l->at < l->stop && grpc_call_pending(call) <= CONN_OUT_HIGH) {
        size_t left = l->stop - l->at;
        size_t n = left < sizeof(piece) ? left : sizeof(piece);
        grpc_call_put(call, bytes_of(piece, n));
        l->at += n;
        note_pending(call);
    }
    note_room(call);
    if (l->at < l->stop)
        return;
    if (l->breaks)
        grpc_call_break(call);
    else if (l->stop == l->n)
        grpc_call_finish(call, GRPC_OK, NULL);
}

static void make_long(struct grpc_call *call, struct bytes message)
{
    struct length *l = grpc_call_state(call);
    char text[64], *end;
    snprintf(text, sizeof(text), "%.*s", (int)message.n, (const char *)message.p);
    l->n = strtoul(text, &end, 10);
    l->stop = *end == ' ' ? strtoul(end, &end, 10) : l->n;
    l->breaks = *end == ' ';
    grpc_call_begin_long(call, l->n);
    put_more(call);
}

static void room(struct grpc_call *call, struct bytes message)
{
    buf_printf(grpc_call_begin(call), "%zu", grpc_call_room(call));
    IGNORE(grpc_call_end(call)); /* a few bytes fit */
    grpc_call_finish(call, GRPC_OK, NULL);
}

/* -- streams ----------------------------------------------------------------------------------- */

static void big(struct grpc_call *call, struct bytes message)
{
    size_t n = number(message);
    uint8_t *p = buf_extend(grpc_call_begin(call), n);
    if (p != NULL)
        memset(p, 'b', n);
    if (grpc_call_end(call) == OK)
        grpc_call_finish(call, GRPC_OK, NULL);
    else
        grpc_call_finish(call, GRPC_RESOURCE_EXHAUSTED, "answer too large");
}

struct count {
    uint64_t at, n;
};

static void pour(struct grpc_call *call)
{
    struct count *c = grpc_call_state(call);
    while (c->at < c->n && grpc_call_pending(call) <= CONN_OUT_HIGH) {
        char text[24];
        snprintf(text, sizeof(text), "%llu", (unsigned long long)++c->at);
        send(call, bytes_str(text));
        note_pending(call);
    }
    if (c->at == c->n)
        grpc_call_finish(call, GRPC_OK, NULL);
}

static void count(struct grpc_call *call, struct bytes message)
{
    struct count *c = grpc_call_state(call);
    c->n = number(message);
    pour(call);
}

static void shared(struct grpc_call *call, struct bytes message)
{
    static uint8_t bytes[100000];
    memset(bytes, 's', sizeof(bytes));
    struct chunk *chunk = chunk_new(bytes_of(bytes, sizeof(bytes)));
    grpc_call_send(call, bytes_str("a"), chunk);
    grpc_call_send(call, bytes_str("b"), chunk);
    grpc_call_send(call, bytes_str("c"), chunk);
    chunk_unref(chunk);
    grpc_call_finish(call, GRPC_OK, NULL);
}

struct sum {
    size_t messages, bytes;
};

static void sum(struct grpc_call *call, struct bytes message)
{
    struct sum *s = grpc_call_state(call);
    s->messages++;
    s->bytes += message.n;
}

static void sum_up(struct grpc_call *call)
{
    struct sum *s = grpc_call_state(call);
    buf_printf(grpc_call_begin(call), "%zu %zu", s->messages, s->bytes);
    IGNORE(grpc_call_end(call)); /* a few bytes fit */
    grpc_call_finish(call, GRPC_OK, NULL);
}

static void chat(struct grpc_call *call, struct bytes message)
{
    send(call, message);
}

static void chat_ended(struct grpc_call *call)
{
    grpc_call_finish(call, GRPC_OK, NULL);
}

struct slow {
    bool goes_on, has_taken;
};

static void slow(struct grpc_call *call, struct bytes message)
{
    struct slow *s = grpc_call_state(call);
    atomic_fetch_add(&seen.slow_n, 1);
    if (s->goes_on || s->has_taken) {
        send(call, message);
        return;
    }
    s->has_taken = true;
    grpc_call_pause(call);
    send(call, message);
    wait(call);
}

/* -- the service ------------------------------------------------------------------------------- */

static const struct grpc_method methods[] = {
    { .name = "Echo", .message = echo, .closed = closed },
    { .name = "Long",
      .state_bytes = sizeof(struct length),
      .message = make_long,
      .drained = put_more,
      .closed = closed },
    { .name = "Room", .message = room, .closed = closed },
    { .name = "Fail", .message = fail, .closed = closed },
    { .name = "Hold", .message = hold, .closed = closed },
    { .name = "Late", .message = late, .closed = closed, .state_bytes = sizeof(struct late) },
    { .name = "Big", .kind = GRPC_SERVER_STREAM, .message = big, .closed = closed },
    { .name = "Count",
      .kind = GRPC_SERVER_STREAM,
      .message = count,
      .drained = pour,
      .closed = closed,
      .state_bytes = sizeof(struct count) },
    { .name = "Shared", .kind = GRPC_SERVER_STREAM, .message = shared, .closed = closed },
    { .name = "Sum",
      .kind = GRPC_CLIENT_STREAM,
      .message = sum,
      .half_closed = sum_up,
      .closed = closed,
      .state_bytes = sizeof(struct sum) },
    { .name = "Chat",
      .kind = GRPC_BIDI_STREAM,
      .message = chat,
      .half_closed = chat_ended,
      .closed = closed },
    { .name = "Slow",
      .kind = GRPC_BIDI_STREAM,
      .message = slow,
      .half_closed = chat_ended,
      .closed = closed,
      .state_bytes = sizeof(struct slow) },
};

/* google.protobuf.FileDescriptorProto, by hand: name 1, package 2, dependency 3, message 4,
 * service 6. */
static const char common_descriptor[] = "\x0a\x11"
                                        "test/common.proto"
                                        "\x12\x04"
                                        "test"
                                        "\x22\x07"
                                        "\x0a\x05"
                                        "Thing";
static const char echo_descriptor[] = "\x0a\x0f"
                                      "test/echo.proto"
                                      "\x12\x04"
                                      "test"
                                      "\x1a\x11"
                                      "test/common.proto"
                                      "\x32\x0e"
                                      "\x0a\x04"
                                      "Echo"
                                      "\x12\x06"
                                      "\x0a\x04"
                                      "Echo";

static const struct grpc_file common_file = { .name = "test/common.proto",
                                              .descriptor = (const uint8_t *)common_descriptor,
                                              .descriptor_n = sizeof(common_descriptor) - 1 };
static const struct grpc_file *const echo_imports[] = { &common_file, NULL };
static const struct grpc_file echo_file = { .name = "test/echo.proto",
                                            .descriptor = (const uint8_t *)echo_descriptor,
                                            .descriptor_n = sizeof(echo_descriptor) - 1,
                                            .imports = echo_imports };

const struct grpc_service grpcd_echo_service = {
    .name = "test.Echo", .methods = methods, .method_n = ARRAY_LEN(methods), .file = &echo_file
};

static const struct grpc_service *const services[] = { &grpcd_echo_service, &grpc_health_service,
                                                       &grpc_reflection_service,
                                                       &grpc_reflection_alpha_service, NULL };

struct httpd *grpcd_new(size_t thread_n, const struct net_limits *limits, bool with_http)
{
    struct httpd *d = httpd_new(thread_n, limits);
    d->service.services = services;
    if (!with_http)
        d->service.http = NULL;
    atomic_store(&seen.closed_n, 0);
    atomic_store(&seen.slow_n, 0);
    atomic_store(&seen.most_pending, 0);
    atomic_store(&seen.least_room, SIZE_MAX);
    seen.waiting_n = 0;
    return d;
}

struct httpd *grpcd_start(const struct net_limits *limits, bool with_http)
{
    struct httpd *d = grpcd_new(1, limits, with_http);
    httpd_listen(d, "127.0.0.1:0", NULL, false);
    httpd_run(d);
    return d;
}

static void release(void *ctx)
{
    struct grpc_call *waiting[WAITING_MAX];
    size_t n = seen.waiting_n;
    memcpy(waiting, seen.waiting, sizeof(waiting));
    seen.waiting_n = 0;
    for (size_t i = 0; i < n; i++) {
        if (grpc_call_method(waiting[i])->kind == GRPC_BIDI_STREAM) {
            ((struct slow *)grpc_call_state(waiting[i]))->goes_on = true;
            grpc_call_resume(waiting[i]);
        } else {
            struct late *l = grpc_call_state(waiting[i]);
            echo(waiting[i], l != NULL ? l->message : bytes_str("held"));
        }
    }
}

void grpcd_release(struct httpd *d)
{
    loops_call(d->threads[0].box, release, NULL);
}

enum err grpcd_last_why(void)
{
    return (enum err)atomic_load(&seen.why);
}

unsigned grpcd_closed(void)
{
    return atomic_load(&seen.closed_n);
}

unsigned grpcd_slow_messages(void)
{
    return atomic_load(&seen.slow_n);
}

size_t grpcd_most_pending(void)
{
    return atomic_load(&seen.most_pending);
}

size_t grpcd_least_room(void)
{
    return atomic_load(&seen.least_room);
}
