/* Compares see the state before the transaction; the steps of nested transactions follow in place.
 */
#include "store/txn_plan.h"

#include "store/lease_row.h"
#include "store/range_job.h"

/* -- compares --------------------------------------------------------------------------------- */

static bool result_holds(enum compare_result wanted, int order)
{
    switch (wanted) {
    case COMPARE_EQUAL:
        return order == 0;
    case COMPARE_GREATER:
        return order > 0;
    case COMPARE_LESS:
        return order < 0;
    case COMPARE_NOT_EQUAL:
        return order != 0;
    case COMPARE_ALWAYS:
        return true;
    }
    return false;
}

static int by_number(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

/* KV is all zeroes if the key is not there. */
static enum err compare_kv(const struct view *v, const struct compare *c, const struct kv *kv,
                           struct arena *arena, bool *ret)
{
    int order = 0;
    *ret = false;
    switch (c->target) {
    case COMPARE_VERSION:
        order = by_number((int64_t)kv->version, c->number);
        break;
    case COMPARE_CREATE:
        order = by_number((int64_t)kv->create, c->number);
        break;
    case COMPARE_MOD:
        order = by_number((int64_t)kv->mod, c->number);
        break;
    case COMPARE_LEASE:
        order = by_number(kv->lease, c->number);
        break;
    case COMPARE_NOTHING:
        break;
    case COMPARE_VALUE: {
        if (kv->create == 0)
            return OK;
        struct bytes value = bytes_of(kv->value.p, kv->value.n);
        if (value.p == NULL && value.n > 0) {
            uint8_t *p = arena_alloc(arena, value.n);
            struct buf b = { .p = p, .room = value.n, .max = value.n };
            enum err e = value_append(v, &kv->value, &b);
            if (e != OK)
                return e;
            value = buf_bytes(&b);
        }
        order = bytes_cmp(value, c->value);
        break;
    }
    }
    *ret = result_holds(c->result, order);
    return OK;
}

static enum err compare_holds(const struct view *v, const struct compare *c, struct arena *arena,
                              bool *ret)
{
    static const struct kv nothing;
    struct range_query query = { .space = c->space, .key = c->key, .end = c->end };
    struct range_result found;
    enum err e = range_read(v, &query, arena, &found);
    if (e != OK)
        return e;
    if (found.kv_n == 0)
        return compare_kv(v, c, &nothing, arena, ret);
    *ret = true;
    for (size_t i = 0; i < found.kv_n && e == OK && *ret; i++)
        e = compare_kv(v, c, &found.kvs[i], arena, ret);
    return e;
}

static enum err all_hold(const struct view *v, const struct txn *txn, struct arena *arena,
                         bool *ret)
{
    enum err e = OK;
    *ret = true;
    for (size_t i = 0; i < txn->compare_n && e == OK && *ret; i++)
        e = compare_holds(v, &txn->compares[i], arena, ret);
    return e;
}

/* -- laying out ------------------------------------------------------------------------------- */

static void add_step(struct txn_plan *plan, struct txn_step step)
{
    if (plan->step_n == plan->room) {
        plan->room = plan->room == 0 ? 4 : plan->room * 2;
        struct txn_step *steps = arena_alloc(plan->arena, plan->room * sizeof *steps);
        if (plan->step_n > 0)
            memcpy(steps, plan->steps, plan->step_n * sizeof *steps);
        plan->steps = steps;
    }
    plan->steps[plan->step_n++] = step;
}

/* Nested at most TXN_DEPTH_MAX deep: the decoder sees to it. */
static enum err lay_out(const struct view *v, const struct txn *txn, struct txn_plan *plan,
                        struct op_result *slot, struct txn_result **ret)
{
    struct txn_result *result = arena_zalloc(plan->arena, 1, sizeof *result);
    enum err e = all_hold(v, txn, plan->arena, &result->succeeded);
    const struct op *ops = result->succeeded ? txn->then_ops : txn->else_ops;
    result->op_n = result->succeeded ? txn->then_n : txn->else_n;
    result->ops = arena_zalloc(plan->arena, result->op_n, sizeof *result->ops);
    for (size_t i = 0; i < result->op_n && e == OK; i++) {
        result->ops[i].kind = ops[i].kind;
        if (ops[i].kind == OP_TXN)
            e = lay_out(v, ops[i].txn, plan, &result->ops[i], &result->ops[i].txn);
        else
            add_step(plan, (struct txn_step){ .op = &ops[i], .result = &result->ops[i] });
    }
    add_step(plan, (struct txn_step){ .result = slot, .owner = result });
    *ret = result;
    return e;
}

enum err txn_plan_make(const struct view *v, const struct txn *txn, struct arena *arena,
                       struct txn_plan *ret)
{
    *ret = (struct txn_plan){ .arena = arena };
    return lay_out(v, txn, ret, NULL, &ret->result);
}

/* -- checking --------------------------------------------------------------------------------- */

/* What the steps before AT leave of KEY: 1 put, 0 removed, -1 not touched. */
static int touched(const struct txn_plan *plan, size_t at, enum space space, struct bytes key)
{
    while (at-- > 0) {
        const struct op *op = plan->steps[at].op;
        if (op == NULL)
            continue;
        if (op->kind == OP_PUT && op->put.space == space && bytes_eq(op->put.key, key))
            return 1;
        if (op->kind == OP_REMOVE && op->remove.space == space &&
            range_holds(op->remove.key, op->remove.end, key))
            return 0;
    }
    return -1;
}

static enum err check_put(const struct view *v, const struct txn_plan *plan, size_t at)
{
    const struct put *put = &plan->steps[at].op->put;
    struct lease lease;
    enum err e = OK;
    if (put->lease != 0 && !put->ignore_lease)
        e = lease_row_get(v, put->lease, &lease);
    if (e != OK || (!put->ignore_value && !put->ignore_lease))
        return e;
    int before = touched(plan, at, put->space, put->key);
    if (before >= 0)
        return before == 1 ? OK : ERR_KEY_NOT_FOUND;
    struct kv kv;
    return range_get(v, put->space, put->key, 0, plan->arena, &kv);
}

enum err txn_plan_check(const struct view *v, const struct txn_plan *plan)
{
    enum err e = OK;
    for (size_t i = 0; i < plan->step_n && e == OK; i++) {
        const struct op *op = plan->steps[i].op;
        if (op != NULL && op->kind == OP_PUT)
            e = check_put(v, plan, i);
        else if (op != NULL && op->kind == OP_RANGE)
            e = range_check_revision(v, op->range.space, op->range.revision);
    }
    return e;
}

/* -- reading transactions --------------------------------------------------------------------- */

enum err txn_read(const struct view *view, const struct txn *txn, struct arena *arena,
                  struct txn_result **ret)
{
    struct txn_plan plan;
    enum err e = txn_plan_make(view, txn, arena, &plan);
    if (e == OK)
        e = txn_plan_check(view, &plan);
    for (size_t i = 0; i < plan.step_n && e == OK; i++) {
        const struct txn_step *step = &plan.steps[i];
        if (step->result != NULL)
            step->result->revision = view_revision(view);
        if (step->owner != NULL)
            step->owner->revision = view_revision(view);
        if (step->op != NULL)
            e = step->op->kind == OP_RANGE
                    ? range_read(view, &step->op->range, arena, &step->result->range)
                    : ERR_INVALID;
    }
    if (e == OK)
        *ret = plan.result;
    return e;
}
