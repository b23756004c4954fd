/* What the results of a transaction may hold, known before anything of it is written. */
#include "store/txn_measure.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "test/unit/store/stand.h"

/* A kv of key "a" that counts a mebibyte. */
enum {
    MIB = 1 << 20,
    A_MIB = MIB - RESULT_KV_BYTES - 1,
    MOST = TXN_RESULT_BYTES / MIB,
    ROUNDS = 3000
};

static char *text_of(struct stand *s, size_t n)
{
    char *text = arena_alloc(&s->arena, n + 1);
    memset(text, 'v', n);
    text[n] = 0;
    return text;
}

static struct op remove_with_prev(const char *key, const char *end)
{
    struct op op = stand_op_remove(key, end);
    op.remove.want_prev = true;
    return op;
}

static struct op put_with_prev(const char *key, const char *value)
{
    struct op op = stand_op_put(key, value);
    op.put.want_prev = true;
    return op;
}

static enum err run(struct stand *s, struct op *ops, size_t n)
{
    struct txn txn = { .then_ops = ops, .then_n = n };
    return stand_txn(s, &txn)->err;
}

/* What OPS count, without carrying them out, looking at ROWS at a time. */
static enum err measure(struct stand *s, struct op *ops, size_t n, uint64_t rows,
                        struct txn_measure *m)
{
    struct txn txn = { .then_ops = ops, .then_n = n };
    struct txn_plan plan;
    bool done = false;
    uint64_t all = UINT64_MAX;
    txn_plan_begin(&plan, s->view, &txn, &s->arena);
    assert_int_equal(txn_plan_step(&plan, &all, &done), OK);
    txn_plan_end(&plan);
    txn_measure_begin(m, &plan, &s->arena);
    enum err e = OK;
    for (done = false; e == OK && !done;) {
        uint64_t some = rows;
        e = txn_measure_step(m, &some, &done);
    }
    txn_measure_end(m);
    return e;
}

static uint64_t bytes_of_ops(struct stand *s, struct op *ops, size_t n)
{
    struct txn_measure m;
    assert_int_equal(measure(s, ops, n, UINT64_MAX, &m), OK);
    return m.size.bytes;
}

/* -- the limit -------------------------------------------------------------------------------- */

/* A put of "x", then as many times "a" as results may hold; "a" is OVER bytes larger than that. */
static enum err read_most(struct stand *s, size_t over)
{
    struct op ops[MOST + 1];
    stand_put(s, "a", text_of(s, A_MIB + over));
    ops[0] = stand_op_put("x", "1");
    for (size_t i = 1; i <= MOST; i++)
        ops[i] = stand_op_range("a", NULL, 0);
    return run(s, ops, MOST + 1);
}

static void results_of_just_the_limit_are_given(void **state)
{
    struct stand *s = *state;
    assert_int_equal(read_most(s, 0), OK);
    assert_int_equal(s->effects->results[0].txn->ops[MOST].range.kvs[0].value.n, A_MIB);
    assert_string_equal(stand_value(s, "x", 0), "1");
}

static void one_byte_more_is_refused_and_nothing_written(void **state)
{
    struct stand *s = *state;
    assert_int_equal(read_most(s, 1), ERR_TOO_BIG);
    assert_string_equal(stand_value(s, "x", 0), "");
    assert_int_equal(view_revision(s->view), 2);
}

static void fill(struct stand *s, size_t n, size_t value_n)
{
    char key[8];
    const char *value = text_of(s, value_n);
    for (size_t i = 0; i < n; i++) {
        snprintf(key, sizeof key, "k%02zu", i);
        stand_put(s, key, value);
    }
}

static void removal_that_asks_for_too_much_removes_nothing(void **state)
{
    struct stand *s = *state;
    fill(s, MOST, MIB - RESULT_KV_BYTES - 3);
    struct op op = remove_with_prev("k", "l");
    stand_put(s, "k0", "");
    assert_int_equal(run(s, &op, 1), ERR_TOO_BIG);
    assert_int_equal(bytes_cmp(bytes_str(stand_value(s, "k00", 0)), bytes_str("")) > 0, true);
    stand_remove(s, "k0", NULL);
    assert_int_equal(run(s, &op, 1), OK);
    assert_int_equal(s->effects->results[0].txn->ops[0].removed.n, MOST);
}

static void removal_that_asks_for_nothing_has_no_limit(void **state)
{
    struct stand *s = *state;
    struct op op = stand_op_remove("k", "l");
    fill(s, MOST + 1, MIB);
    assert_int_equal(run(s, &op, 1), OK);
}

static void rules_1_know_no_limit(void **state)
{
    struct stand *s = *state;
    struct op ops[MOST + 1];
    stand_put(s, "a", text_of(s, MIB));
    for (size_t i = 0; i < MOST; i++)
        ops[i] = stand_op_range("a", NULL, 0);
    ops[MOST] = stand_op_put("x", "1");
    struct txn txn = { .then_ops = ops, .then_n = MOST + 1 };
    entries_txn(&s->entries, &txn);
    struct bytes payload =
        arena_dup(&s->arena, entries_finish(&s->entries, (struct entry_time){ 0 }));
    ((uint8_t *)(uintptr_t)payload.p)[1] = 1;
    effects_unref(s->effects);
    assert_int_equal(store_apply(s->store, ++s->index, 2, payload, &s->effects), OK);
    assert_int_equal(s->effects->results[0].err, OK);
}

/* -- an entry --------------------------------------------------------------------------------- */

static void add_reader(struct stand *s, size_t mib, const char *key)
{
    struct op ops[MOST + 1];
    ops[0] = stand_op_put(key, "1");
    for (size_t i = 1; i <= mib; i++)
        ops[i] = stand_op_range("a", NULL, 0);
    struct txn txn = { .then_ops = ops, .then_n = mib + 1 };
    entries_txn(&s->entries, &txn);
}

static void entry_ends_at_its_own_limit(void **state)
{
    struct stand *s = *state;
    stand_put(s, "a", text_of(s, A_MIB));
    add_reader(s, MOST, "x1");
    add_reader(s, MOST, "x2");
    add_reader(s, 1, "x3");
    add_reader(s, 0, "x4");
    stand_apply(s);
    const enum err expected[] = { OK, OK, ERR_AGAIN, OK };
    for (size_t i = 0; i < ARRAY_LEN(expected); i++)
        assert_int_equal(s->effects->results[i].err, expected[i]);
    assert_string_equal(stand_value(s, "x3", 0), "");
    add_reader(s, MOST, "x3");
    assert_int_equal(stand_apply(s)->err, OK);
}

/* -- what counts ------------------------------------------------------------------------------ */

static void key_value_and_a_constant_count_for_each_kv(void **state)
{
    struct stand *s = *state;
    stand_put(s, "a", "1234");
    stand_put(s, "bb", "12");
    struct op op = stand_op_range("a", "c", 0);
    assert_int_equal(bytes_of_ops(s, &op, 1), 2 * RESULT_KV_BYTES + 3 + 6);
    op.range.keys_only = true;
    assert_int_equal(bytes_of_ops(s, &op, 1), 2 * RESULT_KV_BYTES + 3);
    op.range.count_only = true;
    assert_int_equal(bytes_of_ops(s, &op, 1), 0);
    op = put_with_prev("a", "new");
    assert_int_equal(bytes_of_ops(s, &op, 1), RESULT_KV_BYTES + 5);
    op.put.want_prev = false;
    assert_int_equal(bytes_of_ops(s, &op, 1), 0);
    op = remove_with_prev("a", NULL);
    assert_int_equal(bytes_of_ops(s, &op, 1), RESULT_KV_BYTES + 5);
}

static void put_value_counts_each_time_it_is_read(void **state)
{
    struct stand *s = *state;
    struct op ops[] = { stand_op_put("a", "12345"), stand_op_range("a", NULL, 0),
                        stand_op_range("0", "b", 0), put_with_prev("a", "1"),
                        stand_op_range("a", NULL, 1) };
    stand_put(s, "a", text_of(s, 1000));
    assert_int_equal(bytes_of_ops(s, ops, 4), 3 * (RESULT_KV_BYTES + 6));
    ops[4].range.revision = 2; /* before all of it */
    assert_int_equal(bytes_of_ops(s, ops, 5), 3 * (RESULT_KV_BYTES + 6) + RESULT_KV_BYTES + 1001);
}

static void ignored_value_counts_as_what_it_is(void **state)
{
    struct stand *s = *state;
    struct op ops[] = { stand_op_put("a", ""), stand_op_range("a", NULL, 0),
                        stand_op_put("a", "12"), stand_op_put("a", ""),
                        stand_op_range("a", NULL, 0) };
    ops[0].put.ignore_value = ops[3].put.ignore_value = true;
    stand_put(s, "a", "123");
    assert_int_equal(bytes_of_ops(s, ops, 2), RESULT_KV_BYTES + 4);
    /* Of a key put several times each counts. */
    assert_int_equal(bytes_of_ops(s, ops, 5), 4 * RESULT_KV_BYTES + 4 + 4 + 3 + 3);
}

static void what_was_removed_before_does_not_count(void **state)
{
    struct stand *s = *state;
    struct op ops[] = { stand_op_remove("a", "c"), stand_op_range("a", "z", 0) };
    stand_put(s, "a", "1");
    stand_put(s, "b", "1");
    stand_put(s, "c", "1");
    assert_int_equal(bytes_of_ops(s, ops, 2), RESULT_KV_BYTES + 2);
    ops[1].range.limit = 1; /* is c now */
    assert_int_equal(bytes_of_ops(s, ops, 2), RESULT_KV_BYTES + 2);
}

static void limit_counts_what_it_leaves(void **state)
{
    struct stand *s = *state;
    struct op op = stand_op_range("a", "z", 0);
    stand_put(s, "a", "1");
    stand_put(s, "b", text_of(s, 100));
    stand_put(s, "c", text_of(s, 10));
    stand_put(s, "c", text_of(s, 10));
    op.range.limit = 1;
    assert_int_equal(bytes_of_ops(s, &op, 1), RESULT_KV_BYTES + 2);
    op.range.order = RANGE_DESCEND;
    assert_int_equal(bytes_of_ops(s, &op, 1), RESULT_KV_BYTES + 11);
    op.range.target = RANGE_VALUE;
    assert_int_equal(bytes_of_ops(s, &op, 1), RESULT_KV_BYTES + 101);
    op.range.target = RANGE_VERSION;
    assert_int_equal(bytes_of_ops(s, &op, 1), RESULT_KV_BYTES + 11);
}

/* -- against what is given -------------------------------------------------------------------- */

static uint64_t kvs_bytes(const struct kv *kvs, size_t n)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < n; i++)
        bytes += RESULT_KV_BYTES + kvs[i].key.n + kvs[i].value.n;
    return bytes;
}

static uint64_t given(const struct op_result *r)
{
    switch (r->kind) {
    case OP_RANGE:
        return kvs_bytes(r->range.kvs, r->range.kv_n);
    case OP_PUT:
        return r->prev == NULL ? 0 : kvs_bytes(r->prev, 1);
    case OP_REMOVE:
        return r->removed.prevs == NULL ? 0 : kvs_bytes(r->removed.prevs, r->removed.n);
    case OP_TXN:
        break;
    }
    return 0;
}

static uint32_t seed;

static uint32_t below(uint32_t n)
{
    seed = seed * 1664525 + 1013904223;
    return (seed >> 8) % n;
}

static const char *any_key(void)
{
    static const char *const keys[] = { "a", "b", "c", "d", "e", "f" };
    return keys[below(ARRAY_LEN(keys))];
}

static struct op any_op(struct stand *s)
{
    struct op op;
    switch (below(3)) {
    case 0:
        op = stand_op_put(any_key(), text_of(s, below(40)));
        op.put.want_prev = below(2) == 0;
        return op;
    case 1:
        op = stand_op_remove(any_key(), below(2) == 0 ? any_key() : NULL);
        op.remove.want_prev = below(2) == 0;
        return op;
    }
    op = stand_op_range(any_key(), below(3) > 0 ? "g" : NULL, 0);
    op.range.limit = below(4);
    op.range.order = (enum range_order)below(3);
    op.range.target = (enum range_target)below(5);
    op.range.keys_only = below(4) == 0;
    op.range.min_mod = below(4) == 0 ? (int64_t)view_revision(s->view) - 2 : 0;
    return op;
}

/* Never less than what is given; and the same in one piece as row by row. */
static void measure_is_never_below_what_is_given(void **state)
{
    struct stand *s = *state;
    for (uint32_t i = 0; i < ROUNDS; i++) {
        seed = i;
        struct op ops[6];
        struct txn_measure m, by_rows;
        size_t n = 1 + below(ARRAY_LEN(ops));
        for (size_t k = 0; k < n; k++)
            ops[k] = any_op(s);
        assert_int_equal(measure(s, ops, n, UINT64_MAX, &m), OK);
        assert_int_equal(measure(s, ops, n, 1, &by_rows), OK);
        assert_int_equal(m.size.bytes, by_rows.size.bytes);
        struct txn txn = { .then_ops = ops, .then_n = n };
        const struct command_result *r = stand_txn(s, &txn);
        uint64_t bytes = 0;
        for (size_t k = 0; k < n; k++)
            bytes += given(&r->txn->ops[k]);
        assert_true(m.size.bytes >= bytes);
        if (n == 1)
            assert_int_equal(m.size.bytes, bytes);
        arena_clear(&s->arena);
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, stand_set_up, stand_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(results_of_just_the_limit_are_given),
        TEST(one_byte_more_is_refused_and_nothing_written),
        TEST(removal_that_asks_for_too_much_removes_nothing),
        TEST(removal_that_asks_for_nothing_has_no_limit),
        TEST(rules_1_know_no_limit),
        TEST(entry_ends_at_its_own_limit),
        TEST(key_value_and_a_constant_count_for_each_kv),
        TEST(put_value_counts_each_time_it_is_read),
        TEST(ignored_value_counts_as_what_it_is),
        TEST(what_was_removed_before_does_not_count),
        TEST(limit_counts_what_it_leaves),
        TEST(measure_is_never_below_what_is_given),
    };
    return cmocka_run_group_tests_name("txn_measure", tests, NULL, NULL);
}
