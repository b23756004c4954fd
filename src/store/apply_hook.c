/* Calls of the upper folders' hooks. What they allocate lives until the next call; what they write
 * counts as rows of work. */
#include "store/apply.h"
#include "store/apply_context.h"

static const struct store_hooks *hooks_since(const struct apply *a, uint32_t rules)
{
    static const struct store_hooks none = { 0 };
    const struct store_hooks *hooks = a->store->options.hooks;
    return hooks == NULL || a->entry.rules < rules ? &none : hooks;
}

static void *ctx_of(const struct apply *a)
{
    return a->store->options.kinds_ctx;
}

static struct apply_context *context(struct apply *a)
{
    arena_clear(&a->hook_arena);
    return (struct apply_context *)a;
}

void apply_spend(struct apply *a, uint64_t *rows)
{
    *rows -= a->upper_rows < *rows ? a->upper_rows : *rows;
    a->upper_rows = 0;
}

struct arena *apply_work_arena(struct apply_context *c)
{
    struct apply *a = (struct apply *)c;
    arena_clear(&a->hook_arena);
    return &a->hook_arena;
}

/* -- leases ----------------------------------------------------------------------------------- */

enum err apply_hook_end_key(struct apply *a, enum space space, struct bytes key, bool *ret_taken)
{
    const struct store_hooks *hooks = hooks_since(a, RULES_HOOKS);
    *ret_taken = false;
    if (hooks->end_key == NULL)
        return OK;
    struct apply_context *c = context(a);
    return hooks->end_key(ctx_of(a), c, space, key, &a->hook_arena, ret_taken);
}

bool apply_hook_moves(const struct apply *a)
{
    return hooks_since(a, RULES_HOOKS)->move_key != NULL;
}

enum err apply_hook_move_key(struct apply *a, struct bytes key)
{
    const struct store_hooks *hooks = hooks_since(a, RULES_HOOKS);
    if (hooks->move_key == NULL)
        return OK;
    struct apply_context *c = context(a);
    return hooks->move_key(ctx_of(a), c, &a->lease, key, &a->hook_arena);
}

/* -- keys of ETCD ----------------------------------------------------------------------------- */

static enum err check_op(struct apply *a, const struct store_hooks *hooks, const struct op *op)
{
    struct apply_context *c = context(a);
    if (op->kind == OP_PUT && op->put.space == SPACE_ETCD && hooks->check_put != NULL)
        return hooks->check_put(ctx_of(a), c, op->put.key);
    if (op->kind == OP_REMOVE && op->remove.space == SPACE_ETCD && hooks->check_remove != NULL)
        return hooks->check_remove(ctx_of(a), c, op->remove.key, op->remove.end);
    return OK;
}

enum err apply_hook_check(struct apply *a, const struct txn_plan *plan)
{
    const struct store_hooks *hooks = hooks_since(a, RULES_PROJECTION);
    enum err e = OK;
    for (size_t i = 0; i < plan->step_n && e == OK; i++)
        if (plan->steps[i].op != NULL)
            e = check_op(a, hooks, plan->steps[i].op);
    return e;
}

enum err apply_hook_put(struct apply *a, enum space space, struct bytes key, struct bytes value,
                        int64_t lease)
{
    const struct store_hooks *hooks = hooks_since(a, RULES_PROJECTION);
    if (space != SPACE_ETCD || hooks->did_put == NULL)
        return OK;
    struct apply_context *c = context(a);
    return hooks->did_put(ctx_of(a), c, key, value, lease, &a->hook_arena);
}

enum err apply_hook_removed(struct apply *a, enum space space, struct bytes key)
{
    const struct store_hooks *hooks = hooks_since(a, RULES_PROJECTION);
    if (space != SPACE_ETCD || hooks->did_remove == NULL)
        return OK;
    struct apply_context *c = context(a);
    return hooks->did_remove(ctx_of(a), c, key, &a->hook_arena);
}

/* -- entries ---------------------------------------------------------------------------------- */

enum err apply_hook_end_entry(struct apply *a, uint64_t *rows, bool *ret_done)
{
    const struct store_hooks *hooks = hooks_since(a, RULES_HOOKS);
    *ret_done = true;
    if (hooks->end_entry == NULL)
        return OK;
    return hooks->end_entry(ctx_of(a), (struct apply_context *)a, a->memo, rows, ret_done);
}
