/* What is wrong with a request, in the order in which etcd looks. */
#include "faces/etcd/request.h"
#include "faces/etcd/spans.h"

/* What etcd's replicated form has above the message: its header and the field around it. */
enum { REPLICATED_EXTRA = 18 };

enum etcd_refusal etcd_check_size(size_t n, const struct etcd_limits *limits)
{
    return n + REPLICATED_EXTRA > limits->max_request_bytes ? ETCD_TOO_LARGE : ETCD_FINE;
}

enum etcd_refusal etcd_check_range(const Etcdserverpb__RangeRequest *r)
{
    if (r->key.len == 0)
        return ETCD_EMPTY_KEY;
    if ((unsigned)r->sort_order > ETCDSERVERPB__RANGE_REQUEST__SORT_ORDER__DESCEND ||
        (unsigned)r->sort_target > ETCDSERVERPB__RANGE_REQUEST__SORT_TARGET__VALUE)
        return ETCD_BAD_SORT;
    return ETCD_FINE;
}

enum etcd_refusal etcd_check_put(const Etcdserverpb__PutRequest *r,
                                 const struct etcd_limits *limits)
{
    if (r->key.len == 0)
        return ETCD_EMPTY_KEY;
    if (r->ignore_value && r->value.len != 0)
        return ETCD_VALUE_PROVIDED;
    if (r->ignore_lease && r->lease != 0)
        return ETCD_LEASE_PROVIDED;
    return r->key.len > limits->key_max ? ETCD_TOO_LARGE : ETCD_FINE;
}

enum etcd_refusal etcd_check_delete(const Etcdserverpb__DeleteRangeRequest *r)
{
    return r->key.len == 0 ? ETCD_EMPTY_KEY : ETCD_FINE;
}

/* -- a Txn's operations ----------------------------------------------------------------------- */

static enum etcd_refusal check_ops(const Etcdserverpb__TxnRequest *r,
                                   const struct etcd_limits *limits, uint64_t allowed);

static enum etcd_refusal check_op(const Etcdserverpb__RequestOp *op,
                                  const struct etcd_limits *limits, uint64_t allowed)
{
    switch (op->request_case) {
    case ETCDSERVERPB__REQUEST_OP__REQUEST_REQUEST_RANGE:
        return etcd_check_range(op->request_range);
    case ETCDSERVERPB__REQUEST_OP__REQUEST_REQUEST_PUT:
        return etcd_check_put(op->request_put, limits);
    case ETCDSERVERPB__REQUEST_OP__REQUEST_REQUEST_DELETE_RANGE:
        return etcd_check_delete(op->request_delete_range);
    case ETCDSERVERPB__REQUEST_OP__REQUEST_REQUEST_TXN:
        return check_ops(op->request_txn, limits, allowed);
    case ETCDSERVERPB__REQUEST_OP__REQUEST__NOT_SET:
    case _ETCDSERVERPB__REQUEST_OP__REQUEST__CASE_IS_INT_SIZE:
        break;
    }
    return ETCD_KEY_NOT_FOUND; /* etcd's answer to an operation that is none */
}

static uint64_t longest_list(const Etcdserverpb__TxnRequest *r)
{
    size_t n = r->n_compare > r->n_success ? r->n_compare : r->n_success;
    return n > r->n_failure ? n : r->n_failure;
}

/* A nested txn may have what its parent's longest list has left over. Depth is bounded by the
 * decoder. */
static enum etcd_refusal check_ops(const Etcdserverpb__TxnRequest *r,
                                   const struct etcd_limits *limits, uint64_t allowed)
{
    uint64_t longest = longest_list(r);
    if (longest > allowed)
        return ETCD_TOO_MANY_OPS;
    for (size_t i = 0; i < r->n_compare; i++)
        if (r->compare[i]->key.len == 0)
            return ETCD_EMPTY_KEY;
    enum etcd_refusal e = ETCD_FINE;
    for (size_t i = 0; i < r->n_success && e == ETCD_FINE; i++)
        e = check_op(r->success[i], limits, allowed - longest);
    for (size_t i = 0; i < r->n_failure && e == ETCD_FINE; i++)
        e = check_op(r->failure[i], limits, allowed - longest);
    return e;
}

/* -- keys that are written twice -------------------------------------------------------------- */

struct touched { /* by one branch, with all that is nested in it */
    struct spans puts, deletes;
};

static bool branch_is_clean(Etcdserverpb__RequestOp *const *ops, size_t n, struct arena *scratch,
                            struct touched *ret);

static void collect_deletes(Etcdserverpb__RequestOp *const *ops, size_t n, struct arena *scratch,
                            struct touched *t)
{
    for (size_t i = 0; i < n; i++) {
        if (ops[i]->request_case != ETCDSERVERPB__REQUEST_OP__REQUEST_REQUEST_DELETE_RANGE)
            continue;
        const Etcdserverpb__DeleteRangeRequest *d = ops[i]->request_delete_range;
        if (d->range_end.len == 0)
            spans_add_key(&t->deletes, scratch, etcd_bytes(d->key));
        else
            spans_add_range(&t->deletes, scratch, etcd_bytes(d->key), etcd_bytes(d->range_end));
    }
}

/* Both branches of a nested txn are held against what came before it, not against each other: only
 * one of them will run. */
static bool nested_is_clean(const Etcdserverpb__TxnRequest *r, struct arena *scratch,
                            struct touched *t)
{
    struct touched then = { 0 }, otherwise = { 0 };
    if (!branch_is_clean(r->success, r->n_success, scratch, &then) ||
        !branch_is_clean(r->failure, r->n_failure, scratch, &otherwise))
        return false;
    if (spans_meet(&then.puts, &t->puts) || spans_meet(&then.puts, &t->deletes) ||
        spans_meet(&otherwise.puts, &t->puts) || spans_meet(&otherwise.puts, &t->deletes))
        return false;
    spans_join(&t->puts, scratch, &then.puts);
    spans_join(&t->puts, scratch, &otherwise.puts);
    spans_join(&t->deletes, scratch, &then.deletes);
    spans_join(&t->deletes, scratch, &otherwise.deletes);
    return true;
}

static bool own_puts_are_clean(Etcdserverpb__RequestOp *const *ops, size_t n, struct arena *scratch,
                               struct touched *t)
{
    for (size_t i = 0; i < n; i++) {
        if (ops[i]->request_case != ETCDSERVERPB__REQUEST_OP__REQUEST_REQUEST_PUT)
            continue;
        struct bytes key = etcd_bytes(ops[i]->request_put->key);
        if (spans_hold(&t->puts, key) || spans_hold(&t->deletes, key))
            return false;
        spans_add_key(&t->puts, scratch, key);
    }
    return true;
}

/* etcd's order, which decides what is seen: own deletes, nested txns one after another, own puts. A
 * range that ends in one 0x00 byte counts as empty here, as it does there. */
static bool branch_is_clean(Etcdserverpb__RequestOp *const *ops, size_t n, struct arena *scratch,
                            struct touched *ret)
{
    collect_deletes(ops, n, scratch, ret);
    for (size_t i = 0; i < n; i++) {
        if (ops[i]->request_case == ETCDSERVERPB__REQUEST_OP__REQUEST_REQUEST_TXN &&
            !nested_is_clean(ops[i]->request_txn, scratch, ret))
            return false;
    }
    return own_puts_are_clean(ops, n, scratch, ret);
}

enum etcd_refusal etcd_check_txn(const Etcdserverpb__TxnRequest *r,
                                 const struct etcd_limits *limits, struct arena *scratch)
{
    enum etcd_refusal e = check_ops(r, limits, limits->max_txn_ops);
    if (e != ETCD_FINE)
        return e;
    struct touched then = { 0 }, otherwise = { 0 };
    if (!branch_is_clean(r->success, r->n_success, scratch, &then) ||
        !branch_is_clean(r->failure, r->n_failure, scratch, &otherwise))
        return ETCD_DUPLICATE_KEY;
    return ETCD_FINE;
}
