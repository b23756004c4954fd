/* Each step that gives kvs becomes a range of the state before the transaction.
 *
 * What it takes in order is summed up and forgotten, step by step; only a sorted range with a limit
 * holds a selection, which is bounded as the results are. */
#include "store/txn_measure.h"

#include "base/mem.h"
#include "store/range.h"

enum { STEPS_A_ROW = 64 /* that are looked through for what they put */ };

void txn_measure_begin(struct txn_measure *m, const struct txn_plan *plan, struct arena *arena)
{
    *m = (struct txn_measure){ .plan = plan, .arena = arena };
    arena_init(&m->kvs, 0);
    m->value_n = arena_zalloc(arena, plan->step_n, sizeof *m->value_n);
}

static void end_step(struct txn_measure *m)
{
    if (m->in_step)
        range_job_end(&m->job);
    m->in_step = false;
}

void txn_measure_end(struct txn_measure *m)
{
    end_step(m);
    arena_fini(&m->kvs);
}

/* -- what a step asks for --------------------------------------------------------------------- */

/* False: no kvs. */
static bool query_of(const struct op *op, struct range_query *ret)
{
    switch (op->kind) {
    case OP_RANGE:
        *ret = op->range;
        return !op->range.count_only;
    case OP_PUT:
        *ret = (struct range_query){ .space = op->put.space, .key = op->put.key };
        return op->put.want_prev;
    case OP_REMOVE:
        *ret = (struct range_query){ .space = op->remove.space,
                                     .key = op->remove.key,
                                     .end = op->remove.end };
        return op->remove.want_prev;
    case OP_TXN:
        break;
    }
    return false;
}

/* The order matters only to what a limit cuts. */
static void leave_order(struct range_query *q)
{
    if (q->limit <= 0)
        q->target = RANGE_KEY;
}

static bool may_meet(const struct op *op, const struct range_query *q)
{
    if (op->kind == OP_PUT)
        return op->put.space == q->space && range_holds(q->key, q->end, op->put.key);
    return op->kind == OP_REMOVE && op->remove.space == q->space;
}

static bool is_replaced(void *ctx, struct bytes key)
{
    const struct txn_measure *m = ctx;
    return txn_plan_touched(m->plan, m->step, m->job.query.space, key) >= 0;
}

/* What earlier steps have put into the range; *ret_met: they may have changed it at all. */
static enum err add_earlier(struct txn_measure *m, const struct range_query *q, bool *ret_met)
{
    enum err e = OK;
    *ret_met = false;
    for (size_t i = 0; i < m->step && e == OK; i++) {
        const struct op *op = m->plan->steps[i].op;
        if (op == NULL || !may_meet(op, q))
            continue;
        *ret_met = true;
        if (op->kind == OP_PUT)
            e = txn_size_add(&m->size, op->put.key.n, q->keys_only ? 0 : m->value_n[i]);
    }
    return e;
}

static enum err begin_step(struct txn_measure *m, struct range_query *q, uint64_t *rows)
{
    uint64_t cost = 1 + m->step / STEPS_A_ROW;
    bool met = false;
    leave_order(q);
    *rows -= cost < *rows ? cost : *rows;
    enum err e = range_job_begin(&m->job, m->plan->view, q, false, &m->kvs);
    m->in_step = true;
    if (e == OK && q->revision <= 0) /* what stood at a revision stays */
        e = add_earlier(m, q, &met);
    if (met) {
        m->job.skip = is_replaced;
        m->job.skip_ctx = m;
    }
    return e;
}

/* -- summing up ------------------------------------------------------------------------------- */

static enum err add_taken(struct txn_measure *m)
{
    enum err e = txn_size_add_kvs(&m->size, m->job.kvs, m->job.kv_n);
    m->job.kvs = NULL;
    m->job.kv_n = m->job.kv_room = 0;
    arena_clear(&m->kvs);
    return e;
}

static enum err add_selected(struct txn_measure *m)
{
    enum err e = OK;
    uint64_t steps = UINT64_MAX;
    IGNORE(range_select_sort(&m->job.select, &steps)); /* in as many as it wants */
    for (size_t i = 0; i < m->job.select.n && e == OK; i++) {
        const struct kv *kv = range_select_at(&m->job.select, i);
        e = txn_size_add(&m->size, kv->key.n, m->job.query.keys_only ? 0 : kv->value.n);
    }
    return e;
}

static enum err go_on(struct txn_measure *m, uint64_t *rows, bool *ret_done)
{
    enum err e = range_job_step(&m->job, rows, ret_done);
    if (e != OK)
        return e;
    if (!m->job.sorted_later) {
        *ret_done = *ret_done || m->job.passed >= m->job.taken_max; /* the rest only counts */
        return add_taken(m);
    }
    e = txn_size_check(&m->size, &m->job.select);
    return e == OK && *ret_done ? add_selected(m) : e;
}

/* -- step by step ----------------------------------------------------------------------------- */

/* An ignored value is that of the step before, or what stands there. */
static enum err note_put(struct txn_measure *m, const struct put *put)
{
    uint64_t *n = &m->value_n[m->step];
    *n = put->value.n;
    if (!put->ignore_value)
        return OK;
    for (size_t i = m->step; i-- > 0;) {
        const struct op *op = m->plan->steps[i].op;
        if (op != NULL && op->kind == OP_PUT && op->put.space == put->space &&
            bytes_eq(op->put.key, put->key)) {
            *n = m->value_n[i];
            return OK;
        }
    }
    struct kv kv;
    enum err e = range_get(m->plan->view, put->space, put->key, 0, m->arena, &kv);
    if (e == OK)
        *n = kv.value.n;
    return e == ERR_KEY_NOT_FOUND ? OK : e;
}

static enum err measure_op(struct txn_measure *m, const struct op *op, uint64_t *rows,
                           bool *ret_done)
{
    struct range_query q;
    enum err e = OK;
    *ret_done = true;
    if (query_of(op, &q)) {
        if (!m->in_step)
            e = begin_step(m, &q, rows);
        if (e == OK)
            e = go_on(m, rows, ret_done);
        if (e == OK && !*ret_done)
            return OK;
        end_step(m);
    }
    return e == OK && op->kind == OP_PUT ? note_put(m, &op->put) : e;
}

enum err txn_measure_step(struct txn_measure *m, uint64_t *rows, bool *ret_done)
{
    *ret_done = false;
    for (; m->step < m->plan->step_n; m->step++) {
        const struct op *op = m->plan->steps[m->step].op;
        bool done = true;
        enum err e = op == NULL ? OK : measure_op(m, op, rows, &done);
        if (e != OK || !done)
            return e;
    }
    *ret_done = true;
    return OK;
}
