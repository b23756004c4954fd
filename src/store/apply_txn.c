/* A transaction, step by step. A removal of many keys and a long range are cut at any row: the
 * removal remembers the key it goes on from, the range keeps its cursor, for nothing is written
 * meanwhile. */
#include "store/apply.h"

static enum err begin_plan(struct apply *a)
{
    struct txn *txn;
    enum err e = txn_decode(a->command.body, &a->scratch, &txn);
    if (e != OK)
        return e;
    txn_plan_begin(&a->plan, &a->view, txn, &a->effects->arena);
    a->planning = true;
    return OK;
}

void apply_txn_end_check(struct apply *a)
{
    if (a->planning)
        txn_plan_end(&a->plan);
    if (a->measuring)
        txn_measure_end(&a->measure);
    a->planning = a->measuring = false;
}

static enum err plan(struct apply *a, uint64_t *rows, bool *ret_done)
{
    enum err e = a->planning ? OK : begin_plan(a);
    if (e == OK)
        e = txn_plan_step(&a->plan, rows, ret_done);
    if (e == OK && !*ret_done)
        return OK;
    apply_txn_end_check(a);
    if (e == OK)
        e = txn_plan_check(&a->plan, a->command.origin->face);
    if (e != OK)
        return e;
    txn_measure_begin(&a->measure, &a->plan, &a->scratch);
    a->measuring = true;
    return OK;
}

static enum err measure(struct apply *a, uint64_t *rows, bool *ret_done)
{
    enum err e = txn_measure_step(&a->measure, rows, ret_done);
    if (e == OK && !*ret_done)
        return OK;
    if (e == OK)
        e = apply_take_room(a, a->measure.size.bytes);
    apply_txn_end_check(a);
    return e;
}

enum err apply_txn_check(struct apply *a, uint64_t *rows, bool *ret_done)
{
    enum err e = OK;
    *ret_done = true;
    if (!a->measuring) {
        e = plan(a, rows, ret_done);
        if (e != OK || !*ret_done)
            return e;
    }
    if (a->entry.rules >= RULES_RESULTS_END)
        e = measure(a, rows, ret_done);
    else
        apply_txn_end_check(a);
    if (e == OK && *ret_done)
        e = apply_hook_check(a, &a->plan);
    if (e != OK || !*ret_done)
        return e;
    a->step = 0;
    a->in_step = false;
    a->result->txn = a->plan.result;
    return OK;
}

/* -- put -------------------------------------------------------------------------------------- */

static enum err run_put(struct apply *a, const struct put *put, struct op_result *result)
{
    struct row head;
    bool has_head;
    struct bytes value = put->value;
    int64_t lease = put->lease;
    enum err e = OK;
    if (put->want_prev || put->ignore_value || put->ignore_lease) {
        struct kv *prev = arena_zalloc(&a->effects->arena, 1, sizeof *prev);
        e = apply_head(a, put->space, put->key, &head, &has_head);
        if (e == OK)
            e = apply_copy_kv(a, put->space, put->key, &head, prev);
        else if (e == ERR_NOT_FOUND)
            prev = NULL, e = OK;
        if (e != OK)
            return e;
        if (put->want_prev)
            result->prev = prev;
        if (put->ignore_value && prev != NULL)
            value = bytes_of(prev->value.p, prev->value.n);
        if (put->ignore_lease && prev != NULL)
            lease = prev->lease;
    }
    enum err written = apply_put_key(a, put->space, put->key, value, lease);
    return written == OK ? apply_hook_put(a, put->space, put->key, value, lease) : written;
}

/* -- remove ----------------------------------------------------------------------------------- */

static enum err keep_prev(struct apply *a, enum space space, struct bytes key,
                          const struct row *head, struct op_result *result)
{
    uint64_t n = result->removed.n;
    if (n == a->prev_room) {
        a->prev_room = a->prev_room == 0 ? 4 : a->prev_room * 2;
        struct kv *prevs = arena_alloc(&a->effects->arena, a->prev_room * sizeof *prevs);
        if (n > 0)
            memcpy(prevs, result->removed.prevs, n * sizeof *prevs);
        result->removed.prevs = prevs;
    }
    return apply_copy_kv(a, space, key, head, &result->removed.prevs[n]);
}

static enum err remove_one(struct apply *a, const struct remove *m, struct bytes key,
                           const struct row *head, struct op_result *result)
{
    enum err e = OK;
    if (m->want_prev)
        e = keep_prev(a, m->space, key, head, result);
    if (e == OK)
        e = apply_remove_key(a, m->space, key, head);
    result->removed.n++;
    return e == OK ? apply_hook_removed(a, m->space, key) : e;
}

static enum err remove_single(struct apply *a, const struct remove *m, struct op_result *result)
{
    struct row head;
    bool has_head;
    enum err e = apply_head(a, m->space, m->key, &head, &has_head);
    if (e == OK)
        return remove_one(a, m, m->key, &head, result);
    return e == ERR_NOT_FOUND ? OK : e;
}

/* A row of this very command was put by a hook: no operation of a transaction puts into a range
 * that another one removes. */
static bool is_new(const struct apply *a, enum space space, const struct row *head)
{
    return a->projected && space == SPACE_ETCD && head->place.revision == a->view.state.revision;
}

/* The first living key at or after A->from in the range, its key left in A->from; ERR_NOT_FOUND. */
static enum err find_victim(struct apply *a, const struct remove *m, uint64_t *rows,
                            struct row *ret_head)
{
    struct layered map = head_map(&a->view, m->space);
    struct layered_cursor c;
    enum err e = layered_cursor_open(&map, &c);
    if (e == OK)
        e = layered_seek(&c, buf_bytes(&a->from));
    for (; e == OK; e = layered_next(&c)) {
        if (!range_holds(m->key, m->end, layered_key(&c)))
            e = ERR_NOT_FOUND;
        else if (*rows == 0)
            e = ERR_AGAIN;
        else
            e = head_row_read(c.row, ret_head);
        if (e == OK || e == ERR_AGAIN) {
            buf_clear(&a->from, SIZE_MAX);
            buf_put_bytes(&a->from, layered_key(&c));
        }
        if (e != OK || !(ret_head->deleted || is_new(a, m->space, ret_head)))
            break;
        --*rows;
    }
    layered_cursor_close(&c);
    return e;
}

static enum err remove_range(struct apply *a, const struct remove *m, struct op_result *result,
                             uint64_t *rows, bool *ret_done)
{
    if (!a->in_step) {
        buf_clear(&a->from, SIZE_MAX);
        buf_put_bytes(&a->from, m->key);
        a->in_step = true;
    }
    for (;;) {
        struct row head;
        enum err e = find_victim(a, m, rows, &head);
        *ret_done = e == ERR_NOT_FOUND;
        if (e != OK)
            return e == ERR_NOT_FOUND || e == ERR_AGAIN ? OK : e;
        e = remove_one(a, m, buf_bytes(&a->from), &head, result);
        if (e != OK)
            return e;
        --*rows;
        apply_spend(a, rows);
        buf_put_u8(&a->from, 0); /* the next key that can be */
    }
}

/* -- range ------------------------------------------------------------------------------------ */

static enum err run_range(struct apply *a, const struct range_query *query,
                          struct op_result *result, uint64_t *rows, bool *ret_done)
{
    enum err e = OK;
    if (!a->in_step) {
        e = range_job_begin(&a->job, &a->view, query, true, &a->effects->arena);
        a->in_step = true;
    }
    if (e == OK)
        e = range_job_step(&a->job, rows, ret_done);
    if (e == OK && !*ret_done)
        return OK;
    if (e == OK)
        e = range_job_result(&a->job, &result->range);
    range_job_end(&a->job);
    return e;
}

/* -- all of it -------------------------------------------------------------------------------- */

static enum err run_step(struct apply *a, const struct txn_step *s, uint64_t *rows, bool *ret_done)
{
    *ret_done = true;
    switch (s->op->kind) {
    case OP_RANGE:
        return run_range(a, &s->op->range, s->result, rows, ret_done);
    case OP_PUT:
        --*rows;
        return run_put(a, &s->op->put, s->result);
    case OP_REMOVE:
        if (s->op->remove.end.n > 0)
            return remove_range(a, &s->op->remove, s->result, rows, ret_done);
        --*rows;
        return remove_single(a, &s->op->remove, s->result);
    case OP_TXN:
        break;
    }
    return ERR_INVALID; /* a plan holds none */
}

enum err apply_txn_run(struct apply *a, uint64_t *rows, bool *ret_done)
{
    for (; a->step < a->plan.step_n; a->step++) {
        const struct txn_step *s = &a->plan.steps[a->step];
        bool done = true;
        enum err e = OK;
        *ret_done = false;
        if (*rows == 0)
            return OK;
        if (s->op != NULL)
            e = run_step(a, s, rows, &done);
        apply_spend(a, rows);
        if (e != OK || !done)
            return e;
        if (s->result != NULL)
            s->result->revision = a->view.state.revision;
        if (s->owner != NULL)
            s->owner->revision = a->view.state.revision;
        a->in_step = false;
        a->prev_room = 0;
    }
    *ret_done = true;
    return OK;
}
