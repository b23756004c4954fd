/* Sets of key ranges: held against a plain list of them. */
#include "faces/etcd/spans.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static int arena_setup(void **state)
{
    struct arena *a = malloc(sizeof *a);
    arena_init(a, 0);
    *state = a;
    return 0;
}

static int arena_teardown(void **state)
{
    arena_fini(*state);
    free(*state);
    return 0;
}

static void key_is_held_alone(void **state)
{
    struct spans s = { 0 };
    spans_add_key(&s, *state, bytes_str("b"));
    assert_true(spans_hold(&s, bytes_str("b")));
    assert_false(spans_hold(&s, bytes_str("a")));
    assert_false(spans_hold(&s, bytes_of("b\0", 2)));
    assert_false(spans_hold(&s, bytes_str("")));
}

static void range_holds_its_begin_and_not_its_end(void **state)
{
    struct spans s = { 0 };
    spans_add_range(&s, *state, bytes_str("b"), bytes_str("d"));
    assert_true(spans_hold(&s, bytes_str("b")));
    assert_true(spans_hold(&s, bytes_str("czz")));
    assert_false(spans_hold(&s, bytes_str("d")));
    assert_false(spans_hold(&s, bytes_str("azz")));
}

static void inverted_range_holds_nothing(void **state)
{
    struct spans s = { 0 };
    spans_add_range(&s, *state, bytes_str("d"), bytes_str("b"));
    spans_add_range(&s, *state, bytes_str("d"), bytes_of("\0", 1));
    assert_int_equal(s.n, 0);
    assert_false(spans_hold(&s, bytes_str("c")));
}

static void long_range_is_seen_behind_short_ones(void **state)
{
    struct spans s = { 0 };
    spans_add_range(&s, *state, bytes_str("a"), bytes_str("z"));
    static const char letters[] = "bcdefghij";
    for (size_t i = 0; i < sizeof letters - 1; i++)
        spans_add_key(&s, *state, bytes_of(&letters[i], 1));
    assert_true(spans_hold(&s, bytes_str("y")));
}

static void empty_sets_meet_nothing(void **state)
{
    struct spans s = { 0 }, none = { 0 };
    spans_add_key(&s, *state, bytes_str("a"));
    assert_false(spans_meet(&s, &none));
    assert_false(spans_meet(&none, &s));
    assert_false(spans_meet(&none, &none));
}

/* -- against the plain way -------------------------------------------------------------------- */

enum { KEYS = 64, TRIALS = 300 };

struct plain {
    bool keys[KEYS];
};

/* Keys of one byte; every other of them can also be an end. */
static uint8_t all_keys[KEYS];

static struct bytes key_at(size_t i)
{
    all_keys[i] = (uint8_t)(i + 1);
    return bytes_of(&all_keys[i], 1);
}

static void add_some(struct spans *s, struct plain *p, struct arena *a, unsigned *seed, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        size_t from = (size_t)rand_r(seed) % KEYS;
        if (rand_r(seed) % 2) {
            spans_add_key(s, a, key_at(from));
            p->keys[from] = true;
            continue;
        }
        size_t to = (size_t)rand_r(seed) % KEYS;
        spans_add_range(s, a, key_at(from), key_at(to));
        for (size_t k = from; k < to; k++)
            p->keys[k] = true;
    }
}

static bool plain_meet(const struct plain *a, const struct plain *b)
{
    for (size_t i = 0; i < KEYS; i++)
        if (a->keys[i] && b->keys[i])
            return true;
    return false;
}

static void sets_answer_as_plain_lists_do(void **state)
{
    for (unsigned trial = 0; trial < TRIALS; trial++) {
        unsigned seed = trial;
        struct spans a = { 0 }, b = { 0 };
        struct plain pa = { 0 }, pb = { 0 };
        add_some(&a, &pa, *state, &seed, trial % 7);
        add_some(&b, &pb, *state, &seed, trial % 5);
        assert_int_equal(spans_meet(&a, &b), plain_meet(&pa, &pb));
        assert_int_equal(spans_meet(&b, &a), plain_meet(&pa, &pb));
        spans_join(&a, *state, &b);
        for (size_t i = 0; i < KEYS; i++)
            assert_int_equal(spans_hold(&a, key_at(i)), pa.keys[i] || pb.keys[i]);
    }
}

static void hundred_thousand_keys_are_joined_one_by_one_quickly(void **state)
{
    enum { MANY = 100000 };
    uint8_t(*keys)[4] = malloc(MANY * sizeof *keys);
    struct spans all = { 0 };
    for (uint32_t i = 0; i < MANY; i++) {
        uint32_t mixed = i * 2654435761U;
        memcpy(keys[i], &mixed, 4);
        struct spans one = { 0 };
        spans_add_key(&one, *state, bytes_of(keys[i], 4));
        assert_false(spans_meet(&all, &one));
        spans_join(&all, *state, &one);
    }
    assert_true(all.run_n < 20);
    assert_true(spans_hold(&all, bytes_of(keys[MANY / 2], 4)));
    free(keys);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(key_is_held_alone, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(range_holds_its_begin_and_not_its_end, arena_setup,
                                        arena_teardown),
        cmocka_unit_test_setup_teardown(inverted_range_holds_nothing, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(long_range_is_seen_behind_short_ones, arena_setup,
                                        arena_teardown),
        cmocka_unit_test_setup_teardown(empty_sets_meet_nothing, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(sets_answer_as_plain_lists_do, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(hundred_thousand_keys_are_joined_one_by_one_quickly,
                                        arena_setup, arena_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
