/* The functions of replica.h that a hub uses, over a store and lists. */
#include "fake_replica.h"

#include <assert.h>
#include <stdarg.h>
#include <string.h>

#include "base/mem.h"
#include "loops.h"
#include "test/lib/tempdir.h"

struct replica {
    struct store *store;
    struct subscriber *subscriber;
    struct effects *waiting[64]; /* applied, not sent */
    size_t waiting_n;
    uint64_t index, published;
    struct proposal *proposed;
};

/* -- what the hub calls ----------------------------------------------------------------------- */

struct store *replica_store(struct replica *r)
{
    return r->store;
}

uint64_t replica_published(const struct replica *r)
{
    return r->published;
}

void replica_status(struct replica *r, struct replica_status *ret)
{
    *ret = (struct replica_status){ .term = 2 };
}

void replica_subscribe(struct replica *r, struct subscriber *s)
{
    r->subscriber = s;
}

void replica_propose(struct replica *r, struct proposal *p)
{
    r->proposed = p;
}

void replica_wait_swept(struct replica *r, struct sweep_wait *w)
{
    w->done(w);
}

enum disk_state replica_disk_state(const struct replica *r)
{
    return DISK_FINE;
}

void lease_port_send(struct replica *r, struct lease_questions *q)
{
    q->done(q);
}

/* -- what the test does ----------------------------------------------------------------------- */

void fake_command(struct fake *f, enum command_kind kind, struct buf *take_body)
{
    static const struct origin nobody = { .face = FACE_ETCD };
    struct replica *r = f->replica;
    struct command command = { .kind = kind, .origin = &nobody, .body = buf_bytes(take_body) };
    struct entry_writer writer;
    struct buf payload;
    buf_init(&payload, 1 << 24);
    entry_writer_init(&writer, 1 << 24);
    enum err e = entry_writer_add(&writer, &command);
    assert(e == OK);
    e = entry_writer_finish(&writer, (struct entry_time){ .age_ms = r->index }, &payload);
    assert(e == OK);
    e = store_apply(r->store, ++r->index, 2, buf_bytes(&payload), &r->waiting[r->waiting_n]);
    assert(e == OK && r->waiting[r->waiting_n]->results[0].err == OK);
    r->waiting_n++;
    entry_writer_fini(&writer);
    buf_fini(&payload);
    buf_fini(take_body);
}

static struct op op_of(enum space space, const char *text)
{
    const char *equals = strchr(text, '=');
    if (text[0] == '-')
        return (struct op){ .kind = OP_REMOVE,
                            .remove = { .space = space, .key = bytes_str(text + 1) } };
    assert(equals != NULL);
    return (struct op){ .kind = OP_PUT,
                        .put = { .space = space,
                                 .key = bytes_of(text, (size_t)(equals - text)),
                                 .value = bytes_str(equals + 1) } };
}

bool fake_apply(struct fake *f, const struct txn *txn)
{
    struct buf body;
    buf_init(&body, 1 << 24);
    enum err e = txn_encode(txn, &body);
    assert(e == OK);
    fake_command(f, COMMAND_TXN, &body);
    return f->replica->waiting[f->replica->waiting_n - 1]->results[0].txn->succeeded;
}

uint64_t fake_commit(struct fake *f, ...)
{
    struct op ops[16];
    struct txn txn = { .then_ops = ops };
    va_list args;
    va_start(args, f);
    for (const char *text; (text = va_arg(args, const char *)) != NULL;)
        ops[txn.then_n++] = op_of(f->space, text);
    va_end(args);
    fake_apply(f, &txn);
    return f->replica->waiting[f->replica->waiting_n - 1]->results[0].revision;
}

uint64_t fake_compact(struct fake *f, uint64_t revision)
{
    struct compact compact = { .space = f->space, .revision = revision };
    struct buf body;
    buf_init(&body, 4096);
    compact_encode(&compact, &body);
    fake_command(f, COMMAND_COMPACT, &body);
    return revision;
}

void fake_send(struct fake *f)
{
    struct replica *r = f->replica;
    for (size_t i = 0; i < r->waiting_n; i++) {
        struct effects *e = r->waiting[i];
        r->subscriber->batch(r->subscriber, e->batch, e->index);
        r->published = e->index;
        effects_unref(e);
    }
    r->waiting_n = 0;
}

void fake_lose(struct fake *f)
{
    struct replica *r = f->replica;
    r->subscriber->lost(r->subscriber, r->waiting[0]->batch->first, 0);
    for (size_t i = 0; i < r->waiting_n; i++) {
        r->published = r->waiting[i]->index;
        effects_unref(r->waiting[i]);
    }
    r->waiting_n = 0;
}

struct proposal *fake_proposed(struct fake *f)
{
    return f->replica->proposed;
}

void fake_refuse_one(struct proposal *p)
{
    p->err = ERR_STOPPING;
    p->done(p);
}

void fake_refuse(struct fake *f)
{
    fake_refuse_one(fake_proposed(f));
}

uint64_t fake_commit_all(struct fake *f, uint64_t revision)
{
    fake_send(f);
    fake_run(f);
    return revision;
}

void fake_run(struct fake *f)
{
    loops_run_turns(f->loop, 8);
}

void fake_init(struct fake *f, uint64_t buffer_bytes, uint64_t batch_max_bytes)
{
    fake_init_asking(f, buffer_bytes, batch_max_bytes, NULL);
}

void fake_init_asking(struct fake *f, uint64_t buffer_bytes, uint64_t batch_max_bytes,
                      const struct gate_options *gate)
{
    *f = (struct fake){ .dir = tempdir_new() };
    f->metrics = metrics_new();
    f->replica = mem_zalloc(1, sizeof *f->replica);
    struct store_options options = { .dir = f->dir,
                                     .map_bytes = 1 << 30,
                                     .batch_max_bytes = batch_max_bytes };
    struct why why;
    enum err e = store_open(&options, &why, &f->store);
    assert(e == OK);
    f->replica->store = f->store;
    e = loop_new("test", &f->loop);
    assert(e == OK);
    struct hub_options hub = { .replica = f->replica,
                               .loop = f->loop,
                               .metrics = f->metrics,
                               .gate = gate,
                               .watch_buffer_bytes = buffer_bytes,
                               .catch_up_events = 10 };
    e = hub_new(&hub, &f->hub);
    assert(e == OK);
    arena_init(&f->arena, 0);
    struct caller caller = { .face = FACE_ETCD };
    e = access_check(f->hub, &caller, NULL, 0, &f->arena, &f->granted);
    assert(e == OK);
}

void fake_fini(struct fake *f)
{
    for (size_t i = 0; i < f->replica->waiting_n; i++)
        effects_unref(f->replica->waiting[i]);
    hub_free(f->hub);
    loop_free(f->loop);
    store_close(f->store);
    metrics_free(f->metrics);
    arena_fini(&f->arena);
    mem_free(f->replica);
    tempdir_free(f->dir);
}
