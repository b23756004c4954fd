/* Transactions. Compares look at the state before the outermost one; operations see each other.
 *
 * A refused transaction is run up to the operation that refuses it and then forgotten again, which
 * is the plainest way to say that nothing of it happened. */
#include "test/unit/store/model/model.h"
#include "test/unit/store/model/model_state.h"

struct running {
    struct model_writing writing;
    uint64_t base, system_base; /* the revisions before it */
    struct arena *arena;
};

static uint64_t base_of(const struct running *r, unsigned space)
{
    return space == MODEL_SYSTEM ? r->system_base : r->base;
}

void model_write(struct model_writing *w, struct model_event event)
{
    bool system = event.space == MODEL_SYSTEM;
    event.mod = model_newest(w->m, event.space) + 1;
    event.sub = system ? w->system_sub++ : w->sub++;
    model_happen(w->m, &event);
}

void model_written(struct model_writing *w)
{
    w->m->revision += w->sub > 0;
    w->m->system_revision += w->system_sub > 0;
}

/* -- compares --------------------------------------------------------------------------------- */

static int order_numbers(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

/* A against what the compare names, below, at or above 0. */
static int order_of(const struct model_compare *c, const struct model_event *e)
{
    switch (c->what) {
    case MODEL_VERSION:
        return order_numbers((int64_t)e->version, c->number);
    case MODEL_CREATE:
        return order_numbers((int64_t)e->create, c->number);
    case MODEL_MOD:
        return order_numbers((int64_t)e->mod, c->number);
    case MODEL_VALUE:
        return bytes_cmp(e->value, c->value);
    case MODEL_LEASE:
        return order_numbers(e->lease, c->number);
    case MODEL_NOTHING:
        return 0;
    }
    return 0;
}

static bool holds(const struct model_compare *c, const struct model_event *e)
{
    int order = order_of(c, e);
    switch (c->result) {
    case MODEL_EQUAL:
        return order == 0;
    case MODEL_GREATER:
        return order > 0;
    case MODEL_LESS:
        return order < 0;
    case MODEL_NOT_EQUAL:
        return order != 0;
    case MODEL_ALWAYS:
        return true;
    }
    return false;
}

static bool compare_holds(struct running *r, const struct model_compare *c)
{
    struct model_range range = { .space = c->space, .key = c->key, .end = c->end };
    struct model_rows rows;
    model_select(r->writing.m, &range, base_of(r, c->space), r->arena, &rows);
    if (rows.row_n == 0) {
        struct model_event missing = { 0 };
        return c->what != MODEL_VALUE && holds(c, &missing);
    }
    for (size_t i = 0; i < rows.row_n; i++)
        if (!holds(c, rows.rows[i]))
            return false;
    return true;
}

/* -- operations ------------------------------------------------------------------------------- */

static uint64_t revision_now(const struct running *r)
{
    return r->base + (r->writing.sub > 0);
}

static enum err run_range(struct running *r, const struct model_range *range,
                          struct model_answer *a)
{
    const struct model_space *space = &r->writing.m->spaces[range->space];
    enum err e = model_readable(r->writing.m, range->space, range->revision);
    /* A number below 0 is held to the compacted one too, which is -1 before the first. */
    if (range->revision < 0 && (range->revision < -1 || space->was_compacted))
        e = ERR_COMPACTED;
    if (e != OK)
        return e;
    uint64_t at = range->revision <= 0 ? UINT64_MAX : (uint64_t)range->revision;
    model_select(r->writing.m, range, at, r->arena, &a->range);
    return OK;
}

static enum err run_put(struct running *r, const struct model_put *put, struct model_answer *a)
{
    struct model *m = r->writing.m;
    a->prev = model_get(m, put->space, put->key, 0);
    const struct model_lease *asked = model_lease(m, put->lease);
    bool is_seen = asked != NULL && (m->face == 0 || asked->grant.face == m->face);
    if (!put->ignore_lease && put->lease != 0 && !is_seen)
        return ERR_LEASE_NOT_FOUND;
    if ((put->ignore_value || put->ignore_lease) && a->prev == NULL)
        return ERR_KEY_NOT_FOUND;
    int64_t lease = put->ignore_lease ? a->prev->lease : put->lease;
    struct bytes value = put->ignore_value ? a->prev->value : put->value;
    model_write(&r->writing, (struct model_event){
                                 .space = put->space,
                                 .key = put->key,
                                 .value = value,
                                 .lease = lease,
                             });
    return OK;
}

static enum err run_remove(struct running *r, const struct model_remove *remove,
                           struct model_answer *a)
{
    struct model_range range = { .space = remove->space, .key = remove->key, .end = remove->end };
    model_select(r->writing.m, &range, UINT64_MAX, r->arena, &a->removed);
    for (size_t i = 0; i < a->removed.row_n; i++)
        model_write(&r->writing, (struct model_event){
                                     .space = remove->space,
                                     .is_delete = true,
                                     .key = a->removed.rows[i]->key,
                                 });
    return OK;
}

static enum err run_ops(struct running *r, const struct model_txn *txn,
                        struct model_txn_answer **ret);

static enum err run_op(struct running *r, const struct model_op *op, struct model_answer *a)
{
    enum err e = OK;
    a->kind = op->kind;
    switch (op->kind) {
    case MODEL_OP_RANGE:
        e = run_range(r, &op->range, a);
        break;
    case MODEL_OP_PUT:
        e = run_put(r, &op->put, a);
        break;
    case MODEL_OP_REMOVE:
        e = run_remove(r, &op->remove, a);
        break;
    case MODEL_OP_TXN:
        e = run_ops(r, op->txn, &a->txn);
        break;
    }
    a->revision = revision_now(r);
    return e;
}

static enum err run_ops(struct running *r, const struct model_txn *txn,
                        struct model_txn_answer **ret)
{
    struct model_txn_answer *answer = arena_zalloc(r->arena, 1, sizeof *answer);
    answer->succeeded = true;
    for (size_t i = 0; i < txn->compare_n; i++)
        if (!compare_holds(r, &txn->compares[i]))
            answer->succeeded = false;
    const struct model_op *ops = answer->succeeded ? txn->then_ops : txn->else_ops;
    answer->answer_n = answer->succeeded ? txn->then_n : txn->else_n;
    answer->answers = arena_zalloc(r->arena, answer->answer_n + 1, sizeof *answer->answers);
    for (size_t i = 0; i < answer->answer_n; i++) {
        enum err e = run_op(r, &ops[i], &answer->answers[i]);
        if (e != OK)
            return e;
    }
    answer->revision = revision_now(r);
    *ret = answer;
    return OK;
}

enum err model_txn_run(struct model *m, const struct model_txn *txn, struct arena *arena,
                       struct model_txn_answer **ret)
{
    struct running r = {
        .writing.m = m,
        .base = m->revision,
        .system_base = m->system_revision,
        .arena = arena,
    };
    struct model_lease *leases = arena_zalloc(arena, m->lease_n + 1, sizeof *leases);
    for (size_t i = 0; i < m->lease_n; i++)
        leases[i] = m->leases[i];
    enum err e = run_ops(&r, txn, ret);
    if (e != OK) {
        model_unhappen(m);
        for (size_t i = 0; i < m->lease_n; i++)
            m->leases[i] = leases[i];
        return e;
    }
    model_written(&r.writing);
    return OK;
}

enum err model_read_txn(struct model *m, const struct model_txn *txn, struct arena *arena,
                        struct model_txn_answer **ret)
{
    return model_txn_run(m, txn, arena, ret);
}
