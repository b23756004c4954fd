/* The plan, then its ranges one after another: nothing is written, so all see what the compares
 * saw. */
#include "store/txn_read.h"

void txn_read_begin(struct txn_read *r, const struct view *view, const struct txn *txn,
                    struct arena *arena)
{
    *r = (struct txn_read){ 0 };
    txn_plan_begin(&r->plan, view, txn, arena);
}

static void end_step(struct txn_read *r)
{
    if (r->in_step)
        range_job_end(&r->job);
    r->in_step = false;
}

void txn_read_end(struct txn_read *r)
{
    end_step(r);
    txn_plan_end(&r->plan);
}

struct txn_result *txn_read_result(const struct txn_read *r)
{
    return r->plan.result;
}

static enum err plan(struct txn_read *r, uint64_t *rows)
{
    bool done;
    enum err e = txn_plan_step(&r->plan, rows, &done);
    if (e != OK || !done)
        return e;
    r->planned = true;
    return txn_plan_check(&r->plan, FACE_NONE); /* it puts nothing */
}

/* What was taken since the job had BEFORE kvs. */
static enum err add_taken(struct txn_read *r, size_t before)
{
    const struct range_job *j = &r->job;
    if (j->sorted_later)
        return txn_size_check(&r->size, &j->select);
    return j->kv_n > before ? txn_size_add_kvs(&r->size, j->kvs + before, j->kv_n - before) : OK;
}

static enum err finish_range(struct txn_read *r, struct range_result *ret)
{
    enum err e = range_job_result(&r->job, ret);
    if (e == OK && r->job.sorted_later)
        e = txn_size_add_kvs(&r->size, ret->kvs, ret->kv_n);
    return e;
}

static enum err read_range(struct txn_read *r, const struct txn_step *s, uint64_t *rows,
                           bool *ret_done)
{
    enum err e = OK;
    if (!r->in_step) {
        e = range_job_begin(&r->job, r->plan.view, &s->op->range, false, r->plan.arena);
        r->in_step = true;
    }
    size_t before = r->job.kv_n;
    if (e == OK)
        e = range_job_step(&r->job, rows, ret_done);
    if (e == OK)
        e = add_taken(r, before);
    if (e == OK && !*ret_done)
        return OK;
    if (e == OK)
        e = finish_range(r, &s->result->range);
    end_step(r);
    return e;
}

static void end_owner(const struct txn_step *s, uint64_t revision)
{
    s->owner->revision = revision;
    if (s->result != NULL) /* it is in another */
        s->result->revision = revision;
}

static enum err run_step(struct txn_read *r, const struct txn_step *s, uint64_t *rows,
                         bool *ret_done)
{
    uint64_t revision = view_revision(r->plan.view);
    *ret_done = true;
    if (s->op == NULL) {
        end_owner(s, revision);
        return OK;
    }
    s->result->revision = revision;
    return s->op->kind == OP_RANGE ? read_range(r, s, rows, ret_done) : ERR_INVALID;
}

enum err txn_read_step(struct txn_read *r, uint64_t *rows, bool *ret_done)
{
    enum err e = r->planned ? OK : plan(r, rows);
    *ret_done = false;
    for (; e == OK && r->planned && r->step < r->plan.step_n; r->step++) {
        bool done;
        if (*rows == 0)
            return OK;
        e = run_step(r, &r->plan.steps[r->step], rows, &done);
        if (e != OK || !done)
            return e;
    }
    *ret_done = r->planned;
    return e;
}

enum err txn_read(const struct view *view, const struct txn *txn, struct arena *arena,
                  struct txn_result **ret)
{
    struct txn_read r;
    bool done;
    uint64_t rows = UINT64_MAX;
    txn_read_begin(&r, view, txn, arena);
    enum err e = txn_read_step(&r, &rows, &done);
    txn_read_end(&r);
    if (e == OK)
        *ret = txn_read_result(&r);
    return e;
}
