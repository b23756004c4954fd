/* The past, for watchers that catch up: in order, whole revisions, bounded work. */
#include "store/history.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test/unit/store/stand.h"

enum { MANY = 1000, NO_LIMIT = 1 << 20 };

static struct history_batch scan(struct stand *s, uint64_t from, size_t max_events)
{
    struct history_batch b;
    assert_int_equal(history_scan(s->view, SPACE_ETCD, from, max_events, NO_LIMIT, &s->arena, &b),
                     OK);
    return b;
}

static struct history_batch of_range(struct stand *s, const char *key, const char *end,
                                     uint64_t from, size_t max_events)
{
    struct history_batch b;
    struct bytes e = end == NULL ? (struct bytes){ 0 } : bytes_str(end);
    assert_int_equal(history_range(s->view, SPACE_ETCD, bytes_str(key), e, from, NO_LIMIT,
                                   max_events, NO_LIMIT, &s->arena, &b),
                     OK);
    return b;
}

static void put_three_in_one_revision(struct stand *s)
{
    struct op ops[] = { stand_op_put("w3", "1"), stand_op_put("w2", "1"),
                        stand_op_remove("w1", NULL) };
    struct txn txn = { .then_ops = ops, .then_n = 3 };
    stand_put(s, "w1", "1");
    stand_txn(s, &txn);
}

static void events_come_in_the_order_of_operations(void **state)
{
    struct stand *s = *state;
    put_three_in_one_revision(s);
    struct history_batch b = scan(s, 3, NO_LIMIT);
    assert_int_equal(b.event_n, 3);
    assert_true(bytes_is(b.events[0].kv.key, "w3"));
    assert_true(bytes_is(b.events[2].kv.key, "w1"));
    assert_int_equal(b.events[2].kind, EVENT_DELETE);
    assert_int_equal(b.events[2].prev_mod, 2);
}

static void revision_is_never_cut(void **state)
{
    struct stand *s = *state;
    put_three_in_one_revision(s);
    stand_put(s, "w4", "1");
    struct history_batch b = scan(s, 3, 1);
    assert_int_equal(b.event_n, 3);
    assert_int_equal(b.next, 4);
    b = of_range(s, "w", "x", 3, 1);
    assert_int_equal(b.event_n, 3);
    assert_int_equal(b.next, 4);
}

static void next_after_everything_is_one_above_the_newest(void **state)
{
    struct stand *s = *state;
    stand_put(s, "a", "1");
    assert_int_equal(scan(s, 1, NO_LIMIT).next, 3);
    assert_int_equal(of_range(s, "b", NULL, 1, NO_LIMIT).next, 3);
}

static void range_gives_the_keys_asked_for_only(void **state)
{
    struct stand *s = *state;
    stand_put(s, "a", "1");
    stand_put(s, "b", "1");
    stand_remove(s, "b", NULL);
    struct history_batch b = of_range(s, "b", NULL, 1, NO_LIMIT);
    assert_int_equal(b.event_n, 2);
    assert_int_equal(b.events[0].kv.mod, 3);
    assert_int_equal(b.events[1].kind, EVENT_DELETE);
}

static void more_keys_than_the_maximum_are_too_big(void **state)
{
    struct stand *s = *state;
    struct history_batch b;
    stand_put(s, "a", "1");
    stand_put(s, "b", "1");
    assert_int_equal(history_range(s->view, SPACE_ETCD, bytes_str("a"), bytes_str("c"), 1, 1,
                                   NO_LIMIT, NO_LIMIT, &s->arena, &b),
                     ERR_TOO_BIG);
}

static void hot_key_is_read_from_its_old_end(void **state)
{
    struct stand *s = *state;
    for (int i = 0; i < MANY; i++)
        entries_put(&s->entries, SPACE_ETCD, bytes_str("k"), bytes_str("1"), 0);
    stand_apply(s);
    size_t before = s->arena.used_bytes;
    struct history_batch b = of_range(s, "k", NULL, 500, 10);
    assert_int_equal(b.event_n, 10);
    assert_int_equal(b.events[0].kv.mod, 500);
    assert_int_equal(b.next, 510);
    assert_true(s->arena.used_bytes - before < 50 * sizeof(struct event));
}

static void batches_of_two_hot_keys_join_without_gap_or_double(void **state)
{
    struct stand *s = *state;
    uint64_t from = 1, seen = 1;
    for (int i = 0; i < MANY; i++)
        entries_put(&s->entries, SPACE_ETCD, bytes_str(i % 3 == 0 ? "a" : "b"), bytes_str("1"), 0);
    stand_apply(s);
    while (from <= view_revision(s->view)) {
        struct history_batch b = of_range(s, "a", "c", from, 7);
        for (size_t i = 0; i < b.event_n; i++)
            assert_int_equal(b.events[i].kv.mod, ++seen);
        assert_true(b.next > from);
        from = b.next;
    }
    assert_int_equal(seen, MANY + 1);
}

static void from_below_the_compacted_revision_is_compacted(void **state)
{
    struct stand *s = *state;
    struct history_batch b;
    stand_put(s, "a", "1");
    stand_put(s, "a", "2");
    stand_compact(s, SPACE_ETCD, 3);
    assert_int_equal(history_scan(s->view, SPACE_ETCD, 2, 10, 10, &s->arena, &b), ERR_COMPACTED);
    assert_int_equal(scan(s, 3, NO_LIMIT).event_n, 1);
}

static void delete_exactly_at_the_compacted_revision_is_given(void **state)
{
    struct stand *s = *state;
    stand_put(s, "a", "1");
    stand_remove(s, "a", NULL);
    stand_put(s, "b", "1");
    stand_compact(s, SPACE_ETCD, 3);
    stand_sweep(s);
    struct history_batch b = scan(s, 3, NO_LIMIT);
    assert_int_equal(b.event_n, 2);
    assert_int_equal(b.events[0].kind, EVENT_DELETE);
    assert_int_equal(of_range(s, "a", NULL, 3, NO_LIMIT).event_n, 1);
}

/* -- what an event replaced -------------------------------------------------------------------- */

static enum err prev_of(struct stand *s, const char *key, size_t at, struct kv *ret)
{
    struct history_batch b = of_range(s, key, NULL, view_compacted(s->view, SPACE_ETCD), NO_LIMIT);
    assert_true(at < b.event_n);
    return history_prev(s->view, SPACE_ETCD, &b.events[at], &s->arena, ret);
}

static void previous_version_is_found(void **state)
{
    struct stand *s = *state;
    struct kv kv;
    stand_put(s, "a", "1");
    stand_put(s, "a", "2");
    assert_int_equal(prev_of(s, "a", 1, &kv), OK);
    assert_int_equal(kv.mod, 2);
}

static void creation_has_no_previous_version(void **state)
{
    struct stand *s = *state;
    struct kv kv;
    stand_put(s, "a", "1");
    stand_remove(s, "a", NULL);
    stand_put(s, "a", "2");
    assert_int_equal(prev_of(s, "a", 0, &kv), ERR_NOT_FOUND);
    assert_int_equal(prev_of(s, "a", 2, &kv), ERR_NOT_FOUND);
}

static void previous_version_below_the_compacted_revision_is_compacted(void **state)
{
    struct stand *s = *state;
    struct kv kv;
    stand_put(s, "a", "1");
    stand_put(s, "a", "2");
    stand_compact(s, SPACE_ETCD, 3);
    assert_int_equal(prev_of(s, "a", 0, &kv), ERR_COMPACTED);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, stand_set_up, stand_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(events_come_in_the_order_of_operations),
        TEST(revision_is_never_cut),
        TEST(next_after_everything_is_one_above_the_newest),
        TEST(range_gives_the_keys_asked_for_only),
        TEST(more_keys_than_the_maximum_are_too_big),
        TEST(hot_key_is_read_from_its_old_end),
        TEST(batches_of_two_hot_keys_join_without_gap_or_double),
        TEST(from_below_the_compacted_revision_is_compacted),
        TEST(delete_exactly_at_the_compacted_revision_is_given),
        TEST(previous_version_is_found),
        TEST(creation_has_no_previous_version),
        TEST(previous_version_below_the_compacted_revision_is_compacted),
    };
    return cmocka_run_group_tests_name("history", tests, NULL, NULL);
}
