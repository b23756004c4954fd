/* Commands and hooks: each plans in a draft and writes it. */
#include "catalog/kinds.h"

#include "base/compiler.h"
#include "catalog/change.h"
#include "catalog/plan.h"
#include "catalog/tables_memo.h"
#include "store/txn_size.h"

/* -- a change --------------------------------------------------------------------------------- */

/* Results are held until their asker has read them, so they end before the next operation adds to
 * what is too much. */
static enum err plan_all(struct plan *p, const struct change_op *ops, size_t n,
                         struct change_results *results)
{
    enum err e = OK;
    results->all = arena_zalloc(p->results, n, sizeof *results->all);
    for (size_t i = 0; i < n && e == OK; i++) {
        struct change_result *r = &results->all[results->n++];
        e = plan_op(p, &ops[i], r);
        if (e == OK && r->refusal != CHANGE_DONE)
            return ERR_REFUSED;
        if (e == OK && p->result_bytes > TXN_RESULT_BYTES)
            e = ERR_TOO_BIG;
    }
    return e == OK ? plan_finish(p) : e;
}

static enum err check_change(void *ctx, struct apply_context *apply, struct bytes body,
                             struct arena *a, void **ret_plan)
{
    struct change_op *ops;
    size_t n;
    enum err e = change_read(body, a, &ops, &n);
    if (e == ERR_VERSION || e == ERR_TRUNCATED)
        e = ERR_MALFORMED; /* of a command: it is refused, and nothing is in danger */
    if (e != OK)
        return e;
    struct arena *arena = apply_result_arena(apply);
    struct change_results *results = arena_zalloc(arena, 1, sizeof *results);
    struct plan *p = arena_zalloc(a, 1, sizeof *p);
    plan_init(p, draft_for(apply, a), apply_age_ms(apply), arena);
    e = plan_all(p, ops, n, results);
    plan_fini(p);
    if (e == OK)
        e = apply_take_results(apply, p->result_bytes);
    apply_give_result(apply, results);
    *ret_plan = p;
    return e;
}

static enum err run_change(void *ctx, struct apply_context *apply, void *plan, uint64_t *rows,
                           bool *ret_done)
{
    struct plan *p = plan;
    enum err e = draft_write(p->draft, apply, rows, ret_done);
    if (e == OK && *ret_done)
        tables_memo_note(apply, p);
    return e;
}

const struct command_kind_row *catalog_kinds(size_t *ret_n)
{
    static const struct command_kind_row kinds[] = {
        { COMMAND_CATALOG_CHANGE, "catalog-change", check_change, run_change },
    };
    *ret_n = ARRAY_LEN(kinds);
    return kinds;
}

/* -- leases ----------------------------------------------------------------------------------- */

/* Writes P whole: what hangs on one key is little. */
static enum err write_plan(struct apply_context *apply, struct plan *p)
{
    uint64_t rows = UINT64_MAX;
    bool done;
    enum err e = plan_finish(p);
    if (e == OK)
        tables_memo_note(apply, p);
    return e == OK ? draft_write(p->draft, apply, &rows, &done) : e;
}

static enum err end_session(struct plan *p, struct bytes key)
{
    struct standing s;
    enum err e = plan_look(p, key, &s);
    if (e == OK && !s.there)
        e = ERR_DAMAGED;
    return e == OK ? session_plan_end_row(p->draft, key, s.row.value, p->age_ms) : e;
}

static enum err end_key(void *ctx, struct apply_context *apply, enum space space, struct bytes key,
                        struct arena *a, bool *ret_taken)
{
    struct plan p;
    char letter = space == SPACE_CATALOG && key.n > 0 ? (char)key.p[0] : 0;
    if (letter != 'p' && letter != 'x')
        return OK;
    *ret_taken = true;
    plan_init(&p, draft_for(apply, a), apply_age_ms(apply), NULL);
    enum err e = letter == 'p' ? plan_end_publication(&p, key) : end_session(&p, key);
    if (e == OK)
        e = write_plan(apply, &p);
    plan_fini(&p);
    return e;
}

static enum err move_key(void *ctx, struct apply_context *apply, const struct lease *lease,
                         struct bytes key, struct arena *a)
{
    struct plan p;
    if (key.n == 0 || key.p[0] != 'p')
        return OK;
    plan_init(&p, draft_for(apply, a), apply_age_ms(apply), NULL);
    enum err e = plan_move_publication(&p, key, lease->stage);
    if (e == OK)
        e = write_plan(apply, &p);
    plan_fini(&p);
    return e;
}

static enum err end_entry(void *ctx, struct apply_context *apply, void *memo, uint64_t *rows,
                          bool *ret_done)
{
    return tables_memo_write(apply, memo, rows, ret_done);
}

const struct store_hooks *catalog_hooks(void)
{
    static const struct store_hooks hooks = {
        .end_key = end_key,
        .move_key = move_key,
        .end_entry = end_entry,
    };
    return &hooks;
}
