/* Requests: what etcd refuses, in which order, and how the rest is put to the kernel. */
#include "faces/etcd/request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "wire/pb.h"

static const struct etcd_limits limits = { .max_txn_ops = 128,
                                           .max_request_bytes = 1572864,
                                           .key_max = 32768 };

/* -- building transactions -------------------------------------------------------------------- */

struct builder { /* one TxnRequest on the wire */
    struct buf b;
};

enum branch { THEN = 2, ELSE = 3 };

static struct builder begin(void)
{
    struct builder t;
    buf_init(&t.b, 64 << 20);
    return t;
}

static void add_put(struct builder *t, enum branch branch, const char *key)
{
    size_t op = pb_open(&t->b, branch);
    size_t put = pb_open(&t->b, 2);
    pb_put_bytes(&t->b, 1, bytes_str(key));
    pb_put_bytes(&t->b, 2, bytes_str("v"));
    pb_close(&t->b, put);
    pb_close(&t->b, op);
}

static void add_delete(struct builder *t, enum branch branch, const char *key, struct bytes end)
{
    size_t op = pb_open(&t->b, branch);
    size_t remove = pb_open(&t->b, 3);
    pb_put_bytes(&t->b, 1, bytes_str(key));
    pb_put_bytes(&t->b, 2, end);
    pb_close(&t->b, remove);
    pb_close(&t->b, op);
}

static void add_range(struct builder *t, enum branch branch, const char *key, bool serializable)
{
    size_t op = pb_open(&t->b, branch);
    size_t range = pb_open(&t->b, 1);
    pb_put_bytes(&t->b, 1, bytes_str(key));
    pb_put_bool(&t->b, 7, serializable);
    pb_close(&t->b, range);
    pb_close(&t->b, op);
}

static void add_txn(struct builder *t, enum branch branch, struct builder *nested)
{
    size_t op = pb_open(&t->b, branch);
    pb_put_bytes_always(&t->b, 4, buf_bytes(&nested->b));
    pb_close(&t->b, op);
    buf_fini(&nested->b);
}

static void add_compare(struct builder *t, const char *key)
{
    size_t c = pb_open(&t->b, 1);
    pb_put_bytes(&t->b, 3, bytes_str(key));
    pb_close(&t->b, c);
}

static void add_nothing(struct builder *t, enum branch branch)
{
    pb_put_bytes_always(&t->b, branch, (struct bytes){ 0 });
}

static const struct bytes alone;

static const Etcdserverpb__TxnRequest *decoded(struct builder *t, struct arena *arena)
{
    ProtobufCMessage *m = NULL;
    assert_int_equal(
        etcd_decode(&etcdserverpb__txn_request__descriptor, buf_bytes(&t->b), arena, &m),
        ETCD_FINE);
    buf_fini(&t->b);
    return (const Etcdserverpb__TxnRequest *)m;
}

static enum etcd_refusal check(struct builder *t)
{
    struct arena arena;
    arena_init(&arena, 0);
    enum etcd_refusal r = etcd_check_txn(decoded(t, &arena), &limits, &arena);
    arena_fini(&arena);
    return r;
}

/* -- keys that are written twice -------------------------------------------------------------- */

static void two_puts_of_a_key_are_duplicates(void **state)
{
    struct builder t = begin();
    add_put(&t, THEN, "t1");
    add_range(&t, THEN, "t1", false);
    add_put(&t, THEN, "t2");
    add_put(&t, THEN, "t1");
    assert_int_equal(check(&t), ETCD_DUPLICATE_KEY);
}

static void put_and_delete_are_duplicates_in_either_order(void **state)
{
    struct builder t = begin();
    add_delete(&t, THEN, "t1", alone);
    add_put(&t, THEN, "t1");
    assert_int_equal(check(&t), ETCD_DUPLICATE_KEY);
    t = begin();
    add_put(&t, THEN, "t1");
    add_delete(&t, THEN, "t1", alone);
    assert_int_equal(check(&t), ETCD_DUPLICATE_KEY);
}

static void put_inside_a_deleted_range_is_a_duplicate(void **state)
{
    struct builder t = begin();
    add_put(&t, ELSE, "x");
    add_delete(&t, ELSE, "w", bytes_str("y"));
    assert_int_equal(check(&t), ETCD_DUPLICATE_KEY);
    t = begin();
    add_put(&t, ELSE, "y");
    add_delete(&t, ELSE, "w", bytes_str("y"));
    assert_int_equal(check(&t), ETCD_FINE);
}

static void overlapping_deletes_are_allowed(void **state)
{
    struct builder t = begin();
    add_delete(&t, THEN, "t1", alone);
    add_delete(&t, THEN, "t1", alone);
    add_delete(&t, THEN, "a", bytes_str("z"));
    assert_int_equal(check(&t), ETCD_FINE);
}

static void both_branches_may_put_a_key(void **state)
{
    struct builder t = begin();
    add_put(&t, THEN, "x");
    add_put(&t, ELSE, "x");
    assert_int_equal(check(&t), ETCD_FINE);
}

static struct builder nested_put(const char *then_key, const char *else_key)
{
    struct builder t = begin();
    if (then_key != NULL)
        add_put(&t, THEN, then_key);
    if (else_key != NULL)
        add_put(&t, ELSE, else_key);
    return t;
}

static void both_branches_of_a_nested_txn_may_put_a_key(void **state)
{
    struct builder t = begin(), nested = nested_put("y", "y");
    add_txn(&t, THEN, &nested);
    assert_int_equal(check(&t), ETCD_FINE);
}

static void nested_put_repeats_the_outer_one(void **state)
{
    struct builder t = begin(), nested = nested_put(NULL, "y");
    add_put(&t, THEN, "y");
    add_txn(&t, THEN, &nested);
    assert_int_equal(check(&t), ETCD_DUPLICATE_KEY);
}

static void sibling_txns_may_not_put_the_same_key(void **state)
{
    struct builder t = begin(), one = nested_put("y", NULL), two = nested_put(NULL, "y");
    add_txn(&t, THEN, &one);
    add_txn(&t, THEN, &two);
    assert_int_equal(check(&t), ETCD_DUPLICATE_KEY);
}

static void nested_put_inside_an_outer_delete_is_a_duplicate(void **state)
{
    struct builder t = begin(), nested = nested_put("m", NULL);
    add_txn(&t, THEN, &nested);
    add_delete(&t, THEN, "a", bytes_str("z"));
    assert_int_equal(check(&t), ETCD_DUPLICATE_KEY);
}

static void outer_put_inside_a_nested_delete_is_a_duplicate(void **state)
{
    struct builder t = begin(), nested = begin();
    add_delete(&nested, ELSE, "a", bytes_str("z"));
    add_put(&t, THEN, "m");
    add_txn(&t, THEN, &nested);
    assert_int_equal(check(&t), ETCD_DUPLICATE_KEY);
}

static void delete_then_put_in_branches_of_one_nested_txn_is_fine(void **state)
{
    struct builder t = begin(), nested = begin();
    add_delete(&nested, THEN, "a", bytes_str("z"));
    add_put(&nested, ELSE, "m");
    add_txn(&t, THEN, &nested);
    assert_int_equal(check(&t), ETCD_FINE);
}

/* -- counts ----------------------------------------------------------------------------------- */

static void add_puts(struct builder *t, enum branch branch, size_t n, const char *prefix)
{
    for (size_t i = 0; i < n; i++) {
        char key[32];
        snprintf(key, sizeof key, "%s%zu", prefix, i);
        add_put(t, branch, key);
    }
}

static void each_list_has_its_own_128(void **state)
{
    struct builder t = begin();
    for (size_t i = 0; i < 128; i++)
        add_compare(&t, "c");
    add_puts(&t, THEN, 128, "t");
    add_puts(&t, ELSE, 128, "e");
    assert_int_equal(check(&t), ETCD_FINE);
}

static void list_of_129_is_too_many(void **state)
{
    struct builder t = begin();
    add_puts(&t, THEN, 129, "k");
    assert_int_equal(check(&t), ETCD_TOO_MANY_OPS);
    t = begin();
    for (size_t i = 0; i < 129; i++)
        add_compare(&t, "c");
    assert_int_equal(check(&t), ETCD_TOO_MANY_OPS);
}

static enum etcd_refusal check_nested_lists(size_t outer, size_t inner)
{
    struct builder t = begin(), nested = begin();
    add_puts(&nested, ELSE, inner, "n");
    add_puts(&t, THEN, outer - 1, "o");
    add_txn(&t, THEN, &nested);
    return check(&t);
}

static void nested_lists_share_the_128_with_the_longest_above(void **state)
{
    assert_int_equal(check_nested_lists(63, 64), ETCD_FINE);
    assert_int_equal(check_nested_lists(64, 64), ETCD_FINE); /* 63 puts and the nested txn */
    assert_int_equal(check_nested_lists(64, 65), ETCD_TOO_MANY_OPS);
    assert_int_equal(check_nested_lists(63, 65), ETCD_FINE);
    assert_int_equal(check_nested_lists(63, 66), ETCD_TOO_MANY_OPS);
}

static enum etcd_refusal check_depth(size_t levels)
{
    struct builder t = begin();
    for (size_t i = 0; i < levels; i++) {
        struct builder outer = begin();
        add_txn(&outer, THEN, &t);
        t = outer;
    }
    return check(&t);
}

static void txns_nest_as_deep_as_their_lists_allow(void **state)
{
    assert_int_equal(check_depth(128), ETCD_FINE);
    assert_int_equal(check_depth(129), ETCD_TOO_MANY_OPS);
}

static void txn_too_deep_to_decode_has_too_many_operations(void **state)
{
    struct builder t = begin();
    for (size_t i = 0; i < 200; i++) {
        struct builder outer = begin();
        add_txn(&outer, THEN, &t);
        t = outer;
    }
    struct arena arena;
    arena_init(&arena, 0);
    ProtobufCMessage *m;
    assert_int_equal(
        etcd_decode(&etcdserverpb__txn_request__descriptor, buf_bytes(&t.b), &arena, &m),
        ETCD_TOO_MANY_OPS);
    arena_fini(&arena);
    buf_fini(&t.b);
}

/* -- order ------------------------------------------------------------------------------------ */

static void count_comes_before_empty_keys(void **state)
{
    struct builder t = begin();
    add_compare(&t, "");
    add_puts(&t, THEN, 129, "k");
    assert_int_equal(check(&t), ETCD_TOO_MANY_OPS);
}

static void empty_compare_key_comes_before_operations(void **state)
{
    struct builder t = begin();
    add_compare(&t, "");
    add_nothing(&t, THEN);
    assert_int_equal(check(&t), ETCD_EMPTY_KEY);
}

static void empty_operation_is_a_key_not_found(void **state)
{
    struct builder t = begin();
    add_nothing(&t, ELSE);
    assert_int_equal(check(&t), ETCD_KEY_NOT_FOUND);
}

static void operations_come_before_duplicates(void **state)
{
    struct builder t = begin();
    add_put(&t, THEN, "x");
    add_put(&t, THEN, "x");
    add_put(&t, ELSE, "");
    assert_int_equal(check(&t), ETCD_EMPTY_KEY);
}

/* -- single requests -------------------------------------------------------------------------- */

static ProtobufCBinaryData data(const char *text)
{
    union {
        const char *in;
        uint8_t *out;
    } lent = { .in = text };
    return (ProtobufCBinaryData){ .len = strlen(text), .data = lent.out };
}

static void put_is_checked_in_order(void **state)
{
    Etcdserverpb__PutRequest r = ETCDSERVERPB__PUT_REQUEST__INIT;
    r.ignore_value = r.ignore_lease = 1;
    r.value = data("v");
    r.lease = 5;
    assert_int_equal(etcd_check_put(&r, &limits), ETCD_EMPTY_KEY);
    r.key = data("k");
    assert_int_equal(etcd_check_put(&r, &limits), ETCD_VALUE_PROVIDED);
    r.value = data("");
    assert_int_equal(etcd_check_put(&r, &limits), ETCD_LEASE_PROVIDED);
    r.lease = 0;
    assert_int_equal(etcd_check_put(&r, &limits), ETCD_FINE);
}

static void key_above_the_limit_is_too_large(void **state)
{
    char *key = calloc(1, 32770);
    memset(key, 'k', 32769);
    Etcdserverpb__PutRequest r = ETCDSERVERPB__PUT_REQUEST__INIT;
    r.key = data(key);
    assert_int_equal(etcd_check_put(&r, &limits), ETCD_TOO_LARGE);
    r.key.len = 32768;
    assert_int_equal(etcd_check_put(&r, &limits), ETCD_FINE);
    free(key);
}

static void unknown_sort_is_refused_and_never_a_crash(void **state)
{
    Etcdserverpb__RangeRequest r = ETCDSERVERPB__RANGE_REQUEST__INIT;
    r.key = data("k");
    r.sort_target = (Etcdserverpb__RangeRequest__SortTarget)9;
    r.sort_order = ETCDSERVERPB__RANGE_REQUEST__SORT_ORDER__ASCEND;
    assert_int_equal(etcd_check_range(&r), ETCD_BAD_SORT);
    r.sort_target = ETCDSERVERPB__RANGE_REQUEST__SORT_TARGET__KEY;
    r.sort_order = (Etcdserverpb__RangeRequest__SortOrder)-1;
    assert_int_equal(etcd_check_range(&r), ETCD_BAD_SORT);
}

static void write_just_below_the_limit_is_let_in(void **state)
{
    /* 1572804 bytes of value with a short key are accepted by etcd, 1572864 are not. */
    assert_int_equal(etcd_check_size(1572804 + 4 + 10, &limits), ETCD_FINE);
    assert_int_equal(etcd_check_size(1572864, &limits), ETCD_TOO_LARGE);
}

/* -- translation ------------------------------------------------------------------------------ */

static void mismatched_oneof_compares_with_zero(void **state)
{
    struct builder t = begin();
    size_t c = pb_open(&t.b, 1);
    pb_put_uint(&t.b, 2, 2); /* target MOD */
    pb_put_bytes(&t.b, 3, bytes_str("k"));
    pb_put_uint(&t.b, 4, 77); /* but a version */
    pb_close(&t.b, c);
    struct arena arena;
    arena_init(&arena, 0);
    const struct txn *txn = etcd_txn(decoded(&t, &arena), &arena);
    assert_int_equal(txn->compares[0].target, COMPARE_MOD);
    assert_int_equal(txn->compares[0].number, 0);
    arena_fini(&arena);
}

static void unknown_enums_of_a_compare_have_their_own_meaning(void **state)
{
    struct builder t = begin();
    size_t c = pb_open(&t.b, 1);
    pb_put_uint(&t.b, 1, 17);
    pb_put_uint(&t.b, 2, 18);
    pb_put_bytes(&t.b, 3, bytes_str("k"));
    pb_close(&t.b, c);
    struct arena arena;
    arena_init(&arena, 0);
    const struct txn *txn = etcd_txn(decoded(&t, &arena), &arena);
    assert_int_equal(txn->compares[0].result, COMPARE_ALWAYS);
    assert_int_equal(txn->compares[0].target, COMPARE_NOTHING);
    arena_fini(&arena);
}

static void txn_costs_its_dearer_branch(void **state)
{
    struct builder t = begin(), nested = nested_put("abc", NULL);
    add_put(&t, THEN, "a");
    add_txn(&t, ELSE, &nested);
    add_put(&t, ELSE, "b");
    struct arena arena;
    arena_init(&arena, 0);
    const struct txn *txn = etcd_txn(decoded(&t, &arena), &arena);
    assert_int_equal(etcd_txn_cost(txn), (256 + 4) + (256 + 2));
    arena_fini(&arena);
}

static void txn_without_puts_costs_nothing(void **state)
{
    struct builder t = begin();
    add_delete(&t, THEN, "a", alone);
    add_range(&t, ELSE, "a", false);
    struct arena arena;
    arena_init(&arena, 0);
    assert_int_equal(etcd_txn_cost(etcd_txn(decoded(&t, &arena), &arena)), 0);
    arena_fini(&arena);
}

static void txn_is_linearizable_unless_all_its_ranges_are_not(void **state)
{
    struct arena arena;
    arena_init(&arena, 0);
    struct builder t = begin();
    add_range(&t, THEN, "a", true);
    add_range(&t, ELSE, "a", true);
    assert_false(etcd_txn_is_linearizable(decoded(&t, &arena)));
    t = begin();
    add_range(&t, THEN, "a", true);
    add_range(&t, ELSE, "a", false);
    assert_true(etcd_txn_is_linearizable(decoded(&t, &arena)));
    arena_fini(&arena);
}

static void access_is_asked_for_both_branches_at_all_depths(void **state)
{
    struct builder t = begin(), nested = nested_put("deep", "deeper");
    add_compare(&t, "c");
    add_range(&t, THEN, "r", false);
    add_delete(&t, ELSE, "d", bytes_str("e"));
    add_txn(&t, ELSE, &nested);
    struct arena arena;
    arena_init(&arena, 0);
    size_t n;
    const struct operation *o =
        etcd_txn_operations(etcd_txn(decoded(&t, &arena), &arena), &arena, &n);
    static const struct {
        enum access_verb verb;
        const char *key;
    } expected[] = { { ACCESS_READ, "c" },
                     { ACCESS_READ, "r" },
                     { ACCESS_WRITE, "d" },
                     { ACCESS_WRITE, "deep" },
                     { ACCESS_WRITE, "deeper" } };
    assert_int_equal(n, ARRAY_LEN(expected));
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(o[i].verb, expected[i].verb);
        assert_true(bytes_is(o[i].key, expected[i].key));
    }
    arena_fini(&arena);
}

static void deep_txn_of_many_operations_lists_each_once(void **state)
{
    struct builder t = begin();
    add_put(&t, THEN, "k");
    for (size_t i = 0; i < 100; i++) {
        struct builder outer = begin();
        add_txn(&outer, THEN, &t);
        t = outer;
    }
    struct arena arena;
    arena_init(&arena, 0);
    size_t n;
    etcd_txn_operations(etcd_txn(decoded(&t, &arena), &arena), &arena, &n);
    assert_int_equal(n, 1);
    assert_true(arena.used_bytes < 4 << 20);
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_puts_of_a_key_are_duplicates),
        cmocka_unit_test(put_and_delete_are_duplicates_in_either_order),
        cmocka_unit_test(put_inside_a_deleted_range_is_a_duplicate),
        cmocka_unit_test(overlapping_deletes_are_allowed),
        cmocka_unit_test(both_branches_may_put_a_key),
        cmocka_unit_test(both_branches_of_a_nested_txn_may_put_a_key),
        cmocka_unit_test(nested_put_repeats_the_outer_one),
        cmocka_unit_test(sibling_txns_may_not_put_the_same_key),
        cmocka_unit_test(nested_put_inside_an_outer_delete_is_a_duplicate),
        cmocka_unit_test(outer_put_inside_a_nested_delete_is_a_duplicate),
        cmocka_unit_test(delete_then_put_in_branches_of_one_nested_txn_is_fine),
        cmocka_unit_test(each_list_has_its_own_128),
        cmocka_unit_test(list_of_129_is_too_many),
        cmocka_unit_test(nested_lists_share_the_128_with_the_longest_above),
        cmocka_unit_test(txns_nest_as_deep_as_their_lists_allow),
        cmocka_unit_test(txn_too_deep_to_decode_has_too_many_operations),
        cmocka_unit_test(count_comes_before_empty_keys),
        cmocka_unit_test(empty_compare_key_comes_before_operations),
        cmocka_unit_test(empty_operation_is_a_key_not_found),
        cmocka_unit_test(operations_come_before_duplicates),
        cmocka_unit_test(put_is_checked_in_order),
        cmocka_unit_test(key_above_the_limit_is_too_large),
        cmocka_unit_test(unknown_sort_is_refused_and_never_a_crash),
        cmocka_unit_test(write_just_below_the_limit_is_let_in),
        cmocka_unit_test(mismatched_oneof_compares_with_zero),
        cmocka_unit_test(unknown_enums_of_a_compare_have_their_own_meaning),
        cmocka_unit_test(txn_costs_its_dearer_branch),
        cmocka_unit_test(txn_without_puts_costs_nothing),
        cmocka_unit_test(txn_is_linearizable_unless_all_its_ranges_are_not),
        cmocka_unit_test(access_is_asked_for_both_branches_at_all_depths),
        cmocka_unit_test(deep_txn_of_many_operations_lists_each_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
