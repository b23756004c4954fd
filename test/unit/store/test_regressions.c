/* Small scripts, each run on model and store with everything looked at after each entry: edges that
 * were thought of, and what random scripts found, made small. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "test/unit/store/differential/run.h"

enum { RUNS = 6 /* of each script, in other steps, with other sweeps */ };

static struct script s;

static int set_up(void **state)
{
    script_init(&s);
    return 0;
}

static int tear_down(void **state)
{
    script_fini(&s);
    return 0;
}

static void assert_agree(void)
{
    for (uint64_t seed = 1; seed <= RUNS; seed++) {
        struct report report = { .text = "" };
        struct run_plan plan = {
            .seed = seed, .write_map = seed % 2 == 0, .questions = 5, .thorough = true
        };
        if (!run_script(&s, &plan, &report))
            fail_msg("run %d: %s", (int)seed, report.text);
    }
}

static struct bytes str(const char *text)
{
    return bytes_str(text);
}

static struct bytes key_of(size_t n, const char *tail)
{
    return script_bytes(&s, 'a', n - strlen(tail), tail);
}

static struct bytes value_of(size_t n)
{
    return script_bytes(&s, 'v', n, "");
}

/* An entry with one command. */
static void put(unsigned space, struct bytes key, const char *value)
{
    script_entry(&s);
    script_put(&s, space, key, str(value), 0);
}

static void take(unsigned space, struct bytes key)
{
    script_entry(&s);
    script_remove(&s, space, key, (struct bytes){ 0 });
}

static void compact(unsigned space, uint64_t revision)
{
    script_entry(&s);
    script_compact(&s, space, revision);
}

static struct model_op op_put(struct bytes key, const char *value)
{
    return (struct model_op){ .kind = MODEL_OP_PUT, .put = { .key = key, .value = str(value) } };
}

static struct model_op op_remove(struct bytes key)
{
    return (struct model_op){ .kind = MODEL_OP_REMOVE, .remove = { .key = key } };
}

/* -- keys and values at the edges -------------------------------------------------------------- */

static void keys_around_the_edges_of_layers_keep_their_order(void **state)
{
    static const size_t lengths[] = { 1, 489, 490, 491, 492, 979, 980, 981, 1470, 1471, 4096 };
    static const char *const tails[] = { "", "\x01", "b", "\xff" };
    put(0, str(""), "empty");
    for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
        script_entry(&s);
        for (size_t j = 0; j < ARRAY_LEN(tails); j++)
            script_put(&s, 0, key_of(lengths[i], tails[j]), str(tails[j]), 0);
    }
    for (size_t i = 0; i < ARRAY_LEN(lengths); i++)
        take(0, key_of(lengths[ARRAY_LEN(lengths) - 1 - i], ""));
    assert_agree();
}

static void zero_byte_after_a_full_part_is_a_key_like_others(void **state)
{
    uint8_t *p = arena_alloc(&s.arena, 492);
    memset(p, 'a', 490);
    p[490] = p[491] = 0;
    put(0, bytes_of(p, 491), "one zero");
    put(0, bytes_of(p, 490), "none");
    put(0, bytes_of(p, 492), "two zeroes");
    take(0, bytes_of(p, 491));
    take(0, bytes_of(p, 492));
    assert_agree();
}

static void values_around_the_edge_of_pieces_are_whole(void **state)
{
    for (size_t n = 1800; n < 2060; n += 4) {
        script_entry(&s);
        script_put(&s, 0, str("k"), value_of(n), 0);
        script_put(&s, 0, key_of(490, ""), value_of(n - 490), 0);
        script_put(&s, 0, key_of(900, ""), value_of(n - 900), 0);
    }
    assert_agree();
}

static void values_of_whole_pieces_are_whole(void **state)
{
    static const size_t lengths[] = { 1999, 2000, 2001, 4000, 4001, 6000, 100000 };
    for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
        script_entry(&s);
        script_put(&s, 0, key_of(1500, ""), value_of(lengths[i]), 0);
    }
    compact(0, 7);
    assert_agree();
}

/* -- versions and compaction ------------------------------------------------------------------- */

static void every_version_of_a_long_chain_is_found(void **state)
{
    for (int i = 0; i < 60; i++) {
        put(0, str("k"), "1");
        if (i % 7 == 3)
            take(0, str("k"));
        if (i == 40)
            compact(0, 17);
    }
    assert_agree();
}

static void compaction_to_each_revision_in_turn_keeps_what_stands(void **state)
{
    for (uint64_t i = 2; i < 20; i++) {
        put(0, i % 3 == 0 ? str("b") : str("a"), "1");
        if (i % 4 == 0)
            take(0, str("a"));
        compact(0, i);
    }
    assert_agree();
}

static void delete_at_the_compacted_revision_stays_until_the_next_compaction(void **state)
{
    put(0, str("a"), "1");
    take(0, str("a"));
    put(0, str("b"), "1");
    compact(0, 3);
    compact(0, 4);
    put(0, str("a"), "2");
    assert_agree();
}

/* A sweep that came half way through the deletes at the old line must begin with them again. */
static void deletes_of_one_revision_go_with_the_next_compaction(void **state)
{
    static const char *const names[] = { "a", "b", "c", "d", "e", "f", "g", "h" };
    for (uint64_t round = 0; round < 4; round++) {
        struct model_op puts[ARRAY_LEN(names)];
        struct model_op all = { .kind = MODEL_OP_REMOVE, .remove = { .end = bytes_of("", 1) } };
        for (size_t i = 0; i < ARRAY_LEN(names); i++)
            puts[i] = op_put(str(names[i]), "1");
        script_entry(&s);
        script_txn(&s, puts, ARRAY_LEN(names));
        script_txn(&s, &all, 1);
        script_compact(&s, 0, 3 + 2 * round);
    }
    put(0, str("z"), "1");
    compact(0, 10);
    assert_agree();
}

static void put_over_a_tombstone_is_written_alike_swept_or_not(void **state)
{
    put(0, str("a"), "1");
    put(0, str("a"), "2");
    take(0, str("a"));
    put(0, str("b"), "1");
    compact(0, 5);
    put(0, str("a"), "3");
    put(0, str("a"), "4");
    put(0, str("a"), "5");
    compact(0, 6);
    put(0, str("a"), "6");
    assert_agree();
}

static void compaction_of_one_space_leaves_the_others(void **state)
{
    for (unsigned space = 0; space < MODEL_SPACES; space++) {
        put(space, str("a"), "1");
        put(space, str("a"), "2");
    }
    compact(0, 4);
    compact(MODEL_SYSTEM, 1);
    compact(2, 9);
    assert_agree();
}

static void keys_written_twice_in_one_revision_survive_compaction_to_it(void **state)
{
    struct bytes a = str("a");
    put(0, a, "0");
    struct model_op ops[] = { op_put(a, "1"), op_put(a, "2"), op_remove(a), op_put(a, "3") };
    script_entry(&s);
    script_txn(&s, ops, 4);
    put(0, a, "4");
    put(0, a, "5");
    compact(0, 3);
    put(0, a, "6");
    compact(0, 4);
    assert_agree();
}

/* -- transactions and leases ------------------------------------------------------------------- */

static void range_at_the_revision_before_does_not_see_the_transactions_puts(void **state)
{
    put(0, str("a"), "1");
    struct model_op range = { .kind = MODEL_OP_RANGE,
                              .range = { .end = bytes_of("", 1), .revision = 2 } };
    struct model_op ops[] = { op_put(str("a"), "2"), range, op_put(str("b"), "1"), range };
    script_entry(&s);
    script_txn(&s, ops, 4);
    assert_agree();
}

static struct model_op op_keep_value(unsigned space, struct bytes key)
{
    struct model_put put = { .space = space, .key = key, .ignore_value = true, .want_prev = true };
    return (struct model_op){ .kind = MODEL_OP_PUT, .put = put };
}

static void kept_values_are_those_that_the_transaction_left(void **state)
{
    struct model_op all = { .kind = MODEL_OP_REMOVE, .remove = { .end = bytes_of("", 1) } };
    struct model_op put_removed[] = { op_remove(str("a")), op_keep_value(0, str("a")) };
    struct model_op put_put[] = { op_put(str("b"), "new"), op_keep_value(0, str("b")) };
    struct model_op put_all_removed[] = { all, op_keep_value(0, str("b")) };
    struct model_op other_space[] = { op_remove(str("a")), op_keep_value(2, str("a")) };
    struct model_op other_key[] = { op_put(str("c"), "new"), op_keep_value(0, str("d")) };
    put(0, str("a"), "old");
    put(2, str("a"), "other");
    script_entry(&s);
    script_txn(&s, put_removed, 2);
    script_txn(&s, put_put, 2);
    script_txn(&s, put_all_removed, 2);
    script_txn(&s, other_space, 2);
    script_txn(&s, other_key, 2);
    assert_agree();
}

static void transactions_nest_to_the_limit(void **state)
{
    struct model_txn *txn = NULL;
    for (int depth = 0; depth < 258; depth++) {
        struct model_txn *outer = arena_zalloc(&s.arena, 1, sizeof *outer);
        struct model_op *op = arena_zalloc(&s.arena, 1, sizeof *op);
        *op = txn == NULL ? op_put(str("deep"), "1")
                          : (struct model_op){ .kind = MODEL_OP_TXN, .txn = txn };
        outer->then_ops = op;
        outer->then_n = 1;
        txn = outer;
    }
    script_entry(&s);
    struct model_op op = { .kind = MODEL_OP_TXN, .txn = txn };
    script_txn(&s, &op, 1);
    assert_agree();
}

static void revoke_removes_long_keys_of_all_spaces_in_order(void **state)
{
    script_entry(&s);
    script_grant(&s, 7);
    script_grant(&s, -7);
    for (unsigned space = 0; space < MODEL_SPACES; space++) {
        script_put(&s, space, key_of(1000, "b"), str("1"), 7);
        script_put(&s, space, key_of(1000, "a"), str("1"), 7);
        script_put(&s, space, str(""), str("1"), 7);
        script_put(&s, space, key_of(481, ""), str("1"), 7);
        script_put(&s, space, key_of(482, ""), str("1"), 7);
        script_put(&s, space, key_of(490, ""), str("1"), -7);
    }
    script_entry(&s);
    script_revoke(&s, 7);
    assert_agree();
}

static void key_moves_between_leases(void **state)
{
    script_entry(&s);
    script_grant(&s, 1);
    script_grant(&s, 2);
    script_put(&s, 0, str("a"), str("1"), 1);
    script_put(&s, 0, str("a"), str("1"), 2);
    script_put(&s, 0, str("b"), str("1"), 2);
    script_put(&s, 0, str("b"), str("1"), 0);
    script_entry(&s);
    script_revoke(&s, 1);
    script_entry(&s);
    script_revoke(&s, 2);
    assert_agree();
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(keys_around_the_edges_of_layers_keep_their_order),
        TEST(zero_byte_after_a_full_part_is_a_key_like_others),
        TEST(values_around_the_edge_of_pieces_are_whole),
        TEST(values_of_whole_pieces_are_whole),
        TEST(every_version_of_a_long_chain_is_found),
        TEST(compaction_to_each_revision_in_turn_keeps_what_stands),
        TEST(delete_at_the_compacted_revision_stays_until_the_next_compaction),
        TEST(deletes_of_one_revision_go_with_the_next_compaction),
        TEST(put_over_a_tombstone_is_written_alike_swept_or_not),
        TEST(compaction_of_one_space_leaves_the_others),
        TEST(keys_written_twice_in_one_revision_survive_compaction_to_it),
        TEST(range_at_the_revision_before_does_not_see_the_transactions_puts),
        TEST(kept_values_are_those_that_the_transaction_left),
        TEST(transactions_nest_to_the_limit),
        TEST(revoke_removes_long_keys_of_all_spaces_in_order),
        TEST(key_moves_between_leases),
    };
    return cmocka_run_group_tests_name("regressions", tests, NULL, NULL);
}
