/* The commands of an entry: transactions, leases, compaction. */
#include "test/unit/store/model/model.h"
#include "test/unit/store/model/model_state.h"

static enum err grant(struct model *m, const struct model_grant *g)
{
    if (g->id == 0 || g->remove_ms == 0)
        return ERR_INVALID;
    if (model_lease(m, g->id) != NULL)
        return ERR_LEASE_EXISTS;
    model_lease_add(m, &(struct model_lease){
                           .grant = *g,
                           .granted_age_ms = m->age_ms,
                           .remaining_ms = UINT64_MAX,
                       });
    return OK;
}

/* Removes the lease's keys, space by space in key order, then the lease. */
static uint64_t end_lease(struct model *m, int64_t id, struct arena *arena)
{
    struct model_writing w = { .m = m };
    uint64_t n = 0;
    for (unsigned s = 0; s < MODEL_SPACES; s++) {
        struct bytes *keys;
        size_t key_n = model_lease_keys(m, id, s, arena, &keys);
        for (size_t i = 0; i < key_n; i++)
            model_write(&w, (struct model_event){ .space = s, .is_delete = true, .key = keys[i] });
        n += key_n;
    }
    model_written(&w);
    model_lease_drop(m, id);
    return n;
}

static enum err revoke(struct model *m, int64_t id, int face, struct arena *arena,
                       struct model_outcome *o)
{
    struct model_lease *lease = model_lease(m, id);
    if (lease == NULL || (face != 0 && lease->grant.face != face))
        return ERR_LEASE_NOT_FOUND;
    o->removed = end_lease(m, id, arena);
    return OK;
}

static enum err move(struct model *m, const struct model_command *c, struct arena *arena,
                     struct model_outcome *o)
{
    struct model_lease *lease = model_lease(m, c->move.id);
    if (lease == NULL)
        return ERR_LEASE_NOT_FOUND;
    if (lease->stage != c->move.from)
        return ERR_LEASE_MOVED;
    if (c->move.to == MODEL_REMOVED)
        o->removed = end_lease(m, c->move.id, arena);
    else
        lease->stage = c->move.to;
    return OK;
}

static enum err checkpoint(struct model *m, const struct model_command *c, struct arena *arena,
                           struct model_outcome *o)
{
    o->known = arena_zalloc(arena, c->checkpoint.n + 1, sizeof *o->known);
    for (size_t i = 0; i < c->checkpoint.n; i++) {
        struct model_lease *lease = model_lease(m, c->checkpoint.leases[i].id);
        o->known[i] = lease != NULL;
        if (lease != NULL)
            lease->remaining_ms = c->checkpoint.leases[i].remaining_ms;
    }
    return OK;
}

static enum err compact(struct model *m, unsigned space, uint64_t revision)
{
    struct model_space *s = &m->spaces[space];
    if (revision > model_newest(m, space))
        return ERR_FUTURE;
    if (s->was_compacted && revision <= s->compacted)
        return ERR_COMPACTED;
    s->was_compacted = true;
    s->compacted = revision;
    return OK;
}

/* Refused if a lease is not there, or if the first key is. Removing nothing is no error. */
static enum err writes(struct model *m, const struct model_txn *txn, struct arena *arena,
                       struct model_outcome *o)
{
    for (size_t i = 0; i < txn->then_n; i++) {
        const struct model_op *op = &txn->then_ops[i];
        bool leased = op->kind == MODEL_OP_PUT && op->put.lease != 0;
        if (leased && model_lease(m, op->put.lease) == NULL)
            return ERR_LEASE_NOT_FOUND;
        if (i == 0 && op->kind == MODEL_OP_PUT && op->put.want_prev &&
            model_get(m, op->put.space, op->put.key, 0) != NULL)
            return ERR_EXISTS;
    }
    m->face = 0; /* an upper folder's kind sees to that itself */
    enum err e = model_txn_run(m, txn, arena, &o->txn);
    for (size_t i = 0; e == OK && i < txn->then_n; i++)
        if (txn->then_ops[i].kind == MODEL_OP_REMOVE)
            o->removed += o->txn->answers[i].removed.row_n;
    return e;
}

static enum err run(struct model *m, const struct model_command *c, struct arena *arena,
                    struct model_outcome *o)
{
    switch (c->kind) {
    case MODEL_COMMAND_TXN:
        return model_txn_run(m, c->txn, arena, &o->txn);
    case MODEL_COMMAND_GRANT:
        return grant(m, &c->grant);
    case MODEL_COMMAND_REVOKE:
        return revoke(m, c->revoke.id, c->revoke.face, arena, o);
    case MODEL_COMMAND_MOVE:
        return move(m, c, arena, o);
    case MODEL_COMMAND_CHECKPOINT:
        return checkpoint(m, c, arena, o);
    case MODEL_COMMAND_COMPACT:
        return compact(m, c->compact.space, c->compact.revision);
    case MODEL_COMMAND_WRITES:
        return writes(m, c->txn, arena, o);
    }
    return ERR_INVALID;
}

void model_run(struct model *m, const struct model_command *command, struct arena *arena,
               struct model_outcome *ret)
{
    *ret = (struct model_outcome){ 0 };
    m->origin = command->origin;
    ret->err = run(m, command, arena, ret);
    ret->revision = m->revision;
    ret->system_revision = m->system_revision;
}
