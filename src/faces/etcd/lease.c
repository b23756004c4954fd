/* etcdserverpb.Lease but for LeaseKeepAlive. */
#include "faces/etcd/descriptor.h"
#include "faces/etcd/keepalive.h"
#include "faces/etcd/lease_list.h"
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
    UNARY("LeaseTimeToLive", struct ttl_call, ttl_message),
    UNARY("LeaseLeases", struct leases_call, leases_message),
};

const struct grpc_service etcd_lease_service = {
    .name = "etcdserverpb.Lease",
    .methods = methods,
    .method_n = ARRAY_LEN(methods),
    .file = &etcd_rpc_file,
};
