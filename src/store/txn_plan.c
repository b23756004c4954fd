/* Compares see the state before the transaction; the steps of nested transactions follow in place.
 */
#include "store/txn_plan.h"

#include "store/lease.h"
#include "store/range.h"
#include "store/row.h"

enum { VALUE_KEPT = 64 * 1024 /* of the memory for one in pieces */, BYTES_A_ROW = 4096 };

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

/* How ROW stands to the compare; of a missing key all is zero. */
static int order_of(const struct compare *c, const struct row *row, struct bytes value)
{
    switch (c->target) {
    case COMPARE_VERSION:
        return by_number((int64_t)row->version, c->number);
    case COMPARE_CREATE:
        return by_number((int64_t)row->create, c->number);
    case COMPARE_MOD:
        return by_number((int64_t)row->place.revision, c->number);
    case COMPARE_LEASE:
        return by_number(row->lease, c->number);
    case COMPARE_VALUE:
        return bytes_cmp(value, c->value);
    case COMPARE_NOTHING:
        break;
    }
    return 0;
}

static bool holds_for_missing(const struct compare *c)
{
    static const struct row nothing;
    if (c->target == COMPARE_VALUE)
        return false;
    return result_holds(c->result, order_of(c, &nothing, (struct bytes){ 0 }));
}

static enum err holds_for_row(struct txn_plan *plan, const struct compare *c, const struct row *row,
                              bool *ret)
{
    struct value value = row_value(c->space, row);
    struct bytes whole = bytes_of(value.p, value.n);
    if (c->target == COMPARE_VALUE && value.p == NULL && value.n > 0) {
        buf_clear(&plan->value, VALUE_KEPT);
        enum err e = value_append(plan->view, &value, &plan->value);
        if (e != OK)
            return e == ERR_COMPACTED ? ERR_DAMAGED : e;
        whole = buf_bytes(&plan->value);
    }
    *ret = result_holds(c->result, order_of(c, row, whole));
    return OK;
}

static enum err compare_key(struct txn_plan *plan, const struct compare *c, bool *ret_holds)
{
    struct layered map = head_map(plan->view, c->space);
    struct bytes bytes;
    struct row row;
    enum err e = layered_get(&map, c->key, &bytes);
    if (e == OK)
        e = head_row_read(bytes, &row);
    if (e == ERR_NOT_FOUND || (e == OK && row.deleted)) {
        *ret_holds = holds_for_missing(c);
        return OK;
    }
    return e != OK ? e : holds_for_row(plan, c, &row, ret_holds);
}

static enum err begin_walk(struct txn_plan *plan, const struct compare *c)
{
    struct layered map = head_map(plan->view, c->space);
    enum err e = layered_cursor_open(&map, &plan->cursor);
    plan->walking = true;
    plan->seen = false;
    return e != OK ? e : layered_seek(&plan->cursor, c->key);
}

static void end_walk(struct txn_plan *plan)
{
    if (plan->walking)
        layered_cursor_close(&plan->cursor);
    plan->walking = false;
}

/* Every key of the range must satisfy; an empty range is as a missing key. */
static enum err compare_range(struct txn_plan *plan, const struct compare *c, uint64_t *rows,
                              bool *ret_done, bool *ret_holds)
{
    enum err e = plan->walking ? OK : begin_walk(plan, c);
    *ret_holds = true;
    for (; e == OK && *ret_holds; e = layered_next(&plan->cursor)) {
        struct row row;
        if (!range_holds(c->key, c->end, layered_key(&plan->cursor)))
            break;
        *ret_done = *rows > 0;
        if (!*ret_done)
            return OK;
        --*rows;
        e = head_row_read(plan->cursor.row, &row);
        if (e == OK && !row.deleted) {
            plan->seen = true;
            e = holds_for_row(plan, c, &row, ret_holds);
            uint64_t more = c->target == COMPARE_VALUE ? row.value_n / BYTES_A_ROW : 0;
            *rows -= more < *rows ? more : *rows;
        }
        if (e != OK || !*ret_holds)
            break;
    }
    *ret_done = true;
    if (!plan->seen)
        *ret_holds = holds_for_missing(c);
    end_walk(plan);
    return e == ERR_NOT_FOUND ? OK : e;
}

/* -- laying out ------------------------------------------------------------------------------- */

struct txn_frame {
    const struct txn *txn;
    struct txn_result *result;
    struct op_result *slot; /* of the transaction around it, or NULL */
    size_t compare;         /* the next one to be evaluated */
    const struct op *ops;   /* of the branch taken; NULL until that is decided */
    size_t op;              /* the next one to be laid out */
    bool decided;
};

/* An array in the arena with room for one more of SIZE bytes. */
static void *with_room(struct arena *arena, void *items, size_t n, size_t *room, size_t size)
{
    if (n < *room)
        return items;
    *room = *room == 0 ? 4 : *room * 2;
    void *more = arena_alloc(arena, *room * size);
    if (n > 0)
        memcpy(more, items, n * size);
    return more;
}

static void add_step(struct txn_plan *plan, struct txn_step step)
{
    plan->steps = with_room(plan->arena, plan->steps, plan->step_n, &plan->step_room, sizeof step);
    plan->steps[plan->step_n++] = step;
}

static struct txn_result *enter(struct txn_plan *plan, const struct txn *txn,
                                struct op_result *slot)
{
    struct txn_result *result = arena_zalloc(plan->arena, 1, sizeof *result);
    plan->frames = with_room(plan->arena, plan->frames, plan->frame_n, &plan->frame_room,
                             sizeof *plan->frames);
    plan->frames[plan->frame_n++] =
        (struct txn_frame){ .txn = txn, .result = result, .slot = slot };
    return result;
}

static void take_branch(struct txn_plan *plan, struct txn_frame *f, bool succeeded)
{
    f->decided = true;
    f->result->succeeded = succeeded;
    f->ops = succeeded ? f->txn->then_ops : f->txn->else_ops;
    f->result->op_n = succeeded ? f->txn->then_n : f->txn->else_n;
    if (f->result->op_n > 0)
        f->result->ops = arena_zalloc(plan->arena, f->result->op_n, sizeof *f->result->ops);
}

/* Evaluates F's compares up to the first that fails. */
static enum err decide(struct txn_plan *plan, struct txn_frame *f, uint64_t *rows)
{
    bool holds = true;
    while (f->compare < f->txn->compare_n && holds) {
        const struct compare *c = &f->txn->compares[f->compare];
        bool done = *rows > 0;
        if (!done)
            return OK;
        enum err e = OK;
        if (c->end.n == 0) {
            --*rows;
            e = compare_key(plan, c, &holds);
        } else {
            e = compare_range(plan, c, rows, &done, &holds);
        }
        if (e != OK || !done)
            return e;
        f->compare++;
    }
    take_branch(plan, f, holds);
    return OK;
}

/* The next operation of F, or its end. */
static void lay_out_one(struct txn_plan *plan, struct txn_frame *f)
{
    if (f->op == f->result->op_n) {
        plan->frame_n--;
        add_step(plan, (struct txn_step){ .result = f->slot, .owner = f->result });
        return;
    }
    const struct op *op = &f->ops[f->op];
    struct op_result *result = &f->result->ops[f->op++];
    result->kind = op->kind;
    if (op->kind == OP_TXN)
        result->txn = enter(plan, op->txn, result);
    else
        add_step(plan, (struct txn_step){ .op = op, .result = result });
}

void txn_plan_begin(struct txn_plan *plan, const struct view *view, const struct txn *txn,
                    struct arena *arena)
{
    *plan = (struct txn_plan){ .view = view, .arena = arena };
    buf_init(&plan->value, SIZE_MAX / 4);
    plan->result = enter(plan, txn, NULL);
}

enum err txn_plan_step(struct txn_plan *plan, uint64_t *rows, bool *ret_done)
{
    while (plan->frame_n > 0) {
        struct txn_frame *f = &plan->frames[plan->frame_n - 1];
        enum err e = f->decided ? OK : decide(plan, f, rows);
        if (e != OK || !f->decided) {
            *ret_done = false;
            return e;
        }
        lay_out_one(plan, f);
    }
    *ret_done = true;
    return OK;
}

void txn_plan_end(struct txn_plan *plan)
{
    end_walk(plan);
    buf_fini(&plan->value);
}

/* -- checking --------------------------------------------------------------------------------- */

int txn_plan_touched(const struct txn_plan *plan, size_t at, enum space space, struct bytes key)
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

static enum err check_put(const struct txn_plan *plan, size_t at, enum face face)
{
    const struct view *v = plan->view;
    const struct put *put = &plan->steps[at].op->put;
    struct lease lease;
    enum err e = OK;
    if (put->lease != 0 && !put->ignore_lease)
        e = lease_get(v, face, put->lease, &lease);
    if (e != OK || (!put->ignore_value && !put->ignore_lease))
        return e;
    int before = txn_plan_touched(plan, at, put->space, put->key);
    if (before >= 0)
        return before == 1 ? OK : ERR_KEY_NOT_FOUND;
    struct kv kv;
    return range_get(v, put->space, put->key, 0, plan->arena, &kv);
}

/* Unlike a Range of its own, one in a transaction may not ask for a revision below 0 as soon as
 * there was a compaction (or below -1 before): etcd holds the number to its compacted revision. */
static enum err check_range(const struct txn_plan *plan, const struct range_query *q)
{
    int64_t oldest = (int64_t)plan->view->state.compacted[q->space] - 1; /* -1: all of it */
    if (q->revision < 0 && q->revision < oldest)
        return ERR_COMPACTED;
    return view_check_revision(plan->view, q->space, q->revision);
}

enum err txn_plan_check(const struct txn_plan *plan, enum face face)
{
    enum err e = OK;
    for (size_t i = 0; i < plan->step_n && e == OK; i++) {
        const struct op *op = plan->steps[i].op;
        if (op != NULL && op->kind == OP_PUT)
            e = check_put(plan, i, face);
        else if (op != NULL && op->kind == OP_RANGE)
            e = check_range(plan, &op->range);
    }
    return e;
}
