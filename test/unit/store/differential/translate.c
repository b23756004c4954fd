/* The enums of model and store are numbered alike, which is asserted here and nowhere relied upon
 * elsewhere. */
#include "test/unit/store/differential/translate.h"

#include <assert.h>

#include "store/lease.h"
#include "test/unit/store/differential/upper.h"

static_assert((int)MODEL_SPACES == (int)SPACES && (int)MODEL_SYSTEM == (int)SPACE_SYSTEM, "spaces");
static_assert((int)MODEL_DESCEND == (int)RANGE_DESCEND, "orders");
static_assert((int)MODEL_BY_MOD == (int)RANGE_MOD && (int)MODEL_BY_VALUE == (int)RANGE_VALUE, "");
static_assert((int)MODEL_LESS == (int)COMPARE_LESS && (int)MODEL_ALWAYS == (int)COMPARE_ALWAYS, "");
static_assert((int)MODEL_MOD == (int)COMPARE_MOD && (int)MODEL_NOTHING == (int)COMPARE_NOTHING, "");
static_assert((int)MODEL_DOWN == (int)LEASE_DOWN && (int)MODEL_REMOVED == (int)LEASE_REMOVED, "");

struct range_query translate_range(const struct model_range *r)
{
    return (struct range_query){
        .space = (enum space)r->space,
        .key = r->key,
        .end = r->end,
        .revision = r->revision,
        .limit = r->limit,
        .order = (enum range_order)r->order,
        .target = (enum range_target)r->target,
        .keys_only = r->keys_only,
        .count_only = r->count_only,
        .min_mod = r->min_mod,
        .max_mod = r->max_mod,
        .min_create = r->min_create,
        .max_create = r->max_create,
    };
}

struct origin translate_origin(unsigned number)
{
    static const char *const whys[] = { "", "moved", "", "a longer reason, and another", "" };
    static char name[500]; /* longer than what is kept of one */
    struct bytes address = bytes_str("2001-db8--47110");
    memset(name, 'n', sizeof name);
    address.n -= number % 3;
    return (struct origin){
        .principal = bytes_of(name, number % 7 == 6 ? sizeof name : number % 4),
        .face = number % 11 == 10 ? FACE_CONSUL : FACE_ETCD,
        .address = address,
        .why = bytes_str(whys[number % ARRAY_LEN(whys)]),
    };
}

static struct compare translate_compare(const struct model_compare *c)
{
    return (struct compare){
        .space = (enum space)c->space,
        .key = c->key,
        .end = c->end,
        .result = (enum compare_result)c->result,
        .target = (enum compare_target)c->what,
        .number = c->number,
        .value = c->value,
    };
}

static struct put translate_put(const struct model_put *p)
{
    return (struct put){
        .space = (enum space)p->space,
        .key = p->key,
        .value = p->value,
        .lease = p->lease,
        .want_prev = p->want_prev,
        .ignore_value = p->ignore_value,
        .ignore_lease = p->ignore_lease,
    };
}

static struct remove translate_remove(const struct model_remove *r)
{
    return (struct remove){
        .space = (enum space)r->space, .key = r->key, .end = r->end, .want_prev = r->want_prev
    };
}

static struct op translate_op(const struct model_op *op, struct arena *arena)
{
    switch (op->kind) {
    case MODEL_OP_RANGE:
        return (struct op){ .kind = OP_RANGE, .range = translate_range(&op->range) };
    case MODEL_OP_PUT:
        return (struct op){ .kind = OP_PUT, .put = translate_put(&op->put) };
    case MODEL_OP_REMOVE:
        return (struct op){ .kind = OP_REMOVE, .remove = translate_remove(&op->remove) };
    case MODEL_OP_TXN:
        break;
    }
    return (struct op){ .kind = OP_TXN, .txn = translate_txn(op->txn, arena) };
}

static struct op *translate_ops(const struct model_op *ops, size_t n, struct arena *arena)
{
    struct op *into = arena_zalloc(arena, n + 1, sizeof *into);
    for (size_t i = 0; i < n; i++)
        into[i] = translate_op(&ops[i], arena);
    return into;
}

struct txn *translate_txn(const struct model_txn *txn, struct arena *arena)
{
    struct txn *into = arena_zalloc(arena, 1, sizeof *into);
    into->compares = arena_zalloc(arena, txn->compare_n + 1, sizeof *into->compares);
    into->compare_n = txn->compare_n;
    for (size_t i = 0; i < txn->compare_n; i++)
        into->compares[i] = translate_compare(&txn->compares[i]);
    into->then_ops = translate_ops(txn->then_ops, txn->then_n, arena);
    into->then_n = txn->then_n;
    into->else_ops = translate_ops(txn->else_ops, txn->else_n, arena);
    into->else_n = txn->else_n;
    return into;
}

static void translate_grant(const struct model_grant *g, struct entries *entries)
{
    struct lease_grant grant = {
        .id = g->id,
        .ttl_ms = g->ttl_ms,
        .suspect_ms = g->suspect_ms,
        .down_ms = g->down_ms,
        .remove_ms = g->remove_ms,
        .face = (enum face)g->face,
    };
    entries_grant(entries, &grant);
}

static void translate_checkpoint(const struct model_command *c, struct entries *entries)
{
    struct arena arena;
    arena_init(&arena, 0);
    size_t n = c->checkpoint.n;
    struct lease_remaining *leases = arena_zalloc(&arena, n + 1, sizeof *leases);
    for (size_t i = 0; i < n; i++)
        leases[i] = (struct lease_remaining){
            .id = c->checkpoint.leases[i].id,
            .remaining_ms = c->checkpoint.leases[i].remaining_ms,
        };
    entries_checkpoint(entries, leases, n);
    arena_fini(&arena);
}

static void translate_transaction(const struct model_txn *txn, struct entries *entries)
{
    struct arena arena;
    arena_init(&arena, 0);
    entries_txn(entries, translate_txn(txn, &arena));
    arena_fini(&arena);
}

/* The same bytes as a transaction's, under a kind of our own. */
static void translate_writes(const struct model_txn *txn, struct entries *entries)
{
    struct arena arena;
    struct buf body;
    arena_init(&arena, 0);
    buf_init(&body, SIZE_MAX / 4);
    enum err e = txn_encode(translate_txn(txn, &arena), &body);
    assert(e == OK);
    entries_command(entries, (enum command_kind)UPPER_WRITES, buf_bytes(&body));
    buf_fini(&body);
    arena_fini(&arena);
}

void translate_command(const struct model_command *c, struct entries *entries)
{
    entries->origin = translate_origin(c->origin);
    switch (c->kind) {
    case MODEL_COMMAND_TXN:
        translate_transaction(c->txn, entries);
        break;
    case MODEL_COMMAND_WRITES:
        translate_writes(c->txn, entries);
        break;
    case MODEL_COMMAND_GRANT:
        translate_grant(&c->grant, entries);
        break;
    case MODEL_COMMAND_REVOKE:
        entries_revoke(entries, c->revoke.id, (enum face)c->revoke.face);
        break;
    case MODEL_COMMAND_MOVE:
        entries_move(entries, c->move.id, (enum lease_stage)c->move.from,
                     (enum lease_stage)c->move.to);
        break;
    case MODEL_COMMAND_CHECKPOINT:
        translate_checkpoint(c, entries);
        break;
    case MODEL_COMMAND_COMPACT:
        entries_compact(entries, (enum space)c->compact.space, c->compact.revision);
        break;
    }
}
