/* Ranges over several views: the answer of one revision, or the word that it cannot be had. */
#include "store/range_walk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "test/unit/store/stand.h"

static struct range_query all(enum range_target target, enum range_order order)
{
    return (struct range_query){ .space = SPACE_ETCD,
                                 .key = bytes_str("k"),
                                 .end = bytes_of("\0", 1),
                                 .target = target,
                                 .order = order };
}

static struct range_walk *begin(struct stand *s, const struct range_query *q)
{
    struct range_walk *w;
    assert_int_equal(range_walk_new(s->view, q, 0, &w), OK);
    return w;
}

/* One row a step; the keys in a row, and what the end says in *RET. */
static const char *rest_of(struct stand *s, struct range_walk *w, struct range_part *ret)
{
    const char *keys = "";
    do {
        assert_int_equal(range_walk_step(w, s->view, 1, 1, true, &s->arena, ret), OK);
        assert_true(ret->kv_n <= 1);
        if (ret->kv_n == 1)
            keys = arena_printf(&s->arena, "%s %s", keys, arena_str(&s->arena, ret->kvs[0].key));
    } while (!ret->done);
    return keys;
}

static void put_k1_to_k4(struct stand *s)
{
    stand_put(s, "k1", "d");
    stand_put(s, "k2", "c");
    stand_put(s, "k3", "b");
    stand_put(s, "k4", "a");
}

static void writes_between_two_steps_are_not_seen(void **state)
{
    static const struct {
        enum range_target target;
        enum range_order order;
        const char *keys;
    } cases[] = {
        { RANGE_KEY, RANGE_NONE, " k1 k2 k3 k4" },
        { RANGE_KEY, RANGE_DESCEND, " k4 k3 k2 k1" },
        { RANGE_MOD, RANGE_DESCEND, " k4 k3 k2 k1" },
        { RANGE_VALUE, RANGE_ASCEND, " k4 k3 k2 k1" },
    };
    struct stand *s = *state;
    put_k1_to_k4(s);
    for (size_t i = 0; i < 4; i++) {
        struct range_query q = all(cases[i].target, cases[i].order);
        q.revision = 5;
        struct range_walk *w = begin(s, &q);
        struct range_part part;
        assert_int_equal(range_walk_step(w, s->view, 1, 1, true, &s->arena, &part), OK);
        const char *first =
            part.kv_n == 0 ? ""
                           : arena_printf(&s->arena, " %s", arena_str(&s->arena, part.kvs[0].key));
        stand_put(s, "k0", "new");
        stand_put(s, "k3", "new");
        stand_remove(s, "k2", NULL);
        const char *keys = arena_printf(&s->arena, "%s%s", first, rest_of(s, w, &part));
        assert_string_equal(keys, cases[i].keys);
        assert_int_equal(part.count, 4);
        assert_int_equal(range_walk_revision(w), 5);
        range_walk_free(w);
    }
}

static void compaction_that_overtakes_ends_it(void **state)
{
    struct stand *s = *state;
    struct range_part part;
    put_k1_to_k4(s);
    struct range_query q = all(RANGE_KEY, RANGE_NONE);
    struct range_walk *w = begin(s, &q);
    assert_int_equal(range_walk_step(w, s->view, 1, 1, true, &s->arena, &part), OK);
    stand_put(s, "k5", "x");
    assert_int_equal(stand_compact(s, SPACE_ETCD, 5), OK);
    assert_int_equal(range_walk_step(w, s->view, 1, 1, true, &s->arena, &part), OK);
    assert_int_equal(stand_compact(s, SPACE_ETCD, 6), OK);
    assert_int_equal(range_walk_step(w, s->view, 1, 1, true, &s->arena, &part), ERR_COMPACTED);
    range_walk_free(w);
}

static void counting_goes_on_behind_the_limit(void **state)
{
    struct stand *s = *state;
    struct range_part part;
    put_k1_to_k4(s);
    struct range_query q = all(RANGE_KEY, RANGE_NONE);
    q.limit = 2;
    struct range_walk *w = begin(s, &q);
    assert_string_equal(rest_of(s, w, &part), " k1 k2");
    assert_int_equal(part.count, 4);
    assert_true(part.more);
    range_walk_free(w);
    q.limit = 0;
    q.count_only = true;
    w = begin(s, &q);
    assert_string_equal(rest_of(s, w, &part), "");
    assert_int_equal(part.count, 4);
    assert_false(part.more);
    range_walk_free(w);
}

/* In as many selections as it takes, each of which begins at the first key again. */
static void target_without_order_takes_the_same_first_keys_in_every_pass(void **state)
{
    struct stand *s = *state;
    struct range_part part;
    struct range_walk *w;
    put_k1_to_k4(s);
    struct range_query q = all(RANGE_VALUE, RANGE_NONE);
    q.limit = 2;
    assert_int_equal(range_walk_new(s->view, &q, 1, &w), OK);
    assert_string_equal(rest_of(s, w, &part), " k3 k2");
    assert_int_equal(part.count, 4);
    assert_true(part.more);
    range_walk_free(w);
}

/* The key of one 0x00 byte looks like an open end to whoever goes on below it. */
static void going_down_ends_at_the_lowest_key(void **state)
{
    struct stand *s = *state;
    struct range_part part;
    struct op ops[] = { stand_op_put("a", "1"), stand_op_put("b", "2") };
    ops[0].put.key = bytes_of("\0", 1);
    struct txn txn = { .then_ops = ops, .then_n = 2 };
    stand_txn(s, &txn);
    struct range_query q = all(RANGE_KEY, RANGE_DESCEND);
    q.key = bytes_of("\0", 1);
    struct range_walk *w = begin(s, &q);
    rest_of(s, w, &part);
    assert_int_equal(part.count, 2);
    range_walk_free(w);
}

static void rewind_gives_the_rest_once_more(void **state)
{
    struct stand *s = *state;
    const enum range_target targets[] = { RANGE_KEY, RANGE_MOD };
    put_k1_to_k4(s);
    for (size_t i = 0; i < 2; i++) {
        struct range_part part = { 0 };
        struct range_query q = all(targets[i], RANGE_ASCEND);
        struct range_walk *w = begin(s, &q);
        while (part.kv_n == 0)
            assert_int_equal(range_walk_step(w, s->view, 1, 1, false, &s->arena, &part), OK);
        range_walk_mark(w);
        assert_string_equal(rest_of(s, w, &part), " k2 k3 k4");
        range_walk_rewind(w);
        assert_string_equal(rest_of(s, w, &part), " k2 k3 k4");
        range_walk_free(w);
    }
}

/* The mark lies in the first of many selections, and the rewind comes in a later one. */
static void rewind_makes_the_selection_again_that_is_gone(void **state)
{
    struct stand *s = *state;
    struct range_part part = { 0 };
    struct range_walk *w;
    put_k1_to_k4(s);
    struct range_query q = all(RANGE_MOD, RANGE_DESCEND);
    assert_int_equal(range_walk_new(s->view, &q, 1, &w), OK);
    while (part.kv_n == 0)
        assert_int_equal(range_walk_step(w, s->view, 1, 1, false, &s->arena, &part), OK);
    range_walk_mark(w);
    assert_string_equal(rest_of(s, w, &part), " k3 k2 k1");
    range_walk_rewind(w);
    assert_string_equal(rest_of(s, w, &part), " k3 k2 k1");
    assert_int_equal(part.count, 4);
    range_walk_free(w);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, stand_set_up, stand_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(writes_between_two_steps_are_not_seen),
        TEST(compaction_that_overtakes_ends_it),
        TEST(counting_goes_on_behind_the_limit),
        TEST(target_without_order_takes_the_same_first_keys_in_every_pass),
        TEST(going_down_ends_at_the_lowest_key),
        TEST(rewind_gives_the_rest_once_more),
        TEST(rewind_makes_the_selection_again_that_is_gone),
    };
    return cmocka_run_group_tests_name("range_walk", tests, NULL, NULL);
}
