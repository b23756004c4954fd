/* Transactions as etcd runs them (etcd.md 4.4 and 19). */
#include "store/txn_plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "store/txn_read.h"
#include "test/unit/store/stand.h"

static struct compare compare_of(const char *key, enum compare_target target,
                                 enum compare_result result, int64_t number)
{
    return (struct compare){
        .key = bytes_str(key), .target = target, .result = result, .number = number
    };
}

static struct compare compare_value(const char *key, enum compare_result result, const char *value)
{
    return (struct compare){
        .key = bytes_str(key), .target = COMPARE_VALUE, .result = result, .value = bytes_str(value)
    };
}

static bool holds(struct stand *s, struct compare c)
{
    const struct txn txn = { .compares = &c, .compare_n = 1 };
    struct txn_result *r;
    assert_int_equal(txn_read(s->view, &txn, &s->arena, &r), OK);
    return r->succeeded;
}

static bool holds_over(struct stand *s, struct compare c, const char *end)
{
    c.end = bytes_str(end);
    return holds(s, c);
}

/* -- compares --------------------------------------------------------------------------------- */

static void missing_key_compares_as_zeroes_but_for_its_value(void **state)
{
    struct stand *s = *state;
    assert_false(holds(s, compare_value("no", COMPARE_EQUAL, "")));
    assert_false(holds(s, compare_value("no", COMPARE_NOT_EQUAL, "z")));
    assert_true(holds(s, compare_of("no", COMPARE_CREATE, COMPARE_EQUAL, 0)));
    assert_true(holds(s, compare_of("no", COMPARE_VERSION, COMPARE_LESS, 1)));
    assert_false(holds(s, compare_of("no", COMPARE_MOD, COMPARE_GREATER, 0)));
    assert_true(holds(s, compare_of("no", COMPARE_LEASE, COMPARE_EQUAL, 0)));
}

static void deleted_key_compares_as_a_missing_one(void **state)
{
    struct stand *s = *state;
    stand_put(s, "a", "1");
    stand_remove(s, "a", NULL);
    assert_true(holds(s, compare_of("a", COMPARE_CREATE, COMPARE_EQUAL, 0)));
    assert_false(holds(s, compare_value("a", COMPARE_NOT_EQUAL, "z")));
}

static void unknown_result_is_true_and_unknown_target_equal(void **state)
{
    struct stand *s = *state;
    stand_put(s, "a", "1");
    assert_true(holds(s, compare_of("a", COMPARE_MOD, COMPARE_ALWAYS, 77)));
    assert_true(holds(s, compare_of("a", COMPARE_NOTHING, COMPARE_EQUAL, 77)));
    assert_false(holds(s, compare_of("a", COMPARE_NOTHING, COMPARE_GREATER, 0)));
}

static void every_key_of_a_range_must_satisfy(void **state)
{
    struct stand *s = *state;
    stand_put(s, "a1", "1");
    stand_put(s, "a2", "2");
    assert_true(holds_over(s, compare_of("a", COMPARE_VERSION, COMPARE_EQUAL, 1), "b"));
    assert_false(holds_over(s, compare_value("a", COMPARE_EQUAL, "1"), "b"));
}

static void empty_range_is_as_a_missing_key(void **state)
{
    struct stand *s = *state;
    stand_put(s, "a", "1");
    stand_remove(s, "a", NULL);
    assert_true(holds_over(s, compare_of("a", COMPARE_CREATE, COMPARE_EQUAL, 0), "b"));
    assert_false(holds_over(s, compare_of("a", COMPARE_CREATE, COMPARE_GREATER, 0), "b"));
    assert_true(holds_over(s, compare_of("z", COMPARE_CREATE, COMPARE_EQUAL, 0), "b"));
}

static void value_in_pieces_is_compared_whole(void **state)
{
    struct stand *s = *state;
    char *value = arena_zalloc(&s->arena, 1, 50001);
    memset(value, 'v', 50000);
    stand_put(s, "a", value);
    assert_true(holds(s, compare_value("a", COMPARE_EQUAL, value)));
    value[49999] = 'w';
    assert_true(holds(s, compare_value("a", COMPARE_LESS, value)));
}

static void compares_of_nested_transactions_see_the_state_before(void **state)
{
    struct stand *s = *state;
    struct compare c = compare_of("a", COMPARE_CREATE, COMPARE_EQUAL, 0);
    struct txn inner = { .compares = &c, .compare_n = 1 };
    struct op ops[] = { stand_op_put("a", "1"), stand_op_txn(&inner) };
    struct txn txn = { .then_ops = ops, .then_n = 2 };
    const struct command_result *r = stand_txn(s, &txn);
    assert_true(r->txn->ops[1].txn->succeeded);
}

/* -- operations ------------------------------------------------------------------------------- */

static void empty_transaction_succeeds_and_takes_no_revision(void **state)
{
    struct stand *s = *state;
    struct txn txn = { 0 };
    const struct command_result *r = stand_txn(s, &txn);
    assert_int_equal(r->err, OK);
    assert_true(r->txn->succeeded);
    assert_int_equal(r->txn->revision, 1);
}

static void all_puts_share_one_revision(void **state)
{
    struct stand *s = *state;
    struct op ops[128];
    char keys[128][8];
    for (int i = 0; i < 128; i++) {
        snprintf(keys[i], sizeof keys[i], "k%d", i);
        ops[i] = stand_op_put(keys[i], "1");
    }
    struct txn txn = { .then_ops = ops, .then_n = 128 };
    const struct command_result *r = stand_txn(s, &txn);
    assert_int_equal(r->txn->revision, 2);
    for (int i = 0; i < 128; i++)
        assert_int_equal(r->txn->ops[i].revision, 2);
}

static void revision_of_an_operation_is_the_store_s_when_it_ran(void **state)
{
    struct stand *s = *state;
    struct op ops[] = { stand_op_remove("none", NULL), stand_op_put("x", "1"),
                        stand_op_remove("none", NULL) };
    struct txn txn = { .then_ops = ops, .then_n = 3 };
    stand_put(s, "a", "1");
    const struct command_result *r = stand_txn(s, &txn);
    assert_int_equal(r->txn->ops[0].revision, 2);
    assert_int_equal(r->txn->ops[1].revision, 3);
    assert_int_equal(r->txn->ops[2].revision, 3);
    assert_int_equal(r->txn->revision, 3);
}

static void operations_see_what_earlier_ones_did(void **state)
{
    struct stand *s = *state;
    struct op ops[] = { stand_op_put("a", "1"), stand_op_range("a", NULL, 0),
                        stand_op_remove("a", NULL), stand_op_range("a", NULL, 0) };
    struct txn txn = { .then_ops = ops, .then_n = 4 };
    const struct command_result *r = stand_txn(s, &txn);
    assert_int_equal(r->txn->ops[1].range.kv_n, 1);
    assert_int_equal(r->txn->ops[1].range.kvs[0].mod, 2);
    assert_int_equal(r->txn->ops[2].removed.n, 1);
    assert_int_equal(r->txn->ops[3].range.count, 0);
}

static void second_delete_of_a_key_removes_nothing(void **state)
{
    struct stand *s = *state;
    struct op ops[] = { stand_op_remove("a", NULL), stand_op_remove("a", NULL) };
    struct txn txn = { .then_ops = ops, .then_n = 2 };
    stand_put(s, "a", "1");
    const struct command_result *r = stand_txn(s, &txn);
    assert_int_equal(r->txn->ops[0].removed.n, 1);
    assert_int_equal(r->txn->ops[1].removed.n, 0);
}

static void failed_compares_take_the_other_branch(void **state)
{
    struct stand *s = *state;
    struct compare c = compare_of("a", COMPARE_CREATE, COMPARE_GREATER, 0);
    struct op then[] = { stand_op_put("then", "1") }, other[] = { stand_op_put("else", "1") };
    struct txn txn = { .compares = &c,
                       .compare_n = 1,
                       .then_ops = then,
                       .then_n = 1,
                       .else_ops = other,
                       .else_n = 1 };
    const struct command_result *r = stand_txn(s, &txn);
    assert_false(r->txn->succeeded);
    assert_string_equal(stand_value(s, "else", 0), "1");
    assert_string_equal(stand_value(s, "then", 0), "");
}

/* -- what is refused -------------------------------------------------------------------------- */

static enum err err_of(struct stand *s, struct op *ops, size_t n)
{
    struct txn txn = { .then_ops = ops, .then_n = n };
    return stand_txn(s, &txn)->err;
}

static void lease_that_is_not_there_refuses_the_whole(void **state)
{
    struct stand *s = *state;
    struct op ops[] = { stand_op_put("x1", "1"), stand_op_put("x", "1") };
    ops[1].put.lease = 4242;
    assert_int_equal(err_of(s, ops, 2), ERR_LEASE_NOT_FOUND);
    assert_string_equal(stand_value(s, "x1", 0), "");
    assert_int_equal(view_revision(s->view), 1);
}

static void branch_that_is_not_taken_is_not_checked(void **state)
{
    struct stand *s = *state;
    struct op op = stand_op_put("x", "1");
    op.put.lease = 4242;
    struct txn txn = { .else_ops = &op, .else_n = 1 };
    assert_int_equal(stand_txn(s, &txn)->err, OK);
}

static void range_at_the_transaction_s_own_revision_is_future(void **state)
{
    struct stand *s = *state;
    struct op ops[] = { stand_op_put("a", "1"), stand_op_range("a", NULL, 2) };
    assert_int_equal(err_of(s, ops, 2), ERR_FUTURE);
    assert_string_equal(stand_value(s, "a", 0), "");
}

static void range_below_0_is_compacted_in_a_transaction(void **state)
{
    struct stand *s = *state;
    stand_put(s, "a", "1");
    struct op op = stand_op_range("a", NULL, 0);
    op.range.revision = -1;
    assert_int_equal(err_of(s, &op, 1), OK);
    op.range.revision = -2;
    assert_int_equal(err_of(s, &op, 1), ERR_COMPACTED);
    stand_compact(s, SPACE_ETCD, 0);
    op.range.revision = 0;
    assert_int_equal(err_of(s, &op, 1), OK);
    op.range.revision = -1;
    assert_int_equal(err_of(s, &op, 1), ERR_COMPACTED);
}

static void ignored_value_needs_the_key(void **state)
{
    struct stand *s = *state;
    struct op op = stand_op_put("a", "");
    op.put.ignore_value = true;
    assert_int_equal(err_of(s, &op, 1), ERR_KEY_NOT_FOUND);
    stand_put(s, "a", "kept");
    assert_int_equal(err_of(s, &op, 1), OK);
    assert_string_equal(stand_value(s, "a", 0), "kept");
}

static void ignored_value_may_be_that_of_an_earlier_operation(void **state)
{
    struct stand *s = *state;
    struct op ops[] = { stand_op_put("a", "first"), stand_op_put("a", "") };
    ops[1].put.ignore_value = true;
    assert_int_equal(err_of(s, ops, 2), OK);
    assert_string_equal(stand_value(s, "a", 0), "first");
}

static void ignored_value_of_a_key_removed_before_is_refused(void **state)
{
    struct stand *s = *state;
    struct op ops[] = { stand_op_remove("a", "b"), stand_op_put("a", "") };
    ops[1].put.ignore_value = true;
    stand_put(s, "a", "1");
    assert_int_equal(err_of(s, ops, 2), ERR_KEY_NOT_FOUND);
    assert_string_equal(stand_value(s, "a", 0), "1");
}

/* -- steps ------------------------------------------------------------------------------------ */

static void compare_over_a_long_range_is_cut_at_any_row(void **state)
{
    struct stand *s = *state;
    struct compare c = compare_of("k", COMPARE_VERSION, COMPARE_EQUAL, 1);
    c.end = bytes_str("l");
    const struct txn txn = { .compares = &c, .compare_n = 1 };
    struct txn_plan plan;
    bool done = false;
    int steps = 0;
    for (char key[] = "ka"; key[1] <= 'z'; key[1]++)
        stand_put(s, key, "1");
    txn_plan_begin(&plan, s->view, &txn, &s->arena);
    for (; !done; steps++) {
        uint64_t rows = 1;
        assert_int_equal(txn_plan_step(&plan, &rows, &done), OK);
    }
    txn_plan_end(&plan);
    assert_true(plan.result->succeeded);
    assert_int_equal(steps, 26);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, stand_set_up, stand_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(missing_key_compares_as_zeroes_but_for_its_value),
        TEST(deleted_key_compares_as_a_missing_one),
        TEST(unknown_result_is_true_and_unknown_target_equal),
        TEST(every_key_of_a_range_must_satisfy),
        TEST(empty_range_is_as_a_missing_key),
        TEST(value_in_pieces_is_compared_whole),
        TEST(compares_of_nested_transactions_see_the_state_before),
        TEST(empty_transaction_succeeds_and_takes_no_revision),
        TEST(all_puts_share_one_revision),
        TEST(revision_of_an_operation_is_the_store_s_when_it_ran),
        TEST(operations_see_what_earlier_ones_did),
        TEST(second_delete_of_a_key_removes_nothing),
        TEST(failed_compares_take_the_other_branch),
        TEST(lease_that_is_not_there_refuses_the_whole),
        TEST(branch_that_is_not_taken_is_not_checked),
        TEST(range_at_the_transaction_s_own_revision_is_future),
        TEST(range_below_0_is_compacted_in_a_transaction),
        TEST(ignored_value_needs_the_key),
        TEST(ignored_value_may_be_that_of_an_earlier_operation),
        TEST(ignored_value_of_a_key_removed_before_is_refused),
        TEST(compare_over_a_long_range_is_cut_at_any_row),
    };
    return cmocka_run_group_tests_name("txn_plan", tests, NULL, NULL);
}
