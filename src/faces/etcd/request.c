/* Checked requests in the kernel's words. */
#include "faces/etcd/request.h"

#include <assert.h>

struct range_query etcd_range_query(const Etcdserverpb__RangeRequest *r)
{
    static const enum range_order orders[] = { RANGE_NONE, RANGE_ASCEND, RANGE_DESCEND };
    static const enum range_target targets[] = { RANGE_KEY, RANGE_VERSION, RANGE_CREATE, RANGE_MOD,
                                                 RANGE_VALUE };
    return (struct range_query){
        .space = SPACE_ETCD,
        .key = etcd_bytes(r->key),
        .end = etcd_bytes(r->range_end),
        .revision = r->revision,
        .limit = r->limit,
        .order = orders[r->sort_order],
        .target = targets[r->sort_target],
        .keys_only = r->keys_only != 0,
        .count_only = r->count_only != 0,
        .min_mod = r->min_mod_revision,
        .max_mod = r->max_mod_revision,
        .min_create = r->min_create_revision,
        .max_create = r->max_create_revision,
    };
}

struct op etcd_put_op(const Etcdserverpb__PutRequest *r)
{
    return (struct op){ .kind = OP_PUT,
                        .put = { .space = SPACE_ETCD,
                                 .key = etcd_bytes(r->key),
                                 .value = etcd_bytes(r->value),
                                 .lease = r->lease,
                                 .want_prev = r->prev_kv != 0,
                                 .ignore_value = r->ignore_value != 0,
                                 .ignore_lease = r->ignore_lease != 0 } };
}

struct op etcd_delete_op(const Etcdserverpb__DeleteRangeRequest *r)
{
    return (struct op){ .kind = OP_REMOVE,
                        .remove = { .space = SPACE_ETCD,
                                    .key = etcd_bytes(r->key),
                                    .end = etcd_bytes(r->range_end),
                                    .want_prev = r->prev_kv != 0 } };
}

/* -- Txn -------------------------------------------------------------------------------------- */

/* The oneof's member, or 0 when another one was sent than the target asks for. */
static int64_t compare_number(const Etcdserverpb__Compare *c)
{
    switch (c->target) {
    case ETCDSERVERPB__COMPARE__COMPARE_TARGET__VERSION:
        return c->target_union_case == ETCDSERVERPB__COMPARE__TARGET_UNION_VERSION ? c->version : 0;
    case ETCDSERVERPB__COMPARE__COMPARE_TARGET__CREATE:
        return c->target_union_case == ETCDSERVERPB__COMPARE__TARGET_UNION_CREATE_REVISION
                   ? c->create_revision
                   : 0;
    case ETCDSERVERPB__COMPARE__COMPARE_TARGET__MOD:
        return c->target_union_case == ETCDSERVERPB__COMPARE__TARGET_UNION_MOD_REVISION
                   ? c->mod_revision
                   : 0;
    case ETCDSERVERPB__COMPARE__COMPARE_TARGET__LEASE:
        return c->target_union_case == ETCDSERVERPB__COMPARE__TARGET_UNION_LEASE ? c->lease : 0;
    case ETCDSERVERPB__COMPARE__COMPARE_TARGET__VALUE:
    case _ETCDSERVERPB__COMPARE__COMPARE_TARGET_IS_INT_SIZE:
        break;
    }
    return 0;
}

static struct compare translate_compare(const Etcdserverpb__Compare *c)
{
    static const enum compare_result results[] = { COMPARE_EQUAL, COMPARE_GREATER, COMPARE_LESS,
                                                   COMPARE_NOT_EQUAL };
    static const enum compare_target targets[] = { COMPARE_VERSION, COMPARE_CREATE, COMPARE_MOD,
                                                   COMPARE_VALUE, COMPARE_LEASE };
    struct compare out = {
        .space = SPACE_ETCD,
        .key = etcd_bytes(c->key),
        .end = etcd_bytes(c->range_end),
        .result = COMPARE_ALWAYS,
        .target = COMPARE_NOTHING,
        .number = compare_number(c),
    };
    if ((unsigned)c->result < ARRAY_LEN(results))
        out.result = results[c->result];
    if ((unsigned)c->target < ARRAY_LEN(targets))
        out.target = targets[c->target];
    if (c->target_union_case == ETCDSERVERPB__COMPARE__TARGET_UNION_VALUE)
        out.value = etcd_bytes(c->value);
    return out;
}

static struct op translate_op(const Etcdserverpb__RequestOp *op, struct arena *arena)
{
    switch (op->request_case) {
    case ETCDSERVERPB__REQUEST_OP__REQUEST_REQUEST_RANGE:
        return (struct op){ .kind = OP_RANGE, .range = etcd_range_query(op->request_range) };
    case ETCDSERVERPB__REQUEST_OP__REQUEST_REQUEST_PUT:
        return etcd_put_op(op->request_put);
    case ETCDSERVERPB__REQUEST_OP__REQUEST_REQUEST_DELETE_RANGE:
        return etcd_delete_op(op->request_delete_range);
    case ETCDSERVERPB__REQUEST_OP__REQUEST_REQUEST_TXN:
        return (struct op){ .kind = OP_TXN, .txn = etcd_txn(op->request_txn, arena) };
    case ETCDSERVERPB__REQUEST_OP__REQUEST__NOT_SET:
    case _ETCDSERVERPB__REQUEST_OP__REQUEST__CASE_IS_INT_SIZE:
        break;
    }
    assert(!"an operation that etcd_check_txn has let through");
    return (struct op){ 0 };
}

static struct op *translate_ops(Etcdserverpb__RequestOp *const *ops, size_t n, struct arena *arena)
{
    struct op *out = arena_zalloc(arena, n + 1, sizeof *out);
    for (size_t i = 0; i < n; i++)
        out[i] = translate_op(ops[i], arena);
    return out;
}

struct txn *etcd_txn(const Etcdserverpb__TxnRequest *r, struct arena *arena)
{
    struct txn *txn = arena_zalloc(arena, 1, sizeof *txn);
    txn->compare_n = r->n_compare;
    txn->compares = arena_zalloc(arena, r->n_compare + 1, sizeof *txn->compares);
    for (size_t i = 0; i < r->n_compare; i++)
        txn->compares[i] = translate_compare(r->compare[i]);
    txn->then_n = r->n_success;
    txn->then_ops = translate_ops(r->success, r->n_success, arena);
    txn->else_n = r->n_failure;
    txn->else_ops = translate_ops(r->failure, r->n_failure, arena);
    return txn;
}

/* -- what it costs, and how it reads ---------------------------------------------------------- */

enum { PUT_OVERHEAD = 256 };

uint64_t etcd_put_cost(const struct put *put)
{
    return PUT_OVERHEAD + put->key.n + put->value.n;
}

static uint64_t ops_cost(const struct op *ops, size_t n)
{
    uint64_t cost = 0;
    for (size_t i = 0; i < n; i++) {
        if (ops[i].kind == OP_PUT)
            cost += etcd_put_cost(&ops[i].put);
        else if (ops[i].kind == OP_TXN)
            cost += etcd_txn_cost(ops[i].txn);
    }
    return cost;
}

uint64_t etcd_txn_cost(const struct txn *txn)
{
    uint64_t then = ops_cost(txn->then_ops, txn->then_n);
    uint64_t otherwise = ops_cost(txn->else_ops, txn->else_n);
    return then > otherwise ? then : otherwise;
}

static bool all_serializable(Etcdserverpb__RequestOp *const *ops, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (ops[i]->request_case != ETCDSERVERPB__REQUEST_OP__REQUEST_REQUEST_RANGE ||
            !ops[i]->request_range->serializable)
            return false;
    }
    return true;
}

bool etcd_txn_is_linearizable(const Etcdserverpb__TxnRequest *r)
{
    return !all_serializable(r->success, r->n_success) ||
           !all_serializable(r->failure, r->n_failure);
}

/* -- access ----------------------------------------------------------------------------------- */

static size_t count_operations(const struct txn *txn)
{
    size_t n = txn->compare_n + txn->then_n + txn->else_n;
    for (size_t i = 0; i < txn->then_n; i++)
        if (txn->then_ops[i].kind == OP_TXN)
            n += count_operations(txn->then_ops[i].txn);
    for (size_t i = 0; i < txn->else_n; i++)
        if (txn->else_ops[i].kind == OP_TXN)
            n += count_operations(txn->else_ops[i].txn);
    return n;
}

struct operations {
    struct operation *all;
    size_t n;
};

static void list_one(struct operations *o, enum access_verb verb, struct bytes key,
                     struct bytes end)
{
    o->all[o->n++] =
        (struct operation){ .verb = verb, .space = SPACE_ETCD, .key = key, .end = end };
}

static void list_txn(struct operations *o, const struct txn *txn);

static void list_op(struct operations *o, const struct op *op)
{
    switch (op->kind) {
    case OP_RANGE:
        list_one(o, ACCESS_READ, op->range.key, op->range.end);
        break;
    case OP_PUT:
        list_one(o, ACCESS_WRITE, op->put.key, (struct bytes){ 0 });
        if (op->put.want_prev)
            list_one(o, ACCESS_READ, op->put.key, (struct bytes){ 0 });
        break;
    case OP_REMOVE:
        list_one(o, ACCESS_WRITE, op->remove.key, op->remove.end);
        if (op->remove.want_prev)
            list_one(o, ACCESS_READ, op->remove.key, op->remove.end);
        break;
    case OP_TXN:
        list_txn(o, op->txn);
        break;
    }
}

static void list_txn(struct operations *o, const struct txn *txn)
{
    for (size_t i = 0; i < txn->compare_n; i++)
        list_one(o, ACCESS_READ, txn->compares[i].key, txn->compares[i].end);
    for (size_t i = 0; i < txn->then_n; i++)
        list_op(o, &txn->then_ops[i]);
    for (size_t i = 0; i < txn->else_n; i++)
        list_op(o, &txn->else_ops[i]);
}

struct operation *etcd_txn_operations(const struct txn *txn, struct arena *arena, size_t *ret_n)
{
    struct operations o = { 0 };
    /* A write that asks for the previous value reads too. */
    o.all = arena_alloc(arena, (2 * count_operations(txn) + 1) * sizeof o.all[0]);
    list_txn(&o, txn);
    *ret_n = o.n;
    return o.all;
}
