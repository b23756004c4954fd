/* Random keys, values, ranges and transactions.
 *
 * Lengths sit where the store changes its ways: 490 bytes a layer, 511 LMDB's own limit, 2,000 a
 * piece. Long keys share their beginnings, so that layers hold several. */
#include "test/unit/store/differential/random.h"

#include "base/compiler.h"

enum { POOL = 128 * 1024, TXN_DEPTH = 3, KEYS_MAX = 64 };

/* Bytes that values are cut from; filled once, always the same. */
static const uint8_t *value_pool(void)
{
    static uint8_t pool[POOL];
    static bool filled;
    struct dice d = dice_of(7, 7);
    for (size_t i = 0; !filled && i < POOL; i++)
        pool[i] = (uint8_t)dice_u64(&d);
    filled = true;
    return pool;
}

struct bytes random_value(struct dice *d)
{
    static const unsigned weights[] = { 4, 10, 10, 4, 2, 1 };
    size_t at = dice_percent(d, 70) ? dice_below(d, 4) : dice_below(d, 4096);
    const uint8_t *pool = value_pool() + at;
    switch (dice_weighted(d, weights, ARRAY_LEN(weights))) {
    case 0:
        return bytes_of(pool, 0);
    case 1:
        return bytes_of(pool, 1);
    case 2:
        return bytes_of(pool, 100);
    case 3:
        return bytes_of(pool, dice_between(d, 1900, 2100));
    case 4:
        return bytes_of(pool, 5000);
    }
    return bytes_of(pool, dice_percent(d, 20) ? 100000 : dice_between(d, 1000, 9000));
}

unsigned random_space(struct dice *d)
{
    static const unsigned weights[MODEL_SPACES] = { 60, 8, 8, 4, 4, 16 };
    return (unsigned)dice_weighted(d, weights, MODEL_SPACES);
}

/* -- keys and ranges -------------------------------------------------------------------------- */

static struct bytes any_key(struct random_source *r)
{
    return r->keys[dice_below(r->dice, r->key_n)];
}

/* A key near one of the universe: cut, longer by a byte, or with its last byte moved. */
static struct bytes near_key(struct random_source *r)
{
    struct bytes key = any_key(r);
    uint8_t *p = arena_alloc(r->arena, key.n + 1);
    if (key.n > 0)
        memcpy(p, key.p, key.n);
    switch (dice_below(r->dice, 5)) {
    case 0:
        return bytes_of(p, dice_below(r->dice, key.n + 1));
    case 1:
        p[key.n] = dice_percent(r->dice, 50) ? 0 : 0xff;
        return bytes_of(p, key.n + 1);
    case 2:
        if (key.n > 0)
            p[key.n - 1]++;
        return bytes_of(p, key.n);
    case 3:
        return bytes_of(p, key.n > 490 ? 490 : key.n / 2);
    }
    return bytes_of(p, key.n);
}

/* The end of all that begins with PREFIX. */
static struct bytes prefix_end(struct random_source *r, struct bytes prefix)
{
    uint8_t *p = arena_alloc(r->arena, prefix.n + 1);
    if (prefix.n > 0)
        memcpy(p, prefix.p, prefix.n);
    for (size_t n = prefix.n; n > 0; n--)
        if (p[n - 1] != 0xff) {
            p[n - 1]++;
            return bytes_of(p, n);
        }
    p[0] = 0;
    return bytes_of(p, 1);
}

void random_bounds(struct random_source *r, struct bytes *ret_key, struct bytes *ret_end)
{
    static const unsigned weights[] = { 40, 12, 5, 12, 16, 12, 3 };
    struct bytes zero = bytes_of("", 1);
    struct bytes key = dice_percent(r->dice, 70) ? any_key(r) : near_key(r);
    struct bytes end = { 0 };
    switch (dice_weighted(r->dice, weights, ARRAY_LEN(weights))) {
    case 0:
        break;
    case 1:
        key = (struct bytes){ 0 };
        end = zero;
        break;
    case 2:
        key = end = zero;
        break;
    case 3:
        end = zero;
        break;
    case 4:
        end = dice_percent(r->dice, 60) ? any_key(r) : near_key(r);
        if (dice_percent(r->dice, 70) && end.n > 0 && bytes_cmp(key, end) > 0) {
            struct bytes swap = key;
            key = end;
            end = swap;
        }
        break;
    case 5:
        key.n = dice_percent(r->dice, 50) ? key.n : dice_below(r->dice, key.n + 1);
        end = prefix_end(r, key);
        break;
    default:
        end = key;
        break;
    }
    *ret_key = key;
    *ret_end = end;
}

/* A revision that is mostly readable. */
static int64_t some_revision(struct random_source *r, unsigned space)
{
    uint64_t newest = model_newest(r->model, space);
    uint64_t compacted = r->model->spaces[space].compacted;
    switch (dice_below(r->dice, 10)) {
    case 0:
        return -(int64_t)dice_below(r->dice, 3);
    case 1:
        return (int64_t)newest + (int64_t)dice_below(r->dice, 3) - 1;
    case 2:
        return (int64_t)compacted + (int64_t)dice_below(r->dice, 3) - 1;
    }
    return (int64_t)dice_between(r->dice, compacted, newest);
}

struct model_range random_range(struct random_source *r)
{
    struct dice *d = r->dice;
    struct model_range range = { .space = random_space(d) };
    random_bounds(r, &range.key, &range.end);
    if (dice_percent(d, 60))
        range.revision = some_revision(r, range.space);
    if (dice_percent(d, 40))
        range.limit = (int64_t)dice_below(d, 6) - 1;
    if (dice_percent(d, 40)) {
        range.order = (enum model_order)dice_below(d, 3);
        range.target = (enum model_target)dice_below(d, 5);
    }
    range.keys_only = dice_percent(d, 15);
    range.count_only = dice_percent(d, 15);
    if (dice_percent(d, 10))
        range.min_mod = some_revision(r, range.space);
    if (dice_percent(d, 10))
        range.max_mod = some_revision(r, range.space);
    if (dice_percent(d, 8))
        range.min_create = some_revision(r, range.space);
    if (dice_percent(d, 8))
        range.max_create = some_revision(r, range.space);
    return range;
}

/* -- transactions ----------------------------------------------------------------------------- */

struct txn_style {
    bool read_only, duplicates;
    unsigned space;      /* of most operations */
    bool used[KEYS_MAX]; /* keys that were written already, when that may not be twice */
    bool removed_range;  /* a range was removed: no more writes then */
};

static unsigned space_of(struct random_source *r, const struct txn_style *style)
{
    return dice_percent(r->dice, 85) ? style->space : random_space(r->dice);
}

static int64_t some_lease(struct random_source *r)
{
    if (r->model->lease_n > 0 && dice_percent(r->dice, 97))
        return r->model->leases[dice_below(r->dice, r->model->lease_n)].grant.id;
    return dice_percent(r->dice, 20) ? 4242 : 0;
}

/* The number that COMPARE would find, or one beside it. */
static int64_t number_near(struct random_source *r, enum model_what what,
                           const struct model_event *e)
{
    int64_t number = 0;
    if (e != NULL && what == MODEL_VERSION)
        number = (int64_t)e->version;
    if (e != NULL && what == MODEL_CREATE)
        number = (int64_t)e->create;
    if (e != NULL && what == MODEL_MOD)
        number = (int64_t)e->mod;
    if (e != NULL && what == MODEL_LEASE)
        number = e->lease;
    return dice_percent(r->dice, 70) ? number : (int64_t)dice_below(r->dice, 5) - 1;
}

static struct model_compare random_compare(struct random_source *r, const struct txn_style *style)
{
    struct model_compare c = {
        .space = space_of(r, style),
        .result = (enum model_result)dice_below(r->dice, dice_percent(r->dice, 5) ? 5 : 4),
        .what = (enum model_what)dice_below(r->dice, dice_percent(r->dice, 5) ? 6 : 5),
    };
    random_bounds(r, &c.key, &c.end);
    if (dice_percent(r->dice, 60))
        c.end = (struct bytes){ 0 };
    const struct model_event *e = model_get(r->model, c.space, c.key, 0);
    c.number = number_near(r, c.what, e);
    c.value = e != NULL && dice_percent(r->dice, 60) ? e->value : random_value(r->dice);
    return c;
}

/* A key that may be written; false if the transaction has written it already and may not again. */
static bool take_key(struct random_source *r, struct txn_style *style, struct bytes *ret)
{
    size_t at = dice_below(r->dice, r->key_n);
    *ret = r->keys[at];
    if (style->duplicates)
        return true;
    if (style->used[at] || style->removed_range)
        return false;
    style->used[at] = true;
    return true;
}

static bool has_written(const struct txn_style *style)
{
    for (size_t i = 0; i < KEYS_MAX; i++)
        if (style->used[i])
            return true;
    return style->removed_range;
}

static bool make_put(struct random_source *r, struct txn_style *style, struct model_op *ret)
{
    struct model_put put = {
        .space = space_of(r, style),
        .value = random_value(r->dice),
        .want_prev = dice_percent(r->dice, 40),
        .lease = dice_percent(r->dice, 30) ? some_lease(r) : 0,
    };
    if (!take_key(r, style, &put.key))
        return false;
    bool is_there = model_get(r->model, put.space, put.key, 0) != NULL;
    put.ignore_value = dice_percent(r->dice, is_there ? 10 : 1);
    put.ignore_lease = dice_percent(r->dice, is_there ? 10 : 1);
    if (put.ignore_value)
        put.value = (struct bytes){ 0 };
    if (put.ignore_lease)
        put.lease = 0;
    *ret = (struct model_op){ .kind = MODEL_OP_PUT, .put = put };
    return true;
}

static bool make_remove(struct random_source *r, struct txn_style *style, struct model_op *ret)
{
    struct model_remove remove = {
        .space = space_of(r, style),
        .want_prev = dice_percent(r->dice, 40),
    };
    if (dice_percent(r->dice, 60)) {
        if (!take_key(r, style, &remove.key))
            return false;
    } else {
        if (!style->duplicates && has_written(style))
            return false;
        style->removed_range = true;
        random_bounds(r, &remove.key, &remove.end);
    }
    *ret = (struct model_op){ .kind = MODEL_OP_REMOVE, .remove = remove };
    return true;
}

static struct model_txn *make_txn(struct random_source *r, struct txn_style *style, size_t depth);

static struct model_op make_op(struct random_source *r, struct txn_style *style, size_t depth)
{
    struct model_op op;
    size_t what = dice_below(r->dice, 100);
    if (depth < TXN_DEPTH && what < 6)
        return (struct model_op){ .kind = MODEL_OP_TXN, .txn = make_txn(r, style, depth + 1) };
    if (!style->read_only && what < 65 && make_put(r, style, &op))
        return op;
    if (!style->read_only && what >= 65 && what < 82 && make_remove(r, style, &op))
        return op;
    op = (struct model_op){ .kind = MODEL_OP_RANGE, .range = random_range(r) };
    if (dice_percent(r->dice, 80))
        op.range.revision = 0;
    return op;
}

static void make_ops(struct random_source *r, struct txn_style *style, size_t depth, size_t n,
                     struct model_op **ret)
{
    *ret = arena_zalloc(r->arena, n + 1, sizeof **ret);
    for (size_t i = 0; i < n; i++)
        (*ret)[i] = make_op(r, style, depth);
}

static struct model_txn *make_txn(struct random_source *r, struct txn_style *style, size_t depth)
{
    struct model_txn *txn = arena_zalloc(r->arena, 1, sizeof *txn);
    txn->compare_n = dice_percent(r->dice, 35) ? dice_between(r->dice, 1, 2) : 0;
    txn->compares = arena_zalloc(r->arena, txn->compare_n + 1, sizeof *txn->compares);
    for (size_t i = 0; i < txn->compare_n; i++)
        txn->compares[i] = random_compare(r, style);
    txn->then_n = dice_percent(r->dice, 60) ? 1 : dice_below(r->dice, 5);
    txn->else_n = txn->compare_n > 0 ? dice_below(r->dice, 4) : 0;
    make_ops(r, style, depth, txn->then_n, &txn->then_ops);
    make_ops(r, style, depth, txn->else_n, &txn->else_ops);
    return txn;
}

struct model_txn *random_txn(struct random_source *r, bool read_only, bool duplicates)
{
    struct txn_style style = {
        .read_only = read_only,
        .duplicates = duplicates,
        .space = random_space(r->dice),
    };
    return make_txn(r, &style, 0);
}
