/* gRPC calls without a network. Whatever a call holds is touched on the io thread alone. */
#include "fake_grpc.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "net/conn.h"

enum { MESSAGES_MAX = 512, UNPACKED_MAX = 512 };

struct fake_message {
    uint8_t *p;
    size_t n;
};

struct grpc_call {
    struct list link;
    struct fixture *fixture;
    const struct grpc_method *method;
    const struct fake_metadata *metadata;
    void *state;
    struct arena arena;
    struct buf out;
    struct loops_event happened; /* an answer, or the end */
    struct fake_message messages[MESSAGES_MAX];
    size_t message_n;
    ProtobufCMessage *unpacked[UNPACKED_MAX];
    size_t unpacked_n;
    bool finished, closed;
    enum grpc_status status;
    char text[128];
    size_t pending, owed;
    int paused;
};

/* -- what handlers call ----------------------------------------------------------------------- */

void *grpc_call_state(struct grpc_call *call)
{
    return call->state;
}

void *grpc_call_context(const struct grpc_call *call)
{
    return call->fixture->face;
}

struct arena *grpc_call_arena(struct grpc_call *call)
{
    return &call->arena;
}

const char *grpc_call_peer(const struct grpc_call *call)
{
    return "127.0.0.1:9";
}

const char *grpc_call_client_name(const struct grpc_call *call)
{
    return NULL;
}

struct bytes grpc_call_metadata(const struct grpc_call *call, const char *name)
{
    for (const struct fake_metadata *m = call->metadata; m != NULL && m->name != NULL; m++)
        if (strcmp(m->name, name) == 0)
            return bytes_str(m->value);
    return (struct bytes){ 0 };
}

struct buf *grpc_call_begin(struct grpc_call *call)
{
    assert(!call->finished);
    buf_clear(&call->out, 1 << 20);
    return &call->out;
}

static void keep_message(struct grpc_call *call, struct bytes head, struct bytes rest)
{
    assert(!call->finished && call->message_n < MESSAGES_MAX);
    struct fake_message *m = &call->messages[call->message_n++];
    m->n = head.n + rest.n;
    m->p = mem_alloc(m->n + 1);
    if (head.n > 0)
        memcpy(m->p, head.p, head.n);
    if (rest.n > 0)
        memcpy(m->p + head.n, rest.p, rest.n);
    loops_event_happen(&call->happened);
}

enum err grpc_call_end(struct grpc_call *call)
{
    if (buf_err(&call->out) != OK)
        return ERR_TOO_BIG;
    keep_message(call, buf_bytes(&call->out), (struct bytes){ 0 });
    return OK;
}

void grpc_call_send(struct grpc_call *call, struct bytes head, struct chunk *shared)
{
    keep_message(call, head, shared == NULL ? (struct bytes){ 0 } : bytes_of(shared->p, shared->n));
}

void grpc_call_begin_long(struct grpc_call *call, size_t n)
{
    assert(call->owed == 0 && call->message_n < MESSAGES_MAX);
    buf_clear(&call->out, 1 << 20);
    call->owed = n;
    if (n == 0)
        keep_message(call, (struct bytes){ 0 }, (struct bytes){ 0 });
}

void grpc_call_put(struct grpc_call *call, struct bytes piece)
{
    assert(!call->finished && piece.n <= call->owed);
    buf_put_bytes(&call->out, piece);
    call->owed -= piece.n;
    if (call->owed == 0 && piece.n > 0)
        keep_message(call, buf_bytes(&call->out), (struct bytes){ 0 });
}

void grpc_call_break(struct grpc_call *call)
{
    call->owed = 0;
    grpc_call_finish(call, GRPC_UNAVAILABLE, FAKE_BROKEN);
}

size_t grpc_call_room(const struct grpc_call *call)
{
    return call->fixture->has_no_room ? 0 : SIZE_MAX;
}

size_t grpc_call_pending(const struct grpc_call *call)
{
    return call->pending;
}

void grpc_call_pause(struct grpc_call *call)
{
    call->paused++;
}

void grpc_call_resume(struct grpc_call *call)
{
    call->paused--;
}

void grpc_call_finish(struct grpc_call *call, enum grpc_status status, const char *message)
{
    assert(!call->finished && !call->closed && call->owed == 0);
    call->finished = true;
    call->status = status;
    snprintf(call->text, sizeof call->text, "%s", message == NULL ? "" : message);
    loops_event_happen(&call->happened);
}

/* -- the fixture ------------------------------------------------------------------------------ */

void fixture_init(struct fixture *f)
{
    *f = (struct fixture){ 0 };
    list_init(&f->calls);
    kernel_init(&f->kernel, NULL);
}

static void make_face(void *ctx)
{
    struct fixture *f = ctx;
    enum err e = etcd_face_new(f->kernel.hub, &f->options, f->kernel.metrics, &f->face);
    assert(e == OK);
}

void fixture_start(struct fixture *f)
{
    kernel_start(&f->kernel);
    kernel_call(&f->kernel, make_face, f);
}

static void do_drain(void *ctx)
{
    etcd_face_drain(((struct fixture *)ctx)->face);
}

void fixture_drain(struct fixture *f)
{
    kernel_call(&f->kernel, do_drain, f);
}

static void close_call(struct grpc_call *call, enum err why)
{
    if (call->closed)
        return;
    call->closed = true;
    if (call->method->closed != NULL)
        call->method->closed(call, call->finished ? OK : why);
}

static void free_call(struct grpc_call *call)
{
    close_call(call, ERR_CLOSED);
    list_remove(&call->link);
    for (size_t i = 0; i < call->message_n; i++)
        mem_free(call->messages[i].p);
    for (size_t i = 0; i < call->unpacked_n; i++)
        protobuf_c_message_free_unpacked(call->unpacked[i], NULL);
    buf_fini(&call->out);
    arena_fini(&call->arena);
    loops_event_fini(&call->happened);
    mem_free(call->state);
    mem_free(call);
}

static void free_all(void *ctx)
{
    struct fixture *f = ctx;
    LIST_FOR_EACH(link, &f->calls)
    {
        free_call(CONTAINER_OF(link, struct grpc_call, link));
    }
}

static void free_face(void *ctx)
{
    struct fixture *f = ctx;
    etcd_face_free(f->face);
}

void fixture_end(struct fixture *f)
{
    kernel_call(&f->kernel, free_all, f);
    kernel_call(&f->kernel, free_face, f);
    kernel_stop(&f->kernel, true);
    kernel_fini(&f->kernel);
}

/* -- calls ------------------------------------------------------------------------------------ */

static const struct grpc_method *find_method(const char *service, const char *method)
{
    char name[64];
    snprintf(name, sizeof name, "etcdserverpb.%s", service);
    for (size_t i = 0; etcd_services[i] != NULL; i++) {
        const struct grpc_service *s = etcd_services[i];
        for (size_t k = 0; strcmp(s->name, name) == 0 && k < s->method_n; k++)
            if (strcmp(s->methods[k].name, method) == 0)
                return &s->methods[k];
    }
    return NULL;
}

static void add_call(void *ctx)
{
    struct grpc_call *call = ctx;
    list_append(&call->fixture->calls, &call->link);
}

struct grpc_call *fake_open(struct fixture *f, const char *service, const char *method,
                            const struct fake_metadata *metadata)
{
    struct grpc_call *call = mem_zalloc(1, sizeof *call);
    call->fixture = f;
    call->method = find_method(service, method);
    assert(call->method != NULL);
    call->metadata = metadata;
    call->state = mem_zalloc(1, call->method->state_bytes);
    arena_init(&call->arena, 0);
    buf_init(&call->out, 64 << 20);
    loops_event_init(&call->happened);
    kernel_call(&f->kernel, add_call, call);
    return call;
}

struct doing {
    struct grpc_call *call;
    const void *const *messages;
    struct bytes bytes;
    size_t n, i;
    char *text;
    bool is;
    void (*then)(void *ctx);
    void *then_ctx;
};

static void do_send(void *ctx)
{
    struct doing *d = ctx;
    d->call->method->message(d->call, d->bytes);
}

void fake_send_bytes(struct grpc_call *call, struct bytes bytes)
{
    struct doing d = { .call = call, .bytes = bytes };
    kernel_call(&call->fixture->kernel, do_send, &d);
}

static void do_send_all(void *ctx)
{
    struct doing *d = ctx;
    for (size_t i = 0; i < d->n; i++) {
        const ProtobufCMessage *m = d->messages[i];
        size_t n = protobuf_c_message_get_packed_size(m);
        uint8_t *p = mem_alloc(n);
        protobuf_c_message_pack(m, p);
        d->call->method->message(d->call, bytes_of(p, n));
        mem_free(p); /* only lent: a handler that keeps it is found out here */
    }
    if (d->then != NULL)
        d->then(d->then_ctx);
}

void fake_send_all(struct grpc_call *call, const void *const *messages, size_t n)
{
    struct doing d = { .call = call, .messages = messages, .n = n };
    kernel_call(&call->fixture->kernel, do_send_all, &d);
}

void fake_send(struct grpc_call *call, const void *message)
{
    fake_send_all(call, &message, 1);
}

void fake_send_then(struct grpc_call *call, const void *message, void (*do_it)(void *ctx),
                    void *ctx)
{
    struct doing d = { .call = call, .messages = &message, .n = 1, .then = do_it, .then_ctx = ctx };
    kernel_call(&call->fixture->kernel, do_send_all, &d);
}

static void do_half_close(void *ctx)
{
    struct grpc_call *call = ctx;
    if (call->method->half_closed != NULL)
        call->method->half_closed(call);
}

void fake_half_close(struct grpc_call *call)
{
    kernel_call(&call->fixture->kernel, do_half_close, call);
}

static void do_reset(void *ctx)
{
    close_call(ctx, ERR_CANCELED);
}

void fake_reset(struct grpc_call *call)
{
    kernel_call(&call->fixture->kernel, do_reset, call);
}

static void do_set_pending(void *ctx)
{
    struct doing *d = ctx;
    bool was_high = d->call->pending > CONN_OUT_HIGH;
    d->call->pending = d->n;
    if (was_high && d->n < CONN_OUT_LOW && d->call->method->drained != NULL)
        d->call->method->drained(d->call);
}

void fake_set_pending(struct grpc_call *call, size_t pending)
{
    struct doing d = { .call = call, .n = pending };
    kernel_call(&call->fixture->kernel, do_set_pending, &d);
}

/* -- what came back --------------------------------------------------------------------------- */

static void do_count(void *ctx)
{
    struct doing *d = ctx;
    d->n = d->call->message_n;
    d->is = d->call->finished;
}

size_t fake_answer_n(struct grpc_call *call)
{
    struct doing d = { .call = call };
    kernel_call(&call->fixture->kernel, do_count, &d);
    return d.n;
}

bool fake_has_ended(struct grpc_call *call)
{
    struct doing d = { .call = call };
    kernel_call(&call->fixture->kernel, do_count, &d);
    return d.is;
}

size_t fake_wait(struct grpc_call *call, size_t n)
{
    for (unsigned events = (unsigned)n;; events = (unsigned)n + 1) {
        size_t have = fake_answer_n(call);
        if (have >= n || fake_has_ended(call))
            return have;
        if (!loops_event_wait(&call->happened, events, LOOPS_DEADLINE_MS))
            return fake_answer_n(call);
    }
}

static void do_end(void *ctx)
{
    struct doing *d = ctx;
    d->is = d->call->finished;
    d->n = d->call->message_n;
    d->i = (size_t)d->call->status;
    if (d->text != NULL)
        snprintf(d->text, 128, "%s", d->call->text);
}

enum grpc_status fake_wait_end(struct grpc_call *call, char *text)
{
    struct doing d = { .call = call, .text = text };
    kernel_call(&call->fixture->kernel, do_end, &d);
    while (!d.is) {
        bool more = loops_event_wait(&call->happened, (unsigned)d.n + 1, LOOPS_DEADLINE_MS);
        assert(more);
        kernel_call(&call->fixture->kernel, do_end, &d);
    }
    return (enum grpc_status)d.i;
}

static void do_paused(void *ctx)
{
    struct doing *d = ctx;
    d->is = d->call->paused > 0;
}

bool fake_is_paused(struct grpc_call *call)
{
    struct doing d = { .call = call };
    kernel_call(&call->fixture->kernel, do_paused, &d);
    return d.is;
}

void *fake_answer(struct grpc_call *call, size_t i, const ProtobufCMessageDescriptor *descriptor)
{
    size_t n = fake_wait(call, i + 1);
    assert(n > i && call->unpacked_n < UNPACKED_MAX);
    static const uint8_t nothing[1];
    const struct fake_message *m = &call->messages[i];
    ProtobufCMessage *unpacked =
        protobuf_c_message_unpack(descriptor, NULL, m->n, m->n == 0 ? nothing : m->p);
    assert(unpacked != NULL);
    call->unpacked[call->unpacked_n++] = unpacked;
    return unpacked;
}

size_t fake_answer_size(struct grpc_call *call, size_t i)
{
    size_t n = fake_wait(call, i + 1);
    assert(n > i);
    return call->messages[i].n;
}

void *fake_unary(struct fixture *f, const char *service, const char *method, const void *message,
                 const ProtobufCMessageDescriptor *descriptor, enum grpc_status *ret_status,
                 char *text)
{
    struct grpc_call *call = fake_open(f, service, method, NULL);
    fake_send(call, message);
    *ret_status = fake_wait_end(call, text);
    return *ret_status == GRPC_OK ? fake_answer(call, 0, descriptor) : NULL;
}
