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

/* -- reading ---------------------------------------------------------------------------------- */

static struct etcd_txn_call *txn_of(struct etcd_call *c)
{
    return CONTAINER_OF(c, struct etcd_txn_call, call);
}

static enum err begin_reading(struct etcd_call *c, const struct view *view)
{
    struct etcd_txn_call *t = txn_of(c);
    t->reading = arena_alloc(call_arena(c), sizeof *t->reading);
    txn_read_begin(t->reading, view, t->txn, call_arena(c));
    return OK;
}

static enum err read_on(struct etcd_call *c, const struct view *view, uint64_t rows, bool *ret_done)
{
    return txn_read_step(txn_of(c)->reading, &rows, ret_done);
}

static void answer_read(struct etcd_call *c, const struct view *view)
{
    answer(c, view, txn_read_result(txn_of(c)->reading), view_revision(view));
}

static void end_reading(struct etcd_call *c)
{
    if (txn_of(c)->reading != NULL)
        txn_read_end(txn_of(c)->reading);
}

static const struct long_read_ops reading = {
    .begin = begin_reading, .step = read_on, .answer = answer_read, .end = end_reading
};

/* -- writing ---------------------------------------------------------------------------------- */

static void answer_written(struct etcd_call *c, const struct command_result *result)
{
    const struct etcd_txn_call *t = txn_of(c);
    if (c->face->metrics.apply_txn != NULL)
        histogram_observe_ns(c->face->metrics.apply_txn, clock_now_ns() - t->begun_ns);
    answer(c, NULL, result->txn, result->revision);
}

static void write_txn(struct etcd_call *c, const struct txn *txn, size_t message_n)
{
    if (call_refuse(c, etcd_check_size(message_n, &c->face->limits)) ||
        !call_may_write(c, etcd_txn_cost(txn)))
        return;
    txn_of(c)->begun_ns = loop_now_ns(c->face->loop);
    call_submit_txn(c, txn, answer_written);
}

/* -- the call --------------------------------------------------------------------------------- */

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
        long_read(c, &t->long_read, &reading, etcd_txn_is_linearizable(request));
    else
        write_txn(c, t->txn, message.n);
}
