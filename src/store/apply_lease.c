/* Leases and compactions. A lease's keys go one by one in order of space and key, in one revision.
 */
#include "store/apply.h"
#include "store/apply_context.h"

/* -- check ------------------------------------------------------------------------------------ */

static enum err check_grant(struct apply *a)
{
    struct lease_grant g;
    struct lease lease;
    enum err e = lease_grant_decode(a->command.body, &g);
    if (e != OK)
        return e;
    if (g.id == 0 || g.remove_ms == 0)
        return ERR_INVALID;
    e = lease_row_get(&a->view, g.id, &lease);
    return e == OK ? ERR_LEASE_EXISTS : e == ERR_LEASE_NOT_FOUND ? OK : e;
}

static enum err check_revoke(struct apply *a)
{
    struct lease_revoke r;
    enum err e = lease_revoke_decode(a->command.body, &r);
    if (e == OK)
        e = lease_get(&a->view, r.face, r.id, &a->lease);
    bool is_asked = e == OK && r.key_set_mark != 0;
    return is_asked && r.key_set_mark != lease_key_set_mark(&a->lease) ? ERR_CHECK_AGAIN : e;
}

static enum err check_move(struct apply *a)
{
    struct lease_move m;
    enum err e = lease_move_decode(a->command.body, &m);
    if (e == OK)
        e = lease_row_get(&a->view, m.id, &a->lease);
    return e == OK && a->lease.stage != m.from ? ERR_LEASE_MOVED : e;
}

enum err apply_lease_check(struct apply *a)
{
    struct lease_remaining *leases;
    size_t n;
    a->in_step = false;
    switch (a->command.kind) {
    case COMMAND_LEASE_GRANT:
        return check_grant(a);
    case COMMAND_LEASE_REVOKE:
        return check_revoke(a);
    case COMMAND_LEASE_STAGE:
        return check_move(a);
    case COMMAND_LEASE_CHECKPOINT:
        return lease_checkpoint_decode(a->command.body, &a->scratch, &leases, &n);
    case COMMAND_TXN:
    case COMMAND_COMPACT:
    case COMMAND_KIND_UPPER:
        break;
    }
    return ERR_INVALID;
}

/* -- run -------------------------------------------------------------------------------------- */

enum err apply_lease_grant(struct apply *a, const struct lease_grant *grant)
{
    struct lease lease = { .grant = *grant,
                           .granted_age_ms = a->entry.time.age_ms,
                           .remaining_ms = UINT64_MAX };
    struct lease_change change = { .kind = LEASE_CHANGE_GRANTED, .grant = *grant };
    apply_lease_change(a, &change);
    return lease_row_put(&a->view, &lease);
}

enum err apply_grant_lease(struct apply_context *c, const struct lease_grant *grant)
{
    struct apply *a = (struct apply *)c;
    a->others_touched = true;
    return apply_lease_grant(a, grant);
}

static enum err run_grant(struct apply *a)
{
    struct lease_grant grant;
    enum err e = lease_grant_decode(a->command.body, &grant);
    return e == OK ? apply_lease_grant(a, &grant) : e;
}

static enum err remove_first_key(struct apply *a)
{
    enum space space;
    struct bytes key;
    struct row head;
    bool has_head, taken;
    arena_clear(&a->scratch);
    enum err e = lease_first_key(&a->view, a->lease.grant.id, &a->scratch, &space, &key);
    if (e == OK)
        e = apply_hook_end_key(a, space, key, &taken);
    if (e != OK)
        return e;
    a->result->removed++;
    e = apply_head(a, space, key, &head, &has_head);
    bool stands = e == OK && head.lease == a->lease.grant.id;
    if ((e != OK && e != ERR_NOT_FOUND) || stands == taken)
        return e == OK || e == ERR_NOT_FOUND ? ERR_DAMAGED : e; /* the two tables disagree */
    e = taken ? OK : apply_remove_key(a, space, key, &head);
    return e == OK && !taken ? apply_hook_removed(a, space, key) : e;
}

static enum err run_remove(struct apply *a, uint64_t *rows, bool *ret_done)
{
    enum err e = OK;
    *ret_done = false;
    while (*rows > 0 && e == OK) {
        --*rows;
        e = remove_first_key(a);
        apply_spend(a, rows);
    }
    if (e != ERR_NOT_FOUND)
        return e;
    *ret_done = true;
    struct lease_change change = { .kind = LEASE_CHANGE_REMOVED,
                                   .grant = a->lease.grant,
                                   .stage = LEASE_REMOVED };
    apply_lease_change(a, &change);
    return lease_row_remove(&a->view, a->lease.grant.id);
}

struct key_taken {
    struct arena *arena;
    struct bytes key;
    bool found;
};

static bool take_key(void *ctx, enum space space, struct bytes key)
{
    struct key_taken *t = ctx;
    t->key = arena_dup(t->arena, key);
    t->found = true;
    return false;
}

/* Tells of the keys in CATALOG, one by one; FROM is where it goes on. */
static enum err move_keys(struct apply *a, uint64_t *rows, bool *ret_done)
{
    enum err e = OK;
    *ret_done = !apply_hook_moves(a);
    while (e == OK && !*ret_done && *rows > 0) {
        struct key_taken next = { .arena = &a->scratch };
        bool all;
        arena_clear(&a->scratch);
        e = lease_each_key(&a->view, a->lease.grant.id, SPACE_CATALOG, buf_bytes(&a->from),
                           take_key, &next, &all);
        *ret_done = e == OK && !next.found;
        if (e != OK || !next.found)
            break;
        e = apply_hook_move_key(a, next.key);
        --*rows;
        apply_spend(a, rows);
        buf_clear(&a->from, SIZE_MAX);
        buf_put_bytes(&a->from, next.key);
        buf_put_u8(&a->from, 0); /* the next key that can be */
    }
    return e;
}

static enum err begin_move(struct apply *a, enum lease_stage to)
{
    a->lease.stage = to;
    buf_clear(&a->from, SIZE_MAX);
    a->in_step = true;
    struct lease_change change = { .kind = LEASE_CHANGE_MOVED,
                                   .grant = a->lease.grant,
                                   .stage = to };
    apply_lease_change(a, &change);
    return lease_row_put(&a->view, &a->lease);
}

static enum err run_move(struct apply *a, uint64_t *rows, bool *ret_done)
{
    struct lease_move m;
    enum err e = lease_move_decode(a->command.body, &m);
    if (e != OK || m.to == LEASE_REMOVED)
        return e != OK ? e : run_remove(a, rows, ret_done);
    if (!a->in_step)
        e = begin_move(a, m.to);
    return e == OK ? move_keys(a, rows, ret_done) : e;
}

static enum err run_checkpoint(struct apply *a)
{
    struct lease_remaining *leases;
    size_t n;
    enum err e = lease_checkpoint_decode(a->command.body, &a->scratch, &leases, &n);
    for (size_t i = 0; i < n && e == OK; i++) {
        struct lease lease;
        e = lease_row_get(&a->view, leases[i].id, &lease);
        if (e == ERR_LEASE_NOT_FOUND) {
            e = OK;
            continue;
        }
        lease.remaining_ms = leases[i].remaining_ms;
        struct lease_change change = { .kind = LEASE_CHANGE_CHECKPOINT,
                                       .grant = lease.grant,
                                       .remaining_ms = lease.remaining_ms };
        apply_lease_change(a, &change);
        if (e == OK)
            e = lease_row_put(&a->view, &lease);
    }
    return e;
}

enum err apply_lease_run(struct apply *a, uint64_t *rows, bool *ret_done)
{
    *ret_done = true;
    switch (a->command.kind) {
    case COMMAND_LEASE_GRANT:
        return run_grant(a);
    case COMMAND_LEASE_REVOKE:
        return run_remove(a, rows, ret_done);
    case COMMAND_LEASE_STAGE:
        return run_move(a, rows, ret_done);
    case COMMAND_LEASE_CHECKPOINT:
        return run_checkpoint(a);
    case COMMAND_TXN:
    case COMMAND_COMPACT:
    case COMMAND_KIND_UPPER:
        break;
    }
    return ERR_INVALID;
}

/* -- compaction: the logical step; sweep.c removes ----------------------------------------------
 */

enum err apply_compact_check(struct apply *a)
{
    struct compact c;
    enum err e = compact_decode(a->command.body, &c);
    if (e != OK)
        return e;
    if (c.revision > state_revision(&a->view.state, c.space))
        return ERR_FUTURE;
    return c.revision + 1 <= a->view.state.compacted[c.space] ? ERR_COMPACTED : OK;
}

enum err apply_compact_run(struct apply *a)
{
    struct compact c;
    enum err e = compact_decode(a->command.body, &c);
    if (e == OK)
        a->view.state.compacted[c.space] = c.revision + 1;
    return e;
}
