/* Planning a restore, some rows at a time: first what is not among the items goes, then they are
 * put, each kind behind what it needs; then the states of all that was touched. Nothing is written
 * before all of it is planned, so a refusal at the last item has left nothing. */
#include "catalog/plan_restore.h"

#include "catalog/kv_lock.h"
#include "catalog/restore_core.h"
#include "catalog/session_plan.h"
#include "catalog/tables_memo.h"
#include "store/policy.h"

enum { ROWS_OF_ITEM = 4 /* about, in the count of work */ };

/* -- refusing --------------------------------------------------------------------------------- */

static void refuse(struct restore *r, struct apply_context *c, enum restore_fault fault,
                   enum change_refusal why, struct bytes key)
{
    struct arena *results = apply_result_arena(c);
    struct restore_refusal *give = arena_zalloc(results, 1, sizeof *give);
    *give = (struct restore_refusal){ fault, why, arena_dup(results, key) };
    apply_give_result(c, give);
    r->is_refused = true;
}

static enum err check_grants(struct restore *r, struct apply_context *c)
{
    enum err e = OK;
    for (size_t i = 0; i < r->grant_n && e == OK && !r->is_refused; i++) {
        struct lease lease;
        e = lease_get(apply_view(c), FACE_NONE, r->grants[i].lease.id, &lease);
        if (e == OK || (i > 0 && r->grants[i].lease.id == r->grants[i - 1].lease.id))
            refuse(r, c, RESTORE_NO_LEASE, CHANGE_DONE, bytes_str(""));
        e = e == ERR_LEASE_NOT_FOUND ? OK : e;
    }
    return e;
}

/* -- what is put ------------------------------------------------------------------------------ */

static enum err put_session(struct restore *r, struct apply_context *c,
                            const struct restore_entry *entry, const struct session_create *s)
{
    struct standing stands;
    struct buf *row = plan_row(&r->plan);
    session_write(&s->session, row);
    enum err e = plan_look(&r->plan, entry->key, &stands);
    if (e != OK)
        return e;
    if (stands.there && bytes_eq(stands.row.value, buf_bytes(row)))
        return OK; /* its lease goes on */
    if (stands.there)
        e = session_plan_end(r->plan.draft, r->ns, &s->id, r->plan.age_ms);
    if (e == OK && s->lease != 0 && !restore_use_grant(r, s->lease))
        refuse(r, c, RESTORE_NO_LEASE, CHANGE_DONE, entry->key);
    if (e == OK && !r->is_refused)
        session_plan_restore(r->plan.draft, r->ns, s);
    return e;
}

static enum err put_held(struct restore *r, struct apply_context *c, struct bytes key,
                         const struct uuid *session)
{
    struct standing s;
    struct buf *at = plan_key(&r->plan);
    session_key(r->ns, session, at);
    enum err e = plan_look(&r->plan, buf_bytes(at), &s);
    if (e != OK || !s.there) {
        if (e == OK)
            refuse(r, c, RESTORE_NO_SESSION, CHANGE_DONE, key);
        return e;
    }
    e = kv_lock_note(r->plan.draft, session, key);
    if (e == ERR_TOO_BIG)
        refuse(r, c, RESTORE_MANY_LOCKS, CHANGE_DONE, key);
    return e == ERR_TOO_BIG ? OK : e;
}

static enum err put_pair(struct restore *r, struct apply_context *c, struct bytes key,
                         struct bytes row)
{
    struct draft *d = r->plan.draft;
    struct draft_row stands;
    struct kv_pair was = { 0 }, is;
    enum err e = draft_get(d, SPACE_CONSUL_KV, key, &stands);
    if (e == OK && bytes_eq(stands.value, row))
        return OK;
    if (e != OK && e != ERR_NOT_FOUND)
        return e;
    if ((e == OK && kv_pair_read(stands.value, &was) != OK) || kv_pair_read(row, &is) != OK)
        return ERR_DAMAGED;
    e = OK;
    if (!uuid_is_zero(&was.session) && !uuid_eq(&was.session, &is.session))
        e = kv_lock_forget(d, &was.session, key);
    if (e == OK && !uuid_is_zero(&is.session))
        e = put_held(r, c, key, &is.session);
    if (e == OK)
        draft_put(d, SPACE_CONSUL_KV, key, row, 0);
    return e;
}

static enum err put_system(struct restore *r, struct apply_context *c,
                           const struct restore_item *item)
{
    struct draft *d = r->plan.draft;
    struct draft_row stands;
    enum err e = draft_get(d, SPACE_SYSTEM, item->system.key, &stands);
    if (e != OK && e != ERR_NOT_FOUND)
        return e;
    bool is_same = e == OK && bytes_eq(stands.value, item->system.value) &&
                   (stands.lease != 0) == (item->system.lease != 0);
    if (is_same)
        return OK;
    if (item->system.lease != 0 && !restore_use_grant(r, item->system.lease))
        refuse(r, c, RESTORE_NO_LEASE, CHANGE_DONE, item->system.key);
    draft_put(d, SPACE_SYSTEM, item->system.key, item->system.value, item->system.lease);
    r->moves_policy = true;
    return OK;
}

static enum err put_change(struct restore *r, struct apply_context *c,
                           const struct restore_entry *entry, const struct change_op *op)
{
    struct change_result result = { 0 };
    if (op->kind == CHANGE_SESSION_CREATE)
        return put_session(r, c, entry, &op->session);
    enum err e = plan_op(&r->plan, op, &result);
    if (e == OK && result.refusal != CHANGE_DONE)
        refuse(r, c, RESTORE_CHANGE_REFUSED, result.refusal, entry->key);
    return e;
}

static enum err put_entry(struct restore *r, struct apply_context *c,
                          const struct restore_entry *entry)
{
    struct restore_item item;
    if (restore_item_read(entry->bytes, r->arena, &item) != OK)
        return ERR_DAMAGED; /* it was read before */
    switch (item.kind) {
    case RESTORE_CHANGE:
        return put_change(r, c, entry, &item.change);
    case RESTORE_PAIR:
        return put_pair(r, c, item.pair.key, item.pair.row);
    case RESTORE_SYSTEM:
        return put_system(r, c, &item);
    case RESTORE_LEASE:
    case RESTORE_KINDS:
        break;
    }
    return ERR_INVALID;
}

/* -- the command ------------------------------------------------------------------------------ */

enum err restore_check(void *ctx, struct apply_context *apply, struct bytes body, struct arena *a,
                       void **ret_plan)
{
    struct restore_body b;
    const struct projection_rules *rules;
    enum err e = restore_body_read(body, &b);
    struct restore *r = arena_zalloc(a, 1, sizeof *r);
    r->arena = a;
    r->ns = b.ns;
    if (e == OK)
        e = restore_items_read(r, &b);
    if (e == ERR_VERSION || e == ERR_TRUNCATED)
        e = ERR_MALFORMED;
    if (e == OK)
        e = tables_memo_rules(apply, &rules);
    if (e == OK)
        e = check_grants(r, apply);
    if (e != OK)
        return e;
    const struct restore_entry *twice = restore_find_twice(r);
    if (twice != NULL)
        refuse(r, apply, RESTORE_TWICE, CHANGE_DONE, twice->key);
    if (r->is_refused)
        return ERR_REFUSED;
    restore_walks_add(r, &b);
    plan_init(&r->plan, draft_for(apply, a), apply_age_ms(apply), rules, apply_result_arena(apply));
    plan_fini(&r->plan);
    *ret_plan = r;
    return OK;
}

static enum err end_plan(struct restore *r)
{
    if (r->moves_policy)
        draft_put(r->plan.draft, SPACE_SYSTEM, bytes_str(POLICY_KEY), bytes_str(""), 0);
    return plan_states(&r->plan);
}

static enum err plan_some(struct restore *r, struct apply_context *c, uint64_t *rows)
{
    if (r->stage == RESTORE_REMOVING) {
        if (r->at < r->walk_n)
            return restore_sweep_some(r, rows);
        r->stage = RESTORE_PUTTING;
        r->at = 0;
        return OK;
    }
    if (r->at == r->n) {
        r->stage = RESTORE_ENDING;
        return end_plan(r);
    }
    *rows -= *rows < ROWS_OF_ITEM ? *rows : ROWS_OF_ITEM;
    return put_entry(r, c, &r->all[r->at++]);
}

enum err restore_plan(void *ctx, struct apply_context *apply, void *plan, uint64_t *rows,
                      bool *ret_done)
{
    struct restore *r = plan;
    enum err e = OK;
    plan_resume(&r->plan);
    while (e == OK && !r->is_refused && r->stage != RESTORE_ENDING && *rows > 0)
        e = plan_some(r, apply, rows);
    plan_fini(&r->plan);
    *ret_done = r->stage == RESTORE_ENDING;
    return e == OK && r->is_refused ? ERR_REFUSED : e;
}

static enum err grant_leases(struct restore *r, struct apply_context *c, uint64_t *rows)
{
    enum err e = OK;
    for (; r->granted<r->grant_n && * rows> 0 && e == OK; r->granted++) {
        --*rows;
        if (r->grants[r->granted].is_used)
            e = apply_grant_lease(c, &r->grants[r->granted].lease);
    }
    return e;
}

enum err restore_run(void *ctx, struct apply_context *apply, void *plan, uint64_t *rows,
                     bool *ret_done)
{
    struct restore *r = plan;
    enum err e = grant_leases(r, apply, rows);
    *ret_done = false;
    if (e != OK || r->granted < r->grant_n)
        return e;
    e = draft_write(r->plan.draft, apply, rows, ret_done);
    if (e != OK || !*ret_done)
        return e;
    if (!r->plan.is_noted)
        tables_memo_note(apply, &r->plan);
    r->plan.is_noted = true;
    return plan_appear(&r->plan, apply, rows, ret_done);
}
