/* What is left of a lease and which keys it has; which leases there are.
 *
 * Both lists may be long: they are gathered step by step, as they are sent. */
#include "faces/etcd/lease_list.h"

#include "faces/etcd/descriptor.h"
#include "store/lease.h"
#include "wire/pb.h"

enum { BYTES_A_ROW = 4096 };

static const struct bytes no_key;

/* How far a step may go. */
struct listing {
    struct etcd_call *call;
    uint64_t rows;
};

/* -- LeaseTimeToLive -------------------------------------------------------------------------- */

static struct ttl_call *ttl_of(struct etcd_call *c)
{
    return CONTAINER_OF(c, struct ttl_call, call);
}

static void answer_ttl(struct etcd_call *c, const struct view *view)
{
    const struct ttl_call *t = ttl_of(c);
    struct buf *out = call_answer(c, view_revision(view));
    pb_put_int(out, 2, t->id);
    /* Whole seconds that are surely left: a lease of 60 s just granted has 59. */
    uint64_t left = t->remaining_ms == 0 ? 0 : (t->remaining_ms - 1) / 1000;
    pb_put_int(out, 3, t->gone ? -1 : (int64_t)left);
    pb_put_uint(out, 4, t->gone ? 0 : t->ttl_ms / 1000);
    buf_put_bytes(out, buf_bytes(&t->keys));
    call_answered(c);
}

static enum err begin_keys(struct etcd_call *c, const struct view *view)
{
    struct ttl_call *t = ttl_of(c);
    buf_init(&t->keys, c->face->options.list_max_bytes);
    buf_init(&t->next, SIZE_MAX / 4);
    return OK;
}

static void end_keys(struct etcd_call *c)
{
    buf_fini(&ttl_of(c)->keys);
    buf_fini(&ttl_of(c)->next);
}

static bool list_key(void *ctx, enum space space, struct bytes key)
{
    struct listing *l = ctx;
    struct ttl_call *t = ttl_of(l->call);
    if (l->rows == 0) {
        buf_clear(&t->next, SIZE_MAX);
        buf_put_bytes(&t->next, key);
        return false;
    }
    uint64_t cost = 1 + key.n / BYTES_A_ROW;
    l->rows -= cost < l->rows ? cost : l->rows;
    pb_put_bytes_always(&t->keys, 5, key);
    return !t->keys.full;
}

static enum err list_keys(struct etcd_call *c, const struct view *view, uint64_t rows,
                          bool *ret_done)
{
    struct ttl_call *t = ttl_of(c);
    struct listing l = { .call = c, .rows = rows };
    bool all;
    enum err e = lease_each_key(view, t->id, SPACE_ETCD, buf_bytes(&t->next), list_key, &l, &all);
    *ret_done = all;
    return e != OK ? e : buf_err(&t->keys);
}

static const struct long_read_ops key_list = {
    .begin = begin_keys, .step = list_keys, .answer = answer_ttl, .end = end_keys
};

static void ttl_known(struct hub_lease *l, enum lease_answer answer, uint64_t ttl_ms,
                      uint64_t remaining_ms)
{
    struct etcd_call *c = CONTAINER_OF(l, struct etcd_call, lease);
    struct ttl_call *t = ttl_of(c);
    call_waits_no_more(c);
    if (answer == LEASE_ANSWER_NOT_LEADER) {
        call_refuse(c, ETCD_NO_LEADER);
        return;
    }
    t->gone = answer == LEASE_ANSWER_GONE;
    t->ttl_ms = ttl_ms;
    t->remaining_ms = remaining_ms;
    if (t->wants_keys && !t->gone)
        long_read(c, &t->long_read, &key_list, false);
    else
        call_read(c, false, answer_ttl);
}

void ttl_message(struct grpc_call *call, struct bytes message)
{
    struct ttl_call *t = grpc_call_state(call);
    struct etcd_call *c = &t->call;
    if (!call_begin(call))
        return;
    const Etcdserverpb__LeaseTimeToLiveRequest *request =
        call_decode(c, &etcdserverpb__lease_time_to_live_request__descriptor, message);
    if (request == NULL || !call_granted_one(c, ACCESS_READ, SPACE_ETCD, no_key, no_key) ||
        !call_has_room(c))
        return;
    t->id = request->id;
    t->wants_keys = request->keys != 0;
    call_ask_lease(c, t->id, ttl_known);
}

/* -- LeaseLeases ------------------------------------------------------------------------------ */

static struct leases_call *leases_of(struct etcd_call *c)
{
    return CONTAINER_OF(c, struct leases_call, call);
}

static enum err begin_leases(struct etcd_call *c, const struct view *view)
{
    struct leases_call *s = leases_of(c);
    buf_init(&s->leases, c->face->options.list_max_bytes);
    s->next = INT64_MIN;
    return OK;
}

static void end_leases(struct etcd_call *c)
{
    buf_fini(&leases_of(c)->leases);
}

static bool list_lease(void *ctx, const struct lease *lease)
{
    struct listing *l = ctx;
    struct leases_call *s = leases_of(l->call);
    s->next = lease->grant.id;
    if (l->rows == 0)
        return false;
    l->rows--;
    if (lease->grant.face == FACE_ETCD) {
        size_t mark = pb_open(&s->leases, 2);
        pb_put_int(&s->leases, 1, lease->grant.id);
        pb_close(&s->leases, mark);
    }
    return !s->leases.full;
}

static enum err list_leases(struct etcd_call *c, const struct view *view, uint64_t rows,
                            bool *ret_done)
{
    struct leases_call *s = leases_of(c);
    struct listing l = { .call = c, .rows = rows };
    enum err e = lease_each(view, s->next, list_lease, &l, ret_done);
    return e != OK ? e : buf_err(&s->leases);
}

static void answer_leases(struct etcd_call *c, const struct view *view)
{
    struct buf *out = call_answer(c, view_revision(view));
    buf_put_bytes(out, buf_bytes(&leases_of(c)->leases));
    call_answered(c);
}

static const struct long_read_ops lease_list = {
    .begin = begin_leases, .step = list_leases, .answer = answer_leases, .end = end_leases
};

void leases_message(struct grpc_call *call, struct bytes message)
{
    struct leases_call *s = grpc_call_state(call);
    struct etcd_call *c = &s->call;
    if (!call_begin(call))
        return;
    if (call_decode(c, &etcdserverpb__lease_leases_request__descriptor, message) == NULL ||
        !call_granted_one(c, ACCESS_LIST, SPACE_ETCD, no_key, no_key) || !call_has_room(c))
        return;
    long_read(c, &s->long_read, &lease_list, false);
}
