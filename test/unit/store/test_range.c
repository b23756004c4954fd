/* Ranges as etcd answers them (etcd.md 4.1 and 19). */
#include "store/range.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test/unit/store/stand.h"

static struct range_query all_k(void)
{
    return (
        struct range_query){ .space = SPACE_ETCD, .key = bytes_str("k"), .end = bytes_str("l") };
}

static struct range_result read(struct stand *s, const struct range_query *q)
{
    struct range_result r;
    assert_int_equal(range_read(s->view, q, &s->arena, &r), OK);
    return r;
}

static void assert_key(const struct range_result *r, size_t i, const char *key)
{
    assert_true(i < r->kv_n);
    assert_true(bytes_is(r->kvs[i].key, key));
}

static void put_k1_to_k5(struct stand *s)
{
    stand_put(s, "k1", "e");
    stand_put(s, "k2", "d");
    stand_put(s, "k3", "c");
    stand_put(s, "k4", "b");
    stand_put(s, "k5", "a");
}

/* -- one key ---------------------------------------------------------------------------------- */

static void fresh_store_is_at_revision_1_and_first_put_at_2(void **state)
{
    struct stand *s = *state;
    assert_int_equal(view_revision(s->view), 1);
    assert_int_equal(stand_put(s, "a", "1"), 2);
}

static void second_put_keeps_create_and_counts_versions(void **state)
{
    struct stand *s = *state;
    struct kv kv;
    stand_put(s, "a", "1");
    stand_put(s, "a", "2");
    assert_int_equal(range_get(s->view, SPACE_ETCD, bytes_str("a"), 0, &s->arena, &kv), OK);
    assert_int_equal(kv.create, 2);
    assert_int_equal(kv.mod, 3);
    assert_int_equal(kv.version, 2);
}

static void put_after_delete_begins_a_new_life(void **state)
{
    struct stand *s = *state;
    struct kv kv;
    stand_put(s, "a", "1");
    stand_remove(s, "a", NULL);
    stand_put(s, "a", "3");
    assert_int_equal(range_get(s->view, SPACE_ETCD, bytes_str("a"), 0, &s->arena, &kv), OK);
    assert_int_equal(kv.create, 4);
    assert_int_equal(kv.version, 1);
}

static void old_revisions_answer_what_stood_then(void **state)
{
    struct stand *s = *state;
    stand_put(s, "a", "1");
    stand_put(s, "a", "2");
    stand_remove(s, "a", NULL);
    assert_string_equal(stand_value(s, "a", 1), "");
    assert_string_equal(stand_value(s, "a", 2), "1");
    assert_string_equal(stand_value(s, "a", 3), "2");
    assert_string_equal(stand_value(s, "a", 4), "");
}

static void revision_above_the_newest_is_future(void **state)
{
    struct stand *s = *state;
    struct range_result r;
    struct kv kv;
    assert_int_equal(stand_range(s, "a", NULL, 2, &r), ERR_FUTURE);
    assert_int_equal(range_get(s->view, SPACE_ETCD, bytes_str("a"), 2, &s->arena, &kv), ERR_FUTURE);
}

static void negative_revision_is_the_newest(void **state)
{
    struct stand *s = *state;
    stand_put(s, "a", "1");
    assert_string_equal(stand_value(s, "a", -5), "1");
}

static void long_value_is_read_whole_at_every_revision(void **state)
{
    struct stand *s = *state;
    char *value = arena_zalloc(&s->arena, 1, 100001);
    memset(value, 'v', 100000);
    stand_put(s, "a", value);
    stand_put(s, "a", "short");
    assert_string_equal(stand_value(s, "a", 2), value);
}

/* -- ranges ----------------------------------------------------------------------------------- */

static void range_that_ends_at_or_below_its_key_is_empty(void **state)
{
    struct stand *s = *state;
    struct range_result r;
    stand_put(s, "a", "1");
    assert_int_equal(stand_range(s, "b", "a", 0, &r), OK);
    assert_int_equal(r.count, 0);
    assert_int_equal(stand_range(s, "a", "a", 0, &r), OK);
    assert_int_equal(r.count, 0);
}

static void limit_cuts_and_count_does_not(void **state)
{
    struct stand *s = *state;
    struct range_query q = all_k();
    put_k1_to_k5(s);
    q.limit = 2;
    struct range_result r = read(s, &q);
    assert_int_equal(r.kv_n, 2);
    assert_int_equal(r.count, 5);
    assert_true(r.more);
}

static void limit_that_is_just_enough_cuts_nothing(void **state)
{
    struct stand *s = *state;
    struct range_query q = all_k();
    put_k1_to_k5(s);
    q.limit = 5;
    assert_false(read(s, &q).more);
    q.limit = -1;
    assert_int_equal(read(s, &q).kv_n, 5);
}

static void descending_keys_with_a_limit_come_from_the_end(void **state)
{
    struct stand *s = *state;
    struct range_query q = all_k();
    put_k1_to_k5(s);
    q.order = RANGE_DESCEND;
    q.limit = 2;
    struct range_result r = read(s, &q);
    assert_key(&r, 0, "k5");
    assert_key(&r, 1, "k4");
    assert_true(r.more);
    assert_int_equal(r.count, 5);
}

static void keys_alike_in_the_target_ascend_in_either_direction(void **state)
{
    struct stand *s = *state;
    struct range_query q = all_k();
    put_k1_to_k5(s);
    stand_put(s, "k3", "again");
    q.target = RANGE_VERSION;
    q.order = RANGE_DESCEND;
    struct range_result r = read(s, &q);
    static const char *const keys[] = { "k3", "k1", "k2", "k4", "k5" };
    for (size_t i = 0; i < 5; i++)
        assert_key(&r, i, keys[i]);
    q.limit = 2;
    r = read(s, &q);
    assert_key(&r, 1, "k1");
}

static void target_without_order_and_a_limit_sorts_the_first_keys_only(void **state)
{
    struct stand *s = *state;
    struct range_query q = all_k();
    static const char *const values[] = { "e", "d", "c", "b", "a" };
    static const char *const keys[] = { "k1", "k2", "k3", "k4", "k5" };
    for (size_t i = 0; i < 5; i++)
        stand_put(s, keys[i], values[i]);
    q.target = RANGE_VALUE;
    q.limit = 2;
    struct range_result r = read(s, &q);
    assert_int_equal(r.kv_n, 2);
    assert_int_equal(r.count, 5);
    assert_true(r.more);
    assert_key(&r, 0, "k3"); /* k1, k2 and k3 were sorted */
    assert_key(&r, 1, "k2");
    q.min_mod = 1;
    r = read(s, &q);
    assert_key(&r, 0, "k5");
    q.min_mod = 0;
    q.order = RANGE_ASCEND;
    r = read(s, &q);
    assert_key(&r, 0, "k5");
}

static void filters_work_before_the_limit_and_not_on_the_count(void **state)
{
    struct stand *s = *state;
    struct range_query q = all_k();
    put_k1_to_k5(s);
    q.min_mod = 4;
    q.limit = 1;
    struct range_result r = read(s, &q);
    assert_key(&r, 0, "k3");
    assert_int_equal(r.kv_n, 1);
    assert_true(r.more);
    assert_int_equal(r.count, 5);
}

static void count_only_counts_at_an_old_revision(void **state)
{
    struct stand *s = *state;
    struct range_query q = all_k();
    put_k1_to_k5(s);
    q.count_only = true;
    q.revision = 4;
    struct range_result r = read(s, &q);
    assert_int_equal(r.count, 3);
    assert_int_equal(r.kv_n, 0);
}

static void count_only_is_never_cut(void **state)
{
    struct stand *s = *state;
    struct range_query q = all_k();
    put_k1_to_k5(s);
    q.count_only = true;
    q.limit = 2;
    struct range_result r = read(s, &q);
    assert_int_equal(r.count, 5);
    assert_false(r.more);
}

static void target_without_order_sorts_ascending(void **state)
{
    struct stand *s = *state;
    struct range_query q = all_k();
    put_k1_to_k5(s);
    q.target = RANGE_VALUE;
    struct range_result r = read(s, &q);
    assert_key(&r, 0, "k5");
    assert_key(&r, 4, "k1");
}

static void keys_only_sorts_by_values_it_does_not_give(void **state)
{
    struct stand *s = *state;
    struct range_query q = all_k();
    put_k1_to_k5(s);
    q.target = RANGE_VALUE;
    q.keys_only = true;
    struct range_result r = read(s, &q);
    assert_key(&r, 0, "k5");
    assert_int_equal(r.kvs[0].value.n, 0);
}

static void budget_ends_an_answer_and_the_rest_follows(void **state)
{
    struct stand *s = *state;
    struct range_query q = all_k();
    put_k1_to_k5(s);
    q.budget_bytes = 7; /* two keys of two bytes with one byte each */
    struct range_result r = read(s, &q);
    assert_int_equal(r.kv_n, 2);
    assert_true(r.over_budget);
    q.key = bytes_of("k2\0", 3);
    r = read(s, &q);
    assert_key(&r, 0, "k3");
}

static void budget_gives_at_least_one(void **state)
{
    struct stand *s = *state;
    struct range_query q = all_k();
    put_k1_to_k5(s);
    q.budget_bytes = 1;
    assert_int_equal(read(s, &q).kv_n, 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, stand_set_up, stand_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(fresh_store_is_at_revision_1_and_first_put_at_2),
        TEST(second_put_keeps_create_and_counts_versions),
        TEST(put_after_delete_begins_a_new_life),
        TEST(old_revisions_answer_what_stood_then),
        TEST(revision_above_the_newest_is_future),
        TEST(negative_revision_is_the_newest),
        TEST(long_value_is_read_whole_at_every_revision),
        TEST(range_that_ends_at_or_below_its_key_is_empty),
        TEST(limit_cuts_and_count_does_not),
        TEST(limit_that_is_just_enough_cuts_nothing),
        TEST(descending_keys_with_a_limit_come_from_the_end),
        TEST(keys_alike_in_the_target_ascend_in_either_direction),
        TEST(target_without_order_and_a_limit_sorts_the_first_keys_only),
        TEST(filters_work_before_the_limit_and_not_on_the_count),
        TEST(count_only_counts_at_an_old_revision),
        TEST(count_only_is_never_cut),
        TEST(target_without_order_sorts_ascending),
        TEST(keys_only_sorts_by_values_it_does_not_give),
        TEST(budget_ends_an_answer_and_the_rest_follows),
        TEST(budget_gives_at_least_one),
    };
    return cmocka_run_group_tests_name("range", tests, NULL, NULL);
}
