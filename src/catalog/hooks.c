/* What follows when the kernel's own commands touch rows of the registry, or keys of etcd that
 * stand for instances. */
#include "catalog/kinds.h"
#include "catalog/plan.h"
#include "catalog/session_plan.h"
#include "catalog/tables_memo.h"
#include "store/side.h"

/* -- planning and writing at once ---------------------------------------------------------------
 */

static enum err begin(struct apply_context *apply, struct arena *a, struct plan *p)
{
    const struct projection_rules *rules;
    enum err e = tables_memo_rules(apply, &rules);
    if (e == OK)
        plan_init(p, draft_for(apply, a), apply_age_ms(apply), rules, NULL);
    return e;
}

/* Writes P whole, unless E has failed it: what hangs on one key is little. */
static enum err end(struct apply_context *apply, struct plan *p, enum err e)
{
    uint64_t rows = UINT64_MAX;
    bool done;
    if (e == OK)
        e = plan_finish(p);
    if (e == OK)
        tables_memo_note(apply, p);
    if (e == OK)
        e = draft_write(p->draft, apply, &rows, &done);
    plan_fini(p);
    return e;
}

/* -- leases ----------------------------------------------------------------------------------- */

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
    enum err e = begin(apply, a, &p);
    if (e != OK)
        return e;
    return end(apply, &p, letter == 'p' ? plan_end_publication(&p, key) : end_session(&p, key));
}

static enum err move_key(void *ctx, struct apply_context *apply, const struct lease *lease,
                         struct bytes key, struct arena *a)
{
    struct plan p;
    if (key.n == 0 || key.p[0] != 'p')
        return OK;
    enum err e = begin(apply, a, &p);
    return e == OK ? end(apply, &p, plan_move_publication(&p, key, lease->stage)) : e;
}

/* -- keys of etcd ----------------------------------------------------------------------------- */

/* True if a rule may be concerned with KEY. */
static enum err is_concerned(struct apply_context *apply, struct bytes key, bool *ret)
{
    const struct projection_rules *rules;
    enum err e = tables_memo_rules(apply, &rules);
    *ret = false;
    for (size_t i = 0; e == OK && i < rules->n; i++)
        *ret |= bytes_starts(key, rules->all[i].prefix);
    return e;
}

/* Refuses for KEY, which the asker is told. */
static enum err refuse(struct apply_context *apply, struct bytes key)
{
    struct arena *arena = apply_result_arena(apply);
    struct bytes *told = arena_zalloc(arena, 1, sizeof *told);
    *told = arena_dup(arena, key);
    apply_give_result(apply, told);
    return ERR_PROJECTED;
}

static enum err check_put(void *ctx, struct apply_context *apply, struct bytes key)
{
    struct buf side;
    struct bytes row;
    bool concerned;
    enum err e = is_concerned(apply, key, &concerned);
    if (e != OK || !concerned)
        return e;
    buf_init(&side, key.n + 1);
    appears_key(key, &side);
    e = side_get(apply_view(apply), buf_bytes(&side), &row);
    buf_fini(&side);
    return e == OK ? refuse(apply, key) : e == ERR_NOT_FOUND ? OK : e;
}

struct first_appears {
    struct arena *arena;
    struct bytes key;
    bool there;
};

static bool take_first(void *ctx, struct bytes key, struct bytes value)
{
    struct first_appears *f = ctx;
    f->key = arena_dup(f->arena, bytes_skip(key, 1));
    f->there = true;
    return false;
}

/* One key is its owner's to remove: the instance goes. A range may not hold one. */
static enum err check_remove(void *ctx, struct apply_context *apply, struct bytes key,
                             struct bytes end_key)
{
    struct first_appears first = { .arena = apply_result_arena(apply) };
    struct buf side;
    if (end_key.n == 0)
        return OK;
    buf_init(&side, key.n + 1);
    appears_key(key, &side);
    enum err e =
        side_each_from(apply_view(apply), bytes_str("j"), buf_bytes(&side), take_first, &first);
    buf_fini(&side);
    if (e != OK || !first.there || !range_holds(key, end_key, first.key))
        return e;
    return refuse(apply, first.key);
}

static enum err did_put(void *ctx, struct apply_context *apply, struct bytes key,
                        struct bytes value, int64_t lease, struct arena *a)
{
    struct plan p;
    bool concerned;
    enum err e = is_concerned(apply, key, &concerned);
    if (e != OK || !concerned)
        return e;
    e = begin(apply, a, &p);
    return e == OK ? end(apply, &p, plan_etcd_put(&p, key, value, lease)) : e;
}

static enum err did_remove(void *ctx, struct apply_context *apply, struct bytes key,
                           struct arena *a)
{
    struct plan p;
    bool concerned;
    enum err e = is_concerned(apply, key, &concerned);
    if (e != OK || !concerned)
        return e;
    e = begin(apply, a, &p);
    return e == OK ? end(apply, &p, plan_etcd_removed(&p, key)) : e;
}

/* -- entries ---------------------------------------------------------------------------------- */

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
        .check_put = check_put,
        .check_remove = check_remove,
        .did_put = did_put,
        .did_remove = did_remove,
        .end_entry = end_entry,
    };
    return &hooks;
}
