/* The body of a transaction: known bytes, round trip, cut at every byte, depth and counts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "store/txn.h"

static struct buf body, again;
static struct arena arena;

static int setup(void **state)
{
    buf_init(&body, 1 << 20);
    buf_init(&again, 1 << 20);
    arena_init(&arena, 0);
    return 0;
}

static int teardown(void **state)
{
    buf_fini(&body);
    buf_fini(&again);
    arena_fini(&arena);
    return 0;
}

static struct bytes str(const char *text)
{
    return bytes_str(text);
}

static struct op put_op(const char *key)
{
    return (struct op){ .kind = OP_PUT,
                        .put = { .space = SPACE_CONFIG,
                                 .key = str(key),
                                 .value = str("v"),
                                 .lease = -5,
                                 .want_prev = true,
                                 .ignore_lease = true } };
}

static struct op range_op(const char *key)
{
    return (struct op){ .kind = OP_RANGE,
                        .range = { .space = SPACE_TREE,
                                   .key = str(key),
                                   .end = str("z"),
                                   .revision = 1,
                                   .limit = 2,
                                   .order = RANGE_DESCEND,
                                   .target = RANGE_VALUE,
                                   .keys_only = true,
                                   .min_mod = 3,
                                   .max_mod = 4,
                                   .min_create = 5,
                                   .max_create = 6,
                                   .budget_bytes = UINT64_MAX } };
}

/* Every kind of operation, both branches, two compares, one transaction inside. */
static const struct txn *everything(void)
{
    static struct compare compares[2];
    static struct op inner_ops[1], then_ops[3], else_ops[2];
    static struct txn inner, whole;
    compares[0] = (struct compare){ .space = SPACE_ETCD,
                                    .key = str("k"),
                                    .end = str("l"),
                                    .result = COMPARE_ALWAYS,
                                    .target = COMPARE_NOTHING,
                                    .number = INT64_MIN };
    compares[1] = (struct compare){ .space = SPACE_CATALOG,
                                    .key = str("m"),
                                    .result = COMPARE_NOT_EQUAL,
                                    .target = COMPARE_VALUE,
                                    .value = str("x") };
    inner_ops[0] = put_op("inner");
    inner = (struct txn){ .else_ops = inner_ops, .else_n = 1 };
    then_ops[0] = range_op("a");
    then_ops[1] = put_op("b");
    then_ops[2] = (struct op){ .kind = OP_TXN, .txn = &inner };
    else_ops[0] = (struct op){ .kind = OP_REMOVE,
                               .remove = { .space = SPACE_SYSTEM,
                                           .key = str("c"),
                                           .end = bytes_of("", 1),
                                           .want_prev = true } };
    else_ops[1] = range_op("");
    whole = (struct txn){ .compares = compares,
                          .compare_n = 2,
                          .then_ops = then_ops,
                          .then_n = 3,
                          .else_ops = else_ops,
                          .else_n = 2 };
    return &whole;
}

static void encode_everything(void)
{
    assert_int_equal(txn_encode(everything(), &body), OK);
}

static enum err decode(struct bytes b)
{
    struct txn *txn;
    return txn_decode(b, &arena, &txn);
}

static void known_put_is_written_byte_by_byte(void **state)
{
    static const uint8_t expected[] = {
        0,      0,
        0,      0, /* compares */
        1,      0,
        0,      0, /* then */
        OP_PUT, SPACE_CONFIG,
        5, /* want_prev, ignore_lease */
        1,      0,
        0,      0,
        'k', /* key */
        1,      0,
        0,      0,
        'v', /* value */
        0xfb,   0xff,
        0xff,   0xff,
        0xff,   0xff,
        0xff,   0xff, /* lease -5 */
        0,      0,
        0,      0, /* else */
    };
    struct op op = put_op("k");
    struct txn txn = { .then_ops = &op, .then_n = 1 };
    assert_int_equal(txn_encode(&txn, &body), OK);
    assert_int_equal(body.n, sizeof expected);
    assert_memory_equal(body.p, expected, sizeof expected);
}

static void what_is_read_is_written_the_same(void **state)
{
    struct txn *txn;
    encode_everything();
    assert_int_equal(txn_decode(buf_bytes(&body), &arena, &txn), OK);
    assert_int_equal(txn_encode(txn, &again), OK);
    assert_true(bytes_eq(buf_bytes(&again), buf_bytes(&body)));
}

static void range_comes_back_field_by_field(void **state)
{
    struct txn *txn;
    encode_everything();
    assert_int_equal(txn_decode(buf_bytes(&body), &arena, &txn), OK);
    const struct range_query *q = &txn->then_ops[0].range;
    assert_int_equal(txn->then_ops[0].kind, OP_RANGE);
    assert_int_equal(q->space, SPACE_TREE);
    assert_true(bytes_is(q->key, "a") && bytes_is(q->end, "z"));
    assert_true(q->keys_only && !q->count_only);
    assert_true(q->order == RANGE_DESCEND && q->target == RANGE_VALUE);
    assert_true(q->revision == 1 && q->limit == 2 && q->min_mod == 3 && q->max_mod == 4);
    assert_true(q->min_create == 5 && q->max_create == 6 && q->budget_bytes == UINT64_MAX);
}

static void compare_comes_back_field_by_field(void **state)
{
    struct txn *txn;
    encode_everything();
    assert_int_equal(txn_decode(buf_bytes(&body), &arena, &txn), OK);
    assert_int_equal(txn->compare_n, 2);
    assert_true(txn->compares[0].number == INT64_MIN);
    assert_true(bytes_is(txn->compares[0].end, "l"));
    assert_int_equal(txn->compares[0].result, COMPARE_ALWAYS);
    assert_int_equal(txn->compares[0].target, COMPARE_NOTHING);
    assert_int_equal(txn->compares[1].space, SPACE_CATALOG);
    assert_true(bytes_is(txn->compares[1].value, "x"));
}

static void put_and_remove_come_back_field_by_field(void **state)
{
    struct txn *txn;
    encode_everything();
    assert_int_equal(txn_decode(buf_bytes(&body), &arena, &txn), OK);
    const struct put *p = &txn->then_ops[1].put;
    assert_true(p->want_prev && p->ignore_lease && !p->ignore_value);
    assert_int_equal(p->lease, -5);
    const struct remove *r = &txn->else_ops[0].remove;
    assert_int_equal(r->space, SPACE_SYSTEM);
    assert_true(r->want_prev && r->end.n == 1);
}

static void bytes_are_lent_by_the_body(void **state)
{
    struct txn *txn;
    encode_everything();
    assert_int_equal(txn_decode(buf_bytes(&body), &arena, &txn), OK);
    const uint8_t *key = txn->then_ops[1].put.key.p;
    assert_true(key >= body.p && key < body.p + body.n);
}

static void cut_at_every_byte_is_truncated(void **state)
{
    encode_everything();
    for (size_t n = 0; n < body.n; n++)
        assert_int_equal(decode(bytes_of(body.p, n)), ERR_TRUNCATED);
}

static void bytes_after_the_end_are_malformed(void **state)
{
    encode_everything();
    buf_put_u8(&body, 0);
    assert_int_equal(decode(buf_bytes(&body)), ERR_MALFORMED);
}

static void every_byte_bent_is_read_or_refused(void **state)
{
    encode_everything();
    for (size_t at = 0; at < body.n; at++) {
        uint8_t sound = body.p[at];
        for (unsigned v = 0; v < 256; v += 5) {
            struct txn *txn;
            body.p[at] = (uint8_t)v;
            arena_clear(&arena);
            buf_clear(&again, SIZE_MAX);
            if (txn_decode(buf_bytes(&body), &arena, &txn) != OK)
                continue;
            assert_int_equal(txn_encode(txn, &again), OK);
            assert_true(bytes_eq(buf_bytes(&again), buf_bytes(&body)));
        }
        body.p[at] = sound;
    }
}

static void counts_beyond_the_body_allocate_little(void **state)
{
    static const uint8_t compares[] = { 0xff, 0xff, 0xff, 0xff, 1 };
    static const uint8_t ops[] = { 0, 0, 0, 0, 0xff, 0xff, 0xff, 0x7f, OP_TXN };
    assert_int_equal(decode(bytes_of(compares, sizeof compares)), ERR_TRUNCATED);
    assert_int_equal(decode(bytes_of(ops, sizeof ops)), ERR_TRUNCATED);
    assert_in_range(arena.used_bytes, 0, 4096);
}

/* DEPTH transactions inside each other. */
static const struct txn *nested(unsigned depth)
{
    static struct txn txns[TXN_DEPTH_MAX + 2];
    static struct op ops[TXN_DEPTH_MAX + 2];
    for (unsigned i = 0; i < depth; i++) {
        ops[i] = (struct op){ .kind = OP_TXN, .txn = &txns[i + 1] };
        txns[i] = (struct txn){ .then_ops = &ops[i], .then_n = i + 1 < depth };
    }
    return &txns[0];
}

static void deepest_nesting_is_written_and_read(void **state)
{
    assert_int_equal(txn_encode(nested(TXN_DEPTH_MAX), &body), OK);
    assert_int_equal(decode(buf_bytes(&body)), OK);
}

static void one_deeper_is_not_written(void **state)
{
    assert_int_equal(txn_encode(nested(TXN_DEPTH_MAX + 1), &body), ERR_TOO_BIG);
}

static void one_deeper_is_not_read(void **state)
{
    static const uint8_t open[] = { 0, 0, 0, 0, 1, 0, 0, 0, OP_TXN };
    static const uint8_t leaf[12];
    for (unsigned i = 0; i < TXN_DEPTH_MAX; i++)
        buf_put(&body, open, sizeof open);
    buf_put(&body, leaf, sizeof leaf);
    for (unsigned i = 0; i < TXN_DEPTH_MAX; i++)
        buf_put(&body, leaf, 4);
    assert_int_equal(decode(buf_bytes(&body)), ERR_TOO_BIG);
}

static void buffer_that_is_full_is_too_big(void **state)
{
    struct buf small;
    buf_init(&small, 20);
    assert_int_equal(txn_encode(everything(), &small), ERR_TOO_BIG);
    buf_fini(&small);
}

static void write_hidden_in_an_else_of_an_inner_txn_is_a_write(void **state)
{
    struct op reads[] = { range_op("a") }, put = put_op("b");
    struct txn inner = { .then_ops = reads, .then_n = 1, .else_ops = &put, .else_n = 1 };
    struct op ops[] = { range_op("a"), { .kind = OP_TXN, .txn = &inner } };
    struct txn whole = { .then_ops = ops, .then_n = 2 };
    assert_false(txn_is_read_only(&whole));
    inner.else_n = 0;
    assert_true(txn_is_read_only(&whole));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(known_put_is_written_byte_by_byte),
        T(what_is_read_is_written_the_same),
        T(range_comes_back_field_by_field),
        T(compare_comes_back_field_by_field),
        T(put_and_remove_come_back_field_by_field),
        T(bytes_are_lent_by_the_body),
        T(cut_at_every_byte_is_truncated),
        T(bytes_after_the_end_are_malformed),
        T(every_byte_bent_is_read_or_refused),
        T(counts_beyond_the_body_allocate_little),
        T(deepest_nesting_is_written_and_read),
        T(one_deeper_is_not_written),
        T(one_deeper_is_not_read),
        T(buffer_that_is_full_is_too_big),
        T(write_hidden_in_an_else_of_an_inner_txn_is_a_write),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
