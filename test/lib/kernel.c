/* A whole kernel in a test. */
#include "kernel.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "test/lib/tempdir.h"

void kernel_init(struct kernel *k, const char *dir)
{
    *k = (struct kernel){ .dir = dir };
    if (dir == NULL)
        k->dir = k->tempdir = tempdir_new();
}

static enum err open_all(struct kernel *k, struct why *why)
{
    enum err e = datadir_open(k->dir, false, &k->datadir, why);
    if (e != OK)
        return e;
    k->replica_options.datadir = k->datadir;
    if (k->replica_options.map_bytes == 0)
        k->replica_options.map_bytes = (uint64_t)4 << 30;
    k->replica_options.write_map = true;
    k->replica_options.metrics = k->metrics;
    e = replica_open(&k->replica_options, &k->replica, why);
    if (e != OK)
        return e;
    e = keeper_new(k->replica, &k->keeper_options, k->metrics, &k->keeper);
    if (e == OK)
        e = loop_new("io", &k->loop);
    if (e == OK)
        k->box = mailbox_new(k->loop);
    k->hub_options.replica = k->replica;
    k->hub_options.loop = k->loop;
    k->hub_options.metrics = k->metrics;
    if (e == OK)
        e = hub_new(&k->hub_options, &k->hub);
    return e;
}

enum err kernel_try_start(struct kernel *k, struct why *why)
{
    k->metrics = metrics_new();
    arena_init(&k->arena, 0);
    enum err e = open_all(k, why);
    if (e == OK && k->made != NULL)
        k->made(k->ctx);
    if (e != OK) {
        replica_close(k->replica, false);
        datadir_close(k->datadir);
        metrics_free(k->metrics);
        arena_fini(&k->arena);
        k->replica = NULL;
        k->datadir = NULL;
        return e;
    }
    struct caller caller = { .face = FACE_ETCD, .peer = "127.0.0.1:1" };
    e = access_check(k->hub, &caller, NULL, 0, &k->arena, &k->granted);
    if (e == OK)
        e = replica_start(k->replica);
    if (e == OK)
        e = loop_start(k->loop);
    return e;
}

void kernel_start(struct kernel *k)
{
    struct why why = { 0 };
    enum err e = kernel_try_start(k, &why);
    if (e != OK)
        fprintf(stderr, "kernel: %s (%s)\n", why.text, err_text(e));
    assert(e == OK);
}

void kernel_stop(struct kernel *k, bool clean)
{
    replica_stop(k->replica);
    loop_stop_join(k->loop);
    if (k->ended != NULL)
        k->ended(k->ctx);
    hub_free(k->hub);
    mailbox_free(k->box);
    loop_free(k->loop);
    keeper_free(k->keeper);
    replica_close(k->replica, clean);
    datadir_close(k->datadir);
    metrics_free(k->metrics);
    arena_fini(&k->arena);
    k->replica = NULL;
    k->datadir = NULL;
}

void kernel_fini(struct kernel *k)
{
    tempdir_free(k->tempdir);
}

void kernel_call(struct kernel *k, void (*do_it)(void *ctx), void *ctx)
{
    loops_call(k->box, do_it, ctx);
}

/* -- asking and waiting ----------------------------------------------------------------------- */

struct asking {
    struct kernel *k;
    struct loops_event answered;
    enum err err;
    /* a write */
    enum command_kind kind;
    struct bytes body;
    uint64_t revision, removed;
    /* a read */
    struct hub_read read;
    struct bytes key;
    char *value;
    size_t value_n;
    bool found;
    /* a lease */
    struct hub_lease lease;
    enum lease_answer answer;
    uint64_t remaining_ms;
};

static void ask(struct asking *a, void (*do_it)(void *ctx))
{
    loops_event_init(&a->answered);
    kernel_call(a->k, do_it, a);
    bool in_time = loops_event_wait(&a->answered, 1, LOOPS_DEADLINE_MS * 3);
    assert(in_time);
    loops_event_fini(&a->answered);
}

static void write_done(void *ctx, enum err err, const struct command_result *result)
{
    struct asking *a = ctx;
    a->err = err != OK ? err : result->err;
    if (a->err == OK) {
        a->revision = result->revision;
        if (a->kind == COMMAND_TXN && result->txn->op_n > 0 &&
            result->txn->ops[0].kind == OP_REMOVE)
            a->removed = result->txn->ops[0].removed.n;
        if (a->kind == COMMAND_TXN)
            a->revision = result->txn->revision;
    }
    loops_event_happen(&a->answered);
}

static void do_submit(void *ctx)
{
    struct asking *a = ctx;
    hub_submit(a->k->hub, a->k->granted, a->kind, a->body, write_done, a);
}

static enum err submit(struct asking *a, struct buf *body)
{
    a->body = buf_bytes(body);
    ask(a, do_submit);
    buf_fini(body);
    return a->err;
}

enum err kernel_submit(struct kernel *k, enum command_kind kind, struct bytes body,
                       uint64_t *ret_revision)
{
    struct asking a = { .k = k, .kind = kind, .body = body };
    ask(&a, do_submit);
    *ret_revision = a.revision;
    return a.err;
}

static enum err submit_op(struct asking *a, struct op *op)
{
    struct txn txn = { .then_ops = op, .then_n = 1 };
    struct buf body;
    buf_init(&body, 1 << 24);
    enum err e = txn_encode(&txn, &body);
    assert(e == OK);
    return submit(a, &body);
}

uint64_t kernel_put(struct kernel *k, const char *key, const char *value, int64_t lease)
{
    struct asking a = { .k = k, .kind = COMMAND_TXN };
    struct op op = { .kind = OP_PUT,
                     .put = { .key = bytes_str(key), .value = bytes_str(value), .lease = lease } };
    enum err e = submit_op(&a, &op);
    assert(e == OK);
    return a.revision;
}

uint64_t kernel_remove_range(struct kernel *k, const char *key, const char *end)
{
    struct asking a = { .k = k, .kind = COMMAND_TXN };
    struct op op = { .kind = OP_REMOVE,
                     .remove = { .key = bytes_str(key), .end = bytes_str(end) } };
    enum err e = submit_op(&a, &op);
    assert(e == OK);
    return a.removed;
}

enum err kernel_grant(struct kernel *k, int64_t id, uint64_t ttl_ms)
{
    struct asking a = { .k = k, .kind = COMMAND_LEASE_GRANT };
    struct lease_grant grant = {
        .id = id, .ttl_ms = ttl_ms, .remove_ms = ttl_ms, .face = FACE_ETCD
    };
    struct buf body;
    buf_init(&body, 4096);
    lease_grant_encode(&grant, &body);
    return submit(&a, &body);
}

static void read_ready(struct hub_read *r, enum err err, const struct view *view)
{
    struct asking *a = CONTAINER_OF(r, struct asking, read);
    struct arena arena;
    struct kv kv;
    arena_init(&arena, 0);
    a->err = err;
    a->revision = view_revision(view);
    if (a->key.n > 0 && range_get(view, SPACE_ETCD, a->key, 0, &arena, &kv) == OK) {
        struct buf out;
        buf_init(&out, a->value_n - 1);
        enum err e = value_append(view, &kv.value, &out);
        assert(e == OK);
        memcpy(a->value, out.p, out.n);
        a->value[out.n] = 0;
        a->found = true;
        buf_fini(&out);
    }
    arena_fini(&arena);
    loops_event_happen(&a->answered);
}

static void do_read(void *ctx)
{
    struct asking *a = ctx;
    a->read =
        (struct hub_read){ .linearizable = true, .granted = a->k->granted, .ready = read_ready };
    hub_read(a->k->hub, &a->read);
}

bool kernel_get(struct kernel *k, const char *key, char *value, size_t n)
{
    struct asking a = { .k = k, .key = bytes_str(key), .value = value, .value_n = n };
    ask(&a, do_read);
    return a.found;
}

uint64_t kernel_revision(struct kernel *k)
{
    struct asking a = { .k = k };
    ask(&a, do_read);
    return a.revision;
}

static void lease_done(struct hub_lease *l, enum lease_answer answer, uint64_t ttl_ms,
                       uint64_t remaining_ms)
{
    struct asking *a = CONTAINER_OF(l, struct asking, lease);
    a->answer = answer;
    a->remaining_ms = remaining_ms;
    loops_event_happen(&a->answered);
}

static void do_renew(void *ctx)
{
    struct asking *a = ctx;
    hub_lease_ask(a->k->hub, &a->lease);
}

enum lease_answer kernel_renew(struct kernel *k, int64_t id, uint64_t *ret_remaining_ms)
{
    struct asking a = {
        .k = k,
        .lease = { .id = id,
                   .face = FACE_ETCD,
                   .renew = true,
                   .granted = k->granted,
                   .done = lease_done },
    };
    ask(&a, do_renew);
    *ret_remaining_ms = a.remaining_ms;
    return a.answer;
}
