/* Txn: checked, then read on a view if neither branch can write, else put into the log. */
#include "faces/etcd/txn.h"

#include "faces/etcd/render.h"

/* What was carried out, at any depth. */
static void count_operations(struct etcd_metrics *m, const struct txn_result *r)
{
    struct metric *const counters[] = {
        [OP_RANGE] = m->ranges, [OP_PUT] = m->puts, [OP_REMOVE] = m->deletes, [OP_TXN] = m->txns
    };
    for (size_t i = 0; i < r->op_n; i++) {
        etcd_count(counters[r->ops[i].kind], 1);
        if (r->ops[i].kind == OP_TXN)
            count_operations(m, r->ops[i].txn);
    }
}

static void answer(struct etcd_call *c, const struct view *view, const struct txn_result *result,
                   uint64_t revision)
{
    count_operations(&c->face->metrics, result);
    struct buf *out = call_answer(c, revision);
    enum err e = render_txn(out, view, result);
    call_answered_if(c, out, e);
}

static void answer_read(struct etcd_call *c, const struct view *view)
{
    const struct etcd_txn_call *t = CONTAINER_OF(c, struct etcd_txn_call, call);
    struct txn_result *result;
    enum err e = txn_read(view, t->txn, call_arena(c), &result);
    if (e != OK)
        call_fail(c, e);
    else
        answer(c, view, result, view_revision(view));
}

static void answer_written(struct etcd_call *c, const struct command_result *result)
{
    const struct etcd_txn_call *t = CONTAINER_OF(c, struct etcd_txn_call, call);
    if (c->face->metrics.apply_txn != NULL)
        histogram_observe_ns(c->face->metrics.apply_txn, clock_now_ns() - t->begun_ns);
    answer(c, NULL, result->txn, result->revision);
}

static void write_txn(struct etcd_call *c, const struct txn *txn, size_t message_n)
{
    if (call_refuse(c, etcd_check_size(message_n, &c->face->limits)) ||
        !call_may_write(c, etcd_txn_cost(txn)))
        return;
    CONTAINER_OF(c, struct etcd_txn_call, call)->begun_ns = loop_now_ns(c->face->loop);
    call_submit_txn(c, txn, answer_written);
}

void etcd_handle_txn(struct grpc_call *call, struct bytes message)
{
    struct etcd_txn_call *t = grpc_call_state(call);
    struct etcd_call *c = &t->call;
    if (!call_begin(call))
        return;
    const Etcdserverpb__TxnRequest *request =
        call_decode(c, &etcdserverpb__txn_request__descriptor, message);
    if (request == NULL)
        return;
    enum etcd_refusal r = etcd_check_txn(request, &c->face->limits, call_arena(c));
    if (call_refuse(c, r))
        return;
    t->txn = etcd_txn(request, call_arena(c));
    size_t n;
    const struct operation *operations = etcd_txn_operations(t->txn, call_arena(c), &n);
    if (!call_granted(c, operations, n))
        return;
    if (!call_has_room(c))
        return;
    etcd_count(c->face->metrics.txns, 1);
    if (txn_is_read_only(t->txn))
        call_read(c, etcd_txn_is_linearizable(request), answer_read);
    else
        write_txn(c, t->txn, message.n);
}
