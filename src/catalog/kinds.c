/* Commands and hooks: each plans in a draft and writes it. */
#include "catalog/kinds.h"

#include "base/compiler.h"
#include "catalog/change.h"
#include "catalog/plan.h"
#include "catalog/plan_restore.h"
#include "catalog/sweep.h"
#include "catalog/tables_memo.h"
#include "store/entry.h"
#include "store/txn_size.h"

struct rules_plan { /* of a change of the rules */
    struct draft *draft;
    struct sweep *sweep;
    bool is_same, is_written;
};

/* -- a change --------------------------------------------------------------------------------- */

/* Results are held until their asker has read them, so they end before the next operation adds to
 * what is too much. */
static enum err plan_all(struct plan *p, const struct change_op *ops, size_t n,
                         struct change_results *results)
{
    enum err e = OK;
    bool refused = false;
    results->all = arena_zalloc(p->results, n, sizeof *results->all);
    for (size_t i = 0; i < n && e == OK; i++) {
        struct change_result *r = &results->all[results->n++];
        e = plan_op(p, &ops[i], r);
        refused |= r->refusal != CHANGE_DONE;
        if (e == OK && p->result_bytes > TXN_RESULT_BYTES)
            e = ERR_TOO_BIG;
    }
    if (e == OK && refused)
        return ERR_REFUSED;
    return e == OK ? plan_states(p) : e;
}

/* Builds of older rules cannot read a report: what they refuse, all refuse. */
static bool is_of_its_rules(struct apply_context *apply, const struct change_op *ops, size_t n)
{
    bool has_reports = false;
    for (size_t i = 0; i < n; i++)
        has_reports |= ops[i].kind == CHANGE_REPORT;
    return !has_reports || apply_rules(apply) >= RULES_REPORTS;
}

static enum err check_change(void *ctx, struct apply_context *apply, struct bytes body,
                             struct arena *a, void **ret_plan)
{
    struct change_op *ops;
    size_t n;
    enum err e = change_read(body, a, &ops, &n);
    if (e == OK && !is_of_its_rules(apply, ops, n))
        e = ERR_MALFORMED;
    if (e == ERR_VERSION || e == ERR_TRUNCATED)
        e = ERR_MALFORMED; /* of a command: it is refused, and nothing is in danger */
    if (e != OK)
        return e;
    struct arena *arena = apply_result_arena(apply);
    struct change_results *results = arena_zalloc(arena, 1, sizeof *results);
    struct plan *p = arena_zalloc(a, 1, sizeof *p);
    const struct projection_rules *rules;
    e = tables_memo_rules(apply, &rules);
    if (e != OK)
        return e;
    plan_init(p, draft_for(apply, a), apply_age_ms(apply), rules, arena);
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
    if (e != OK || !*ret_done)
        return e;
    if (!p->is_noted)
        tables_memo_note(apply, p);
    p->is_noted = true;
    return plan_appear(p, apply, rows, ret_done);
}

/* -- rules of projection ---------------------------------------------------------------------- */

static enum err check_projection(void *ctx, struct apply_context *apply, struct bytes body,
                                 struct arena *a, void **ret_plan)
{
    struct projection_rules rules;
    struct draft_row row;
    enum err e = projection_rules_read(body, &rules);
    if (e != OK)
        return e == ERR_TOO_BIG ? e : ERR_MALFORMED;
    struct rules_plan *p = arena_zalloc(a, 1, sizeof *p);
    p->draft = draft_for(apply, a);
    p->sweep = sweep_new(&rules, a);
    e = draft_get(p->draft, SPACE_SYSTEM, bytes_str(PROJECTION_KEY), &row);
    p->is_same = e == OK && bytes_eq(row.value, body);
    draft_put(p->draft, SPACE_SYSTEM, bytes_str(PROJECTION_KEY), body, 0);
    *ret_plan = p;
    return e == ERR_NOT_FOUND ? OK : e;
}

static enum err run_projection(void *ctx, struct apply_context *apply, void *plan, uint64_t *rows,
                               bool *ret_done)
{
    struct rules_plan *p = plan;
    enum err e = OK;
    *ret_done = true;
    if (p->is_same)
        return OK;
    if (!p->is_written) {
        e = draft_write(p->draft, apply, rows, ret_done);
        p->is_written = *ret_done;
        tables_memo_set_rules(apply, sweep_rules(p->sweep));
    }
    return e == OK && p->is_written ? sweep_step(p->sweep, apply, rows, ret_done) : e;
}

const struct command_kind_row *catalog_kinds(size_t *ret_n)
{
    static const struct command_kind_row kinds[] = {
        { COMMAND_CATALOG_CHANGE, "catalog-change", check_change, run_change },
        { COMMAND_PROJECTION, "projection", check_projection, run_projection },
        { COMMAND_RESTORE, "restore", restore_check, restore_run, restore_plan },
    };
    *ret_n = ARRAY_LEN(kinds);
    return kinds;
}
