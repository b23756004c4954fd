/* The body of a COMMAND_TXN: counts and fixed fields, little-endian, nested transactions in place
 * (docs/formats.md). Nesting is bounded by TXN_DEPTH_MAX in both directions. */
#include "base/rd.h"
#include "store/txn.h"

enum {
    FLAG_WANT_PREV = 1,
    FLAG_IGNORE_VALUE = 2,
    FLAG_IGNORE_LEASE = 4,
    FLAG_KEYS_ONLY = 1,
    FLAG_COUNT_ONLY = 2,
    ITEMS_AT_FIRST = 8
};

static enum err put_txn(const struct txn *txn, struct buf *out, unsigned depth);

static void put_i64(struct buf *b, int64_t v)
{
    buf_put_u64(b, (uint64_t)v);
}

static int64_t rd_i64(struct rd *r)
{
    return (int64_t)rd_u64(r);
}

/* -- writing ---------------------------------------------------------------------------------- */

static void put_compare(struct buf *b, const struct compare *c)
{
    buf_put_u8(b, (uint8_t)c->space);
    buf_put_u8(b, (uint8_t)c->result);
    buf_put_u8(b, (uint8_t)c->target);
    buf_put_run(b, c->key);
    buf_put_run(b, c->end);
    put_i64(b, c->number);
    buf_put_run(b, c->value);
}

static void put_range(struct buf *b, const struct range_query *q)
{
    buf_put_u8(b, (uint8_t)q->space);
    buf_put_u8(b, (uint8_t)q->order);
    buf_put_u8(b, (uint8_t)q->target);
    buf_put_u8(
        b, (uint8_t)((q->keys_only ? FLAG_KEYS_ONLY : 0) | (q->count_only ? FLAG_COUNT_ONLY : 0)));
    buf_put_run(b, q->key);
    buf_put_run(b, q->end);
    const int64_t numbers[] = { q->revision,
                                q->limit,
                                q->min_mod,
                                q->max_mod,
                                q->min_create,
                                q->max_create,
                                (int64_t)q->budget_bytes };
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        put_i64(b, numbers[i]);
}

static void put_put(struct buf *b, const struct put *p)
{
    buf_put_u8(b, (uint8_t)p->space);
    buf_put_u8(b, (uint8_t)((p->want_prev ? FLAG_WANT_PREV : 0) |
                            (p->ignore_value ? FLAG_IGNORE_VALUE : 0) |
                            (p->ignore_lease ? FLAG_IGNORE_LEASE : 0)));
    buf_put_run(b, p->key);
    buf_put_run(b, p->value);
    put_i64(b, p->lease);
}

static void put_remove(struct buf *b, const struct remove *r)
{
    buf_put_u8(b, (uint8_t)r->space);
    buf_put_u8(b, r->want_prev ? FLAG_WANT_PREV : 0);
    buf_put_run(b, r->key);
    buf_put_run(b, r->end);
}

static enum err put_op(const struct op *op, struct buf *out, unsigned depth)
{
    buf_put_u8(out, (uint8_t)op->kind);
    switch (op->kind) {
    case OP_RANGE:
        put_range(out, &op->range);
        return OK;
    case OP_PUT:
        put_put(out, &op->put);
        return OK;
    case OP_REMOVE:
        put_remove(out, &op->remove);
        return OK;
    case OP_TXN:
        return put_txn(op->txn, out, depth + 1);
    }
    return ERR_INVALID;
}

static enum err put_ops(const struct op *ops, size_t n, struct buf *out, unsigned depth)
{
    enum err e = OK;
    buf_put_u32(out, (uint32_t)n);
    for (size_t i = 0; i < n && e == OK; i++)
        e = put_op(&ops[i], out, depth);
    return e;
}

static enum err put_txn(const struct txn *txn, struct buf *out, unsigned depth)
{
    if (depth > TXN_DEPTH_MAX)
        return ERR_TOO_BIG;
    buf_put_u32(out, (uint32_t)txn->compare_n);
    for (size_t i = 0; i < txn->compare_n; i++)
        put_compare(out, &txn->compares[i]);
    enum err e = put_ops(txn->then_ops, txn->then_n, out, depth);
    return e != OK ? e : put_ops(txn->else_ops, txn->else_n, out, depth);
}

enum err txn_encode(const struct txn *txn, struct buf *out)
{
    enum err e = put_txn(txn, out, 1);
    return e != OK ? e : buf_err(out);
}

/* -- reading ---------------------------------------------------------------------------------- */

static struct txn *take_txn(struct rd *r, struct arena *arena, unsigned depth);

static enum space take_space(struct rd *r)
{
    uint8_t space = rd_u8(r);
    if (space >= SPACES)
        rd_fail(r, ERR_MALFORMED);
    return space < SPACES ? (enum space)space : SPACE_ETCD;
}

static unsigned take_enum(struct rd *r, unsigned last)
{
    uint8_t v = rd_u8(r);
    if (v > last)
        rd_fail(r, ERR_MALFORMED);
    return v > last ? 0 : v;
}

static void take_compare(struct rd *r, struct compare *c)
{
    c->space = take_space(r);
    c->result = (enum compare_result)take_enum(r, COMPARE_ALWAYS);
    c->target = (enum compare_target)take_enum(r, COMPARE_NOTHING);
    c->key = rd_run(r);
    c->end = rd_run(r);
    c->number = rd_i64(r);
    c->value = rd_run(r);
}

static void take_range(struct rd *r, struct range_query *q)
{
    q->space = take_space(r);
    q->order = (enum range_order)take_enum(r, RANGE_DESCEND);
    q->target = (enum range_target)take_enum(r, RANGE_VALUE);
    unsigned flags = take_enum(r, FLAG_KEYS_ONLY | FLAG_COUNT_ONLY);
    q->keys_only = flags & FLAG_KEYS_ONLY;
    q->count_only = flags & FLAG_COUNT_ONLY;
    q->key = rd_run(r);
    q->end = rd_run(r);
    int64_t *const numbers[] = { &q->revision, &q->limit,      &q->min_mod,
                                 &q->max_mod,  &q->min_create, &q->max_create };
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        *numbers[i] = rd_i64(r);
    q->budget_bytes = rd_u64(r);
}

static void take_put(struct rd *r, struct put *p)
{
    p->space = take_space(r);
    unsigned flags = take_enum(r, FLAG_WANT_PREV | FLAG_IGNORE_VALUE | FLAG_IGNORE_LEASE);
    p->want_prev = flags & FLAG_WANT_PREV;
    p->ignore_value = flags & FLAG_IGNORE_VALUE;
    p->ignore_lease = flags & FLAG_IGNORE_LEASE;
    p->key = rd_run(r);
    p->value = rd_run(r);
    p->lease = rd_i64(r);
}

static void take_remove(struct rd *r, struct remove *m)
{
    m->space = take_space(r);
    m->want_prev = take_enum(r, FLAG_WANT_PREV);
    m->key = rd_run(r);
    m->end = rd_run(r);
}

static void take_op(struct rd *r, struct arena *arena, struct op *op, unsigned depth)
{
    op->kind = (enum op_kind)take_enum(r, OP_TXN);
    switch (op->kind) {
    case OP_RANGE:
        take_range(r, &op->range);
        break;
    case OP_PUT:
        take_put(r, &op->put);
        break;
    case OP_REMOVE:
        take_remove(r, &op->remove);
        break;
    case OP_TXN:
        op->txn = take_txn(r, arena, depth + 1);
        break;
    }
}

/* Arrays grow as their items are read: a count that lies costs nothing. */
static void *grown(struct arena *arena, void *items, size_t n, size_t all, size_t *room,
                   size_t size)
{
    if (n < *room)
        return items;
    *room = *room == 0 ? ITEMS_AT_FIRST : *room * 2;
    if (*room > all)
        *room = all;
    void *more = arena_zalloc(arena, *room, size);
    if (n > 0)
        memcpy(more, items, n * size);
    return more;
}

static struct op *take_ops(struct rd *r, struct arena *arena, size_t *ret_n, unsigned depth)
{
    size_t n = rd_u32(r), room = 0;
    struct op *ops = NULL;
    for (size_t i = 0; i < n && r->err == OK; i++) {
        ops = grown(arena, ops, i, n, &room, sizeof *ops);
        take_op(r, arena, &ops[i], depth);
    }
    *ret_n = n;
    return ops;
}

static struct compare *take_compares(struct rd *r, struct arena *arena, size_t *ret_n)
{
    size_t n = rd_u32(r), room = 0;
    struct compare *compares = NULL;
    for (size_t i = 0; i < n && r->err == OK; i++) {
        compares = grown(arena, compares, i, n, &room, sizeof *compares);
        take_compare(r, &compares[i]);
    }
    *ret_n = n;
    return compares;
}

static struct txn *take_txn(struct rd *r, struct arena *arena, unsigned depth)
{
    struct txn *txn = arena_zalloc(arena, 1, sizeof *txn);
    if (depth > TXN_DEPTH_MAX) {
        rd_fail(r, ERR_TOO_BIG);
        return txn;
    }
    txn->compares = take_compares(r, arena, &txn->compare_n);
    txn->then_ops = take_ops(r, arena, &txn->then_n, depth);
    txn->else_ops = take_ops(r, arena, &txn->else_n, depth);
    return txn;
}

enum err txn_decode(struct bytes body, struct arena *arena, struct txn **ret)
{
    struct rd r;
    rd_init(&r, body);
    struct txn *txn = take_txn(&r, arena, 1);
    enum err e = rd_end(&r);
    if (e == OK)
        *ret = txn;
    return e;
}

/* -- looking ---------------------------------------------------------------------------------- */

static bool ops_only_read(const struct op *ops, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (ops[i].kind == OP_TXN ? !txn_is_read_only(ops[i].txn) : ops[i].kind != OP_RANGE)
            return false;
    }
    return true;
}

bool txn_is_read_only(const struct txn *txn)
{
    return ops_only_read(txn->then_ops, txn->then_n) && ops_only_read(txn->else_ops, txn->else_n);
}
