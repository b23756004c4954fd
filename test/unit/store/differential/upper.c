/* check: refuses a lease that is not there, and a first put (of those that want a previous version)
 * whose key is there. run: writes one after the other, and says how many keys it removed and what
 * revision it saw at the end. */
#include "test/unit/store/differential/upper.h"

#include <assert.h>

#include "store/apply_context.h"
#include "store/txn.h"

struct written {
    uint64_t removed, revision;
};

struct writing { /* from check to run */
    struct txn *txn;
    size_t at;
    struct written *written;
};

static enum err check_op(struct apply_context *apply, const struct op *op, bool is_first,
                         struct arena *arena)
{
    const struct view *view = apply_view(apply);
    struct lease lease;
    struct kv kv;
    if (op->kind != OP_PUT)
        return OK;
    if (op->put.lease != 0 && lease_get(view, FACE_NONE, op->put.lease, &lease) != OK)
        return ERR_LEASE_NOT_FOUND;
    if (!is_first || !op->put.want_prev)
        return OK;
    enum err e = range_get(view, op->put.space, op->put.key, 0, arena, &kv);
    return e == OK ? ERR_EXISTS : OK;
}

static enum err check(void *ctx, struct apply_context *apply, struct bytes body, struct arena *a,
                      void **ret_plan)
{
    const struct upper *upper = ctx;
    struct txn *txn;
    enum err e = txn_decode(body, a, &txn);
    assert(e == OK && apply_command_origin(apply)->face != FACE_NONE);
    assert(apply_age_ms(apply) == upper->time.age_ms);
    assert(apply_wall_ms(apply) == upper->time.wall_ms);
    for (size_t i = 0; i < txn->then_n && e == OK; i++)
        e = check_op(apply, &txn->then_ops[i], i == 0, a);
    struct writing *w = arena_zalloc(a, 1, sizeof *w);
    w->txn = txn;
    w->written = arena_zalloc(apply_result_arena(apply), 1, sizeof *w->written);
    *ret_plan = w;
    return e;
}

static enum err run_op(struct apply_context *apply, const struct op *op, struct written *w)
{
    if (op->kind == OP_PUT)
        return apply_put(apply, op->put.space, op->put.key, op->put.value, op->put.lease);
    enum err e = apply_remove(apply, op->remove.space, op->remove.key);
    w->removed += e == OK;
    return e == ERR_NOT_FOUND ? OK : e;
}

static enum err run(void *ctx, struct apply_context *apply, void *plan, uint64_t *rows,
                    bool *ret_done)
{
    struct writing *w = plan;
    enum err e = OK;
    for (; *rows > 0 && w->at < w->txn->then_n && e == OK; w->at++, --*rows)
        e = run_op(apply, &w->txn->then_ops[w->at], w->written);
    *ret_done = w->at == w->txn->then_n;
    w->written->revision = apply_revision(apply);
    apply_give_result(apply, w->written);
    return e;
}

const struct command_kind_row upper_kinds[1] = {
    { .kind = (enum command_kind)UPPER_WRITES, .name = "writes", .check = check, .run = run },
};

bool upper_agrees(struct report *r, uint64_t removed, uint64_t revision, const void *got)
{
    const struct written *w = got;
    return report_same_u64(r, "keys removed by writes", removed, w->removed) &&
           report_same_u64(r, "revision of writes", revision, w->revision);
}
