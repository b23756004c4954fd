/* Transactions that only read, in steps and up to their limit. */
#include "store/txn_read.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "test/unit/store/stand.h"

/* A kv of key "a" that counts a mebibyte. */
enum { MIB = 1 << 20, A_MIB = MIB - RESULT_KV_BYTES - 1, MOST = TXN_RESULT_BYTES / MIB };

static void put_a(struct stand *s, size_t n)
{
    char *value = arena_alloc(&s->arena, n + 1);
    memset(value, 'v', n);
    value[n] = 0;
    stand_put(s, "a", value);
}

static enum err read_ops(struct stand *s, struct op *ops, size_t n)
{
    const struct txn txn = { .then_ops = ops, .then_n = n };
    struct txn_result *r;
    return txn_read(s->view, &txn, &s->arena, &r);
}

/* As many times "a" as results may hold; "a" is OVER bytes larger than that. */
static enum err read_most(struct stand *s, size_t over)
{
    struct op ops[MOST];
    put_a(s, A_MIB + over);
    for (size_t i = 0; i < MOST; i++)
        ops[i] = stand_op_range("a", NULL, 0);
    return read_ops(s, ops, MOST);
}

static void results_of_just_the_limit_are_given(void **state)
{
    assert_int_equal(read_most(*state, 0), OK);
}

static void one_byte_more_is_too_big(void **state)
{
    assert_int_equal(read_most(*state, 1), ERR_TOO_BIG);
}

static void sorted_results_count_too(void **state)
{
    struct stand *s = *state;
    struct op ops[MOST];
    put_a(s, A_MIB + 1);
    for (size_t i = 0; i < MOST; i++) {
        ops[i] = stand_op_range("0", "z", 0);
        ops[i].range.target = RANGE_MOD;
        ops[i].range.order = RANGE_DESCEND;
    }
    assert_int_equal(read_ops(s, ops, MOST), ERR_TOO_BIG);
    assert_int_equal(read_ops(s, ops, MOST - 1), OK);
}

static void transaction_with_a_write_is_invalid(void **state)
{
    struct stand *s = *state;
    struct op op = stand_op_put("a", "1");
    assert_int_equal(read_ops(s, &op, 1), ERR_INVALID);
}

/* -- steps ------------------------------------------------------------------------------------ */

static void is_cut_at_any_row(void **state)
{
    struct stand *s = *state;
    struct compare c = {
        .key = bytes_str("k"), .end = bytes_str("l"), .target = COMPARE_VERSION, .number = 1
    };
    struct op inner_op = stand_op_range("k", "l", 0);
    struct txn inner = { .then_ops = &inner_op, .then_n = 1 };
    struct op ops[] = { stand_op_range("k", "kd", 0), stand_op_txn(&inner),
                        stand_op_range("ka", NULL, 0) };
    const struct txn txn = { .compares = &c, .compare_n = 1, .then_ops = ops, .then_n = 3 };
    struct txn_read r;
    bool done = false;
    int steps = 0;
    for (char key[] = "ka"; key[1] <= 'z'; key[1]++)
        stand_put(s, key, "1");
    txn_read_begin(&r, s->view, &txn, &s->arena);
    for (; !done; steps++) {
        uint64_t rows = 1;
        assert_int_equal(txn_read_step(&r, &rows, &done), OK);
        assert_true(steps < 1000);
    }
    txn_read_end(&r);
    txn_read_end(&r); /* harmless */
    const struct txn_result *result = txn_read_result(&r);
    assert_true(steps > 26 + 3 + 26);
    assert_true(result->succeeded);
    assert_int_equal(result->ops[0].range.kv_n, 3);
    assert_int_equal(result->ops[1].txn->ops[0].range.kv_n, 26);
    assert_int_equal(result->ops[2].range.kv_n, 1);
}

static void large_values_that_are_compared_take_their_rows(void **state)
{
    struct stand *s = *state;
    put_a(s, MIB);
    struct op op = stand_op_range("0", "z", 0);
    op.range.target = RANGE_VALUE;
    op.range.order = RANGE_ASCEND;
    const struct txn txn = { .then_ops = &op, .then_n = 1 };
    struct txn_read r;
    bool done;
    uint64_t rows = 256;
    stand_put(s, "b", "1");
    stand_put(s, "c", "1");
    txn_read_begin(&r, s->view, &txn, &s->arena);
    assert_int_equal(txn_read_step(&r, &rows, &done), OK);
    txn_read_end(&r);
    assert_false(done);
    assert_int_equal(rows, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, stand_set_up, stand_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(results_of_just_the_limit_are_given),
        TEST(one_byte_more_is_too_big),
        TEST(sorted_results_count_too),
        TEST(transaction_with_a_write_is_invalid),
        TEST(is_cut_at_any_row),
        TEST(large_values_that_are_compared_take_their_rows),
    };
    return cmocka_run_group_tests_name("txn_read", tests, NULL, NULL);
}
