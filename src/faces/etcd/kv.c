/* etcdserverpb.KV but for Range and Txn. */
#include "faces/etcd/call.h"
#include "faces/etcd/descriptor.h"
#include "faces/etcd/range.h"
#include "faces/etcd/render.h"
#include "faces/etcd/txn.h"
#include "wire/pb.h"

/* -- Put and DeleteRange ---------------------------------------------------------------------- */

struct write_call {
    struct etcd_call call;
    uint64_t begun_ns;
};

static void observe(struct histogram *h, uint64_t begun_ns)
{
    if (h != NULL)
        histogram_observe_ns(h, clock_now_ns() - begun_ns);
}

static uint64_t *begun(struct etcd_call *c)
{
    return &CONTAINER_OF(c, struct write_call, call)->begun_ns;
}

static void submit_one(struct etcd_call *c, struct op *op, call_written_fn done)
{
    const struct txn txn = { .then_ops = op, .then_n = 1 };
    *begun(c) = loop_now_ns(c->face->loop);
    call_submit_txn(c, &txn, done);
}

static void answer_put(struct etcd_call *c, const struct command_result *result)
{
    struct buf *out = call_answer(c, result->revision);
    enum err e = render_put(out, NULL, &result->txn->ops[0]);
    observe(c->face->metrics.apply_put, *begun(c));
    call_answered_if(c, out, e);
}

static void put(struct grpc_call *call, struct bytes message)
{
    struct etcd_call *c = call_of(call);
    if (!call_begin(call))
        return;
    Etcdserverpb__PutRequest request;
    if (call_refuse(c, etcd_decode_put(message, &request)))
        return;
    struct op op = etcd_put_op(&request);
    if (call_refuse(c, etcd_check_put(&request, &c->face->limits)) ||
        call_refuse(c, etcd_check_size(message.n, &c->face->limits)))
        return;
    const struct operation operations[] = {
        { ACCESS_WRITE, SPACE_ETCD, op.put.key, { 0 } },
        { ACCESS_READ, SPACE_ETCD, op.put.key, { 0 } },
    };
    if (!call_granted(c, operations, op.put.want_prev ? 2 : 1) ||
        !call_may_write(c, etcd_put_cost(&op.put)))
        return;
    etcd_count(c->face->metrics.puts, 1);
    etcd_count(c->face->metrics.put_bytes, op.put.key.n + op.put.value.n);
    submit_one(c, &op, answer_put);
}

static void answer_delete(struct etcd_call *c, const struct command_result *result)
{
    struct buf *out = call_answer(c, result->revision);
    enum err e = render_delete(out, NULL, &result->txn->ops[0]);
    observe(c->face->metrics.apply_delete, *begun(c));
    call_answered_if(c, out, e);
}

static void delete_range(struct grpc_call *call, struct bytes message)
{
    struct etcd_call *c = call_of(call);
    if (!call_begin(call))
        return;
    const Etcdserverpb__DeleteRangeRequest *request =
        call_decode(c, &etcdserverpb__delete_range_request__descriptor, message);
    if (request == NULL || call_refuse(c, etcd_check_delete(request)) ||
        call_refuse(c, etcd_check_size(message.n, &c->face->limits)))
        return;
    struct op op = etcd_delete_op(request);
    const struct operation operations[] = {
        { ACCESS_WRITE, SPACE_ETCD, op.remove.key, op.remove.end },
        { ACCESS_READ, SPACE_ETCD, op.remove.key, op.remove.end },
    };
    if (!call_granted(c, operations, op.remove.want_prev ? 2 : 1) || !call_may_write(c, 0))
        return;
    etcd_count(c->face->metrics.deletes, 1);
    submit_one(c, &op, answer_delete);
}

/* -- Compact ---------------------------------------------------------------------------------- */

struct compact_call {
    struct etcd_call call;
    bool physical;
    uint64_t revision;
};

static void answer_compact(struct etcd_call *c)
{
    call_answer(c, CONTAINER_OF(c, struct compact_call, call)->revision);
    call_answered(c);
}

static void compacted(struct etcd_call *c, const struct command_result *result)
{
    struct compact_call *k = CONTAINER_OF(c, struct compact_call, call);
    k->revision = result->revision;
    if (k->physical)
        call_wait_swept(c, answer_compact);
    else
        answer_compact(c);
}

static void compact(struct grpc_call *call, struct bytes message)
{
    struct compact_call *k = grpc_call_state(call);
    struct etcd_call *c = &k->call;
    if (!call_begin(call))
        return;
    const Etcdserverpb__CompactionRequest *request =
        call_decode(c, &etcdserverpb__compaction_request__descriptor, message);
    if (request == NULL ||
        !call_granted_one(c, ACCESS_ADMIN, SPACE_ETCD, (struct bytes){ 0 }, (struct bytes){ 0 }) ||
        !call_may_write(c, 0))
        return;
    if (request->revision < 0) {
        call_refuse(c, ETCD_COMPACTED);
        return;
    }
    k->physical = request->physical != 0;
    const struct compact command = { .space = SPACE_ETCD, .revision = (uint64_t)request->revision };
    struct buf *body = &c->face->scratch;
    buf_clear(body, 64 * 1024);
    compact_encode(&command, body);
    call_submit(c, COMMAND_COMPACT, buf_bytes(body), compacted);
}

static const struct grpc_method methods[] = {
    { .name = "Range",
      .kind = GRPC_UNARY,
      .state_bytes = sizeof(struct range_call),
      .message = range_message,
      .drained = range_drained,
      .closed = range_closed },
    UNARY("Put", struct write_call, put),
    UNARY("DeleteRange", struct write_call, delete_range),
    UNARY("Txn", struct etcd_txn_call, etcd_handle_txn),
    UNARY("Compact", struct compact_call, compact),
};

const struct grpc_service etcd_kv_service = {
    .name = "etcdserverpb.KV",
    .methods = methods,
    .method_n = ARRAY_LEN(methods),
    .file = &etcd_rpc_file,
};
