/* Selections: the best so many, in order, whatever room there is. */
#include "store/range_select.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static void offer(struct range_select *s, const char *key, uint64_t mod, const char *value)
{
    const struct kv kv = { .key = bytes_str(key),
                           .mod = mod,
                           .value = { .p = (const uint8_t *)value, .n = strlen(value) } };
    range_select_offer(s, &kv);
}

static void sort(struct range_select *s)
{
    uint64_t steps = UINT64_MAX;
    assert_true(range_select_sort(s, &steps));
}

static void assert_keys(const struct range_select *s, const char *const *keys, size_t n)
{
    assert_int_equal(s->n, n);
    for (size_t i = 0; i < n; i++)
        assert_true(bytes_is(range_select_at(s, i)->key, keys[i]));
}

static struct range_query by(enum range_target target, enum range_order order, int64_t limit)
{
    return (struct range_query){ .target = target, .order = order, .limit = limit };
}

static void offer_five(struct range_select *s)
{
    offer(s, "c", 3, "30");
    offer(s, "a", 5, "1");
    offer(s, "e", 1, "2");
    offer(s, "b", 3, "30");
    offer(s, "d", 2, "");
}

static void equal_ones_ascend_by_key_in_either_direction(void **state)
{
    static const char *const up[] = { "e", "d", "b", "c", "a" };
    static const char *const down[] = { "a", "b", "c", "d", "e" };
    struct range_query q = by(RANGE_MOD, RANGE_ASCEND, 0);
    struct range_select s;
    range_select_init(&s, &q, 0);
    offer_five(&s);
    sort(&s);
    assert_keys(&s, up, 5);
    range_select_fini(&s);
    q.order = RANGE_DESCEND;
    range_select_init(&s, &q, 0);
    offer_five(&s);
    sort(&s);
    assert_keys(&s, down, 5);
    range_select_fini(&s);
}

static void no_more_is_held_than_the_limit(void **state)
{
    static const char *const best[] = { "d", "a" };
    struct range_query q = by(RANGE_VALUE, RANGE_ASCEND, 2);
    struct range_select s;
    range_select_init(&s, &q, 0);
    offer(&s, "c", 3, "30");
    offer(&s, "a", 5, "1");
    offer(&s, "e", 1, "2");
    assert_int_equal(s.n, 2);
    offer(&s, "b", 3, "30");
    offer(&s, "d", 2, "");
    sort(&s);
    assert_keys(&s, best, 2);
    assert_false(range_select_goes_on(&s));
    range_select_fini(&s);
}

/* A small one that comes late must not fill the gap of a large one that was let go before it. */
static void what_has_no_room_comes_in_the_next_selection_without_a_gap(void **state)
{
    char large[400] = { 0 };
    struct range_query q = by(RANGE_VALUE, RANGE_ASCEND, 0);
    struct range_select s;
    const char *const all[] = { "a", "m", "y", "z" };
    size_t given = 0;
    memset(large, 'm', sizeof large - 1);
    range_select_init(&s, &q, 600);
    do {
        if (given > 0)
            range_select_next(&s, s.n);
        offer(&s, "m", 1, large);
        offer(&s, "a", 1, "a");
        offer(&s, "y", 1, "x");
        offer(&s, "z", 1, "z");
        sort(&s);
        assert_true(s.n > 0 && s.bytes <= 600);
        for (size_t i = 0; i < s.n; i++)
            assert_true(bytes_is(range_select_at(&s, i)->key, all[given++]));
    } while (range_select_goes_on(&s));
    assert_int_equal(given, 4);
    range_select_fini(&s);
}

static void limit_holds_over_several_selections(void **state)
{
    struct range_query q = by(RANGE_MOD, RANGE_ASCEND, 7);
    struct range_select s;
    size_t given = 0, selections = 0;
    range_select_init(&s, &q, 300); /* two or three */
    do {
        if (selections++ > 0)
            range_select_next(&s, s.n);
        for (uint64_t i = 0; i < 20; i++) {
            char key[4];
            snprintf(key, sizeof key, "%02u", (unsigned)(i * 7 % 20));
            offer(&s, key, i * 7 % 20, "");
        }
        sort(&s);
        for (size_t i = 0; i < s.n; i++)
            assert_int_equal(range_select_at(&s, i)->mod, given++);
    } while (range_select_goes_on(&s));
    assert_int_equal(given, 7);
    assert_true(selections > 2);
    range_select_fini(&s);
}

static void one_is_held_however_large_it_is(void **state)
{
    struct range_query q = by(RANGE_VALUE, RANGE_DESCEND, 0);
    struct range_select s;
    range_select_init(&s, &q, 1);
    offer(&s, "a", 1, "long enough");
    offer(&s, "b", 1, "longer than that");
    sort(&s);
    assert_int_equal(s.n, 1);
    assert_true(bytes_is(range_select_at(&s, 0)->key, "b"));
    assert_true(range_select_goes_on(&s));
    range_select_fini(&s);
}

static void sorting_can_be_cut_anywhere(void **state)
{
    struct range_query q = by(RANGE_MOD, RANGE_ASCEND, 0);
    struct range_select s;
    unsigned turns = 0;
    uint64_t steps;
    range_select_init(&s, &q, 0);
    for (uint64_t i = 0; i < 50; i++)
        offer(&s, "k", (i * 31) % 50, "");
    do {
        steps = 3;
        turns++;
    } while (!range_select_sort(&s, &steps));
    assert_true(turns >= 16);
    for (size_t i = 0; i < 50; i++)
        assert_int_equal(range_select_at(&s, i)->mod, i);
    range_select_fini(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_ones_ascend_by_key_in_either_direction),
        cmocka_unit_test(no_more_is_held_than_the_limit),
        cmocka_unit_test(what_has_no_room_comes_in_the_next_selection_without_a_gap),
        cmocka_unit_test(limit_holds_over_several_selections),
        cmocka_unit_test(one_is_held_however_large_it_is),
        cmocka_unit_test(sorting_can_be_cut_anywhere),
    };
    return cmocka_run_group_tests_name("range_select", tests, NULL, NULL);
}
