/* etcdserverpb.Lease but for LeaseKeepAlive. */
#include "faces/etcd/call.h"
#include "faces/etcd/descriptor.h"
#include "faces/etcd/keepalive.h"
#include "store/lease.h"
#include "wire/pb.h"

enum { TTL_LEAST = 2, GRANT_COST = 64 };
#define TTL_MOST INT64_C(9000000000)

static const struct bytes no_key;

/* -- LeaseGrant ------------------------------------------------------------------------------- */

struct grant_call {
    struct etcd_call call;
    struct lease_grant grant;
    bool drawn; /* the id is ours: another one is drawn if it is taken */
};

static void submit_grant(struct etcd_call *c);

static void granted(struct etcd_call *c, const struct command_result *result)
{
    const struct grant_call *g = CONTAINER_OF(c, struct grant_call, call);
    struct buf *out = call_answer(c, result->revision);
    pb_put_int(out, 2, g->grant.id);
    pb_put_uint(out, 3, g->grant.ttl_ms / 1000);
    call_answered(c);
}

/* Anyone may have chosen the id that we drew. */
static bool draw_again(struct etcd_call *c, enum err err)
{
    struct grant_call *g = CONTAINER_OF(c, struct grant_call, call);
    if (!g->drawn || err != ERR_LEASE_EXISTS)
        return false;
    g->grant.id = 0;
    submit_grant(c);
    return true;
}

static void submit_grant(struct etcd_call *c)
{
    struct grant_call *g = CONTAINER_OF(c, struct grant_call, call);
    const struct etcd_options *o = &c->face->options;
    while (g->drawn && g->grant.id == 0)
        g->grant.id = (int64_t)(o->draw(o->draw_ctx) & INT64_MAX);
    c->on_refused = draw_again;
    struct buf *body = &c->face->scratch;
    buf_clear(body, 64 * 1024);
    lease_grant_encode(&g->grant, body);
    call_submit(c, COMMAND_LEASE_GRANT, buf_bytes(body), granted);
}

static void lease_grant(struct grpc_call *call, struct bytes message)
{
    struct grant_call *g = grpc_call_state(call);
    struct etcd_call *c = &g->call;
    if (!call_begin(call))
        return;
    const Etcdserverpb__LeaseGrantRequest *request =
        call_decode(c, &etcdserverpb__lease_grant_request__descriptor, message);
    if (request == NULL || !call_granted_one(c, ACCESS_WRITE, SPACE_ETCD, no_key, no_key) ||
        !call_may_write(c, GRANT_COST) ||
        (request->ttl > TTL_MOST && call_refuse(c, ETCD_LEASE_TTL)))
        return;
    uint64_t ttl_ms = 1000 * (uint64_t)(request->ttl < TTL_LEAST ? TTL_LEAST : request->ttl);
    g->drawn = request->id == 0;
    g->grant = (struct lease_grant){
        .id = request->id, .ttl_ms = ttl_ms, .remove_ms = ttl_ms, .face = FACE_ETCD
    };
    submit_grant(c);
}

/* -- LeaseRevoke ------------------------------------------------------------------------------ */

static void revoked(struct etcd_call *c, const struct command_result *result)
{
    call_answer(c, result->revision);
    call_answered(c);
}

static void lease_revoke(struct grpc_call *call, struct bytes message)
{
    struct etcd_call *c = call_of(call);
    if (!call_begin(call))
        return;
    const Etcdserverpb__LeaseRevokeRequest *request =
        call_decode(c, &etcdserverpb__lease_revoke_request__descriptor, message);
    if (request == NULL || !call_granted_one(c, ACCESS_WRITE, SPACE_ETCD, no_key, no_key) ||
        !call_may_write(c, 0))
        return;
    const struct lease_revoke command = { .id = request->id, .face = FACE_ETCD };
    struct buf *body = &c->face->scratch;
    buf_clear(body, 64 * 1024);
    lease_revoke_encode(&command, body);
    call_submit(c, COMMAND_LEASE_REVOKE, buf_bytes(body), revoked);
}

/* -- LeaseTimeToLive -------------------------------------------------------------------------- */

struct ttl_call {
    struct etcd_call call;
    int64_t id;
    bool keys, gone;
    uint64_t ttl_ms, remaining_ms;
};

static void answer_ttl(struct etcd_call *c, const struct view *view)
{
    const struct ttl_call *t = CONTAINER_OF(c, struct ttl_call, call);
    struct bytes *keys = NULL;
    size_t n = 0;
    if (t->keys && !t->gone) {
        enum err e = lease_keys(view, t->id, SPACE_ETCD, 0, call_arena(c), &keys, &n);
        if (e != OK && e != ERR_LEASE_NOT_FOUND) {
            call_fail(c, e);
            return;
        }
    }
    struct buf *out = call_answer(c, view_revision(view));
    pb_put_int(out, 2, t->id);
    /* Whole seconds that are surely left: a lease of 60 s just granted has 59. */
    uint64_t left = t->remaining_ms == 0 ? 0 : (t->remaining_ms - 1) / 1000;
    pb_put_int(out, 3, t->gone ? -1 : (int64_t)left);
    pb_put_uint(out, 4, t->gone ? 0 : t->ttl_ms / 1000);
    for (size_t i = 0; i < n; i++)
        pb_put_bytes_always(out, 5, keys[i]);
    call_answered(c);
}

static void ttl_known(struct hub_lease *l, enum lease_answer answer, uint64_t ttl_ms,
                      uint64_t remaining_ms)
{
    struct etcd_call *c = CONTAINER_OF(l, struct etcd_call, lease);
    struct ttl_call *t = CONTAINER_OF(c, struct ttl_call, call);
    call_waits_no_more(c);
    if (answer == LEASE_ANSWER_NOT_LEADER) {
        call_refuse(c, ETCD_NO_LEADER);
        return;
    }
    t->gone = answer == LEASE_ANSWER_GONE;
    t->ttl_ms = ttl_ms;
    t->remaining_ms = remaining_ms;
    call_read(c, false, answer_ttl);
}

static void lease_time_to_live(struct grpc_call *call, struct bytes message)
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
    t->keys = request->keys != 0;
    call_ask_lease(c, t->id, ttl_known);
}

/* -- LeaseLeases ------------------------------------------------------------------------------ */

static bool list_lease(void *ctx, const struct lease *lease)
{
    struct buf *out = ctx;
    if (lease->grant.face == FACE_ETCD) {
        size_t mark = pb_open(out, 2);
        pb_put_int(out, 1, lease->grant.id);
        pb_close(out, mark);
    }
    return true;
}

static void answer_leases(struct etcd_call *c, const struct view *view)
{
    struct buf *out = call_answer(c, view_revision(view));
    call_answered_if(c, out, lease_each(view, list_lease, out));
}

static void lease_leases(struct grpc_call *call, struct bytes message)
{
    struct etcd_call *c = call_of(call);
    if (!call_begin(call))
        return;
    if (call_decode(c, &etcdserverpb__lease_leases_request__descriptor, message) == NULL ||
        !call_granted_one(c, ACCESS_LIST, SPACE_ETCD, no_key, no_key) || !call_has_room(c))
        return;
    call_read(c, false, answer_leases);
}

static const struct grpc_method methods[] = {
    UNARY("LeaseGrant", struct grant_call, lease_grant),
    UNARY("LeaseRevoke", struct etcd_call, lease_revoke),
    { .name = "LeaseKeepAlive",
      .kind = GRPC_BIDI_STREAM,
      .state_bytes = sizeof(struct keepalive),
      .message = keepalive_message,
      .half_closed = keepalive_half_closed,
      .drained = keepalive_drained,
      .closed = keepalive_closed },
    UNARY("LeaseTimeToLive", struct ttl_call, lease_time_to_live),
    UNARY("LeaseLeases", struct etcd_call, lease_leases),
};

const struct grpc_service etcd_lease_service = {
    .name = "etcdserverpb.Lease",
    .methods = methods,
    .method_n = ARRAY_LEN(methods),
    .file = &etcd_rpc_file,
};
