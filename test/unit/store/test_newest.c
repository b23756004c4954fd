/* Newest changes: of a space and of ranges, with what was removed. */
#include "store/newest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test/unit/store/stand.h"

static uint64_t of_space(struct stand *s, enum space space)
{
    uint64_t newest = 0;
    assert_int_equal(newest_change(s->view, space, &newest), OK);
    return newest;
}

static uint64_t of_range(struct stand *s, const char *key, const char *end)
{
    uint64_t newest = 99;
    struct bytes to = end == NULL ? (struct bytes){ 0 } : bytes_str(end);
    assert_int_equal(newest_in_range(s->view, SPACE_ETCD, bytes_str(key), to, &newest), OK);
    return newest;
}

static void space_without_a_change_is_at_one(void **state)
{
    struct stand *s = *state;
    assert_int_equal(of_space(s, SPACE_ETCD), 1);
    stand_put(s, "k", "v");
    assert_int_equal(of_space(s, SPACE_CONSUL_KV), 1);
}

static void newest_of_a_space_is_its_last_put_or_removal(void **state)
{
    struct stand *s = *state;
    stand_put(s, "k", "v");
    assert_int_equal(of_space(s, SPACE_ETCD), 2);
    stand_put(s, "a", "v");
    assert_int_equal(of_space(s, SPACE_ETCD), 3);
    entries_put(&s->entries, SPACE_CONSUL_KV, bytes_str("k"), bytes_str("v"), 0);
    stand_apply(s);
    assert_int_equal(of_space(s, SPACE_ETCD), 3);
    stand_remove(s, "k", NULL);
    assert_int_equal(of_space(s, SPACE_ETCD), 5);
}

static void newest_of_a_space_does_not_go_back_when_its_removals_are_swept(void **state)
{
    struct stand *s = *state;
    stand_put(s, "k", "v");
    stand_remove(s, "k", NULL);
    assert_int_equal(stand_compact(s, SPACE_ETCD, 3), OK);
    stand_sweep(s);
    assert_int_equal(of_space(s, SPACE_ETCD), 3);
    entries_put(&s->entries, SPACE_CONSUL_KV, bytes_str("k"), bytes_str("v"), 0);
    stand_apply(s);
    assert_int_equal(stand_compact(s, SPACE_ETCD, 4), OK);
    uint64_t unswept = of_space(s, SPACE_ETCD);
    stand_sweep(s);
    assert_int_equal(of_space(s, SPACE_ETCD), unswept);
    assert_int_equal(unswept, 4);
}

static void newest_of_a_range_counts_what_was_removed_in_it(void **state)
{
    struct stand *s = *state;
    stand_put(s, "a", "v");
    stand_put(s, "b1", "v");
    stand_put(s, "b2", "v");
    stand_put(s, "c", "v");
    assert_int_equal(of_range(s, "b", "c"), 4);
    assert_int_equal(of_range(s, "b1", NULL), 3);
    assert_int_equal(of_range(s, "d", "e"), 0);
    stand_remove(s, "b1", NULL);
    assert_int_equal(of_range(s, "b", "c"), 6);
    assert_int_equal(of_range(s, "b1", NULL), 6);
}

static void removal_below_what_can_be_read_is_forgotten_swept_or_not(void **state)
{
    struct stand *s = *state;
    stand_put(s, "b1", "v");
    stand_put(s, "b2", "v");
    stand_remove(s, "b2", NULL);
    stand_put(s, "z", "v");
    assert_int_equal(stand_compact(s, SPACE_ETCD, 4), OK);
    assert_int_equal(of_range(s, "b", "c"), 4);
    assert_int_equal(stand_compact(s, SPACE_ETCD, 5), OK);
    assert_int_equal(of_range(s, "b", "c"), 2);
    stand_sweep(s);
    assert_int_equal(of_range(s, "b", "c"), 2);
}

static void newest_of_a_range_is_found_in_parts(void **state)
{
    struct stand *s = *state;
    struct buf next;
    uint64_t newest = 0;
    bool done;
    buf_init(&next, 1024);
    stand_put(s, "b1", "v");
    stand_put(s, "b3", "v");
    stand_put(s, "b2", "v");
    stand_put(s, "c", "v");
    assert_int_equal(newest_in_part(s->view, SPACE_ETCD, bytes_str("b"), bytes_str("c"), 2, &next,
                                    &newest, &done),
                     OK);
    assert_true(!done && newest == 4 && bytes_is(buf_bytes(&next), "b3"));
    assert_int_equal(newest_in_part(s->view, SPACE_ETCD, buf_bytes(&next), bytes_str("c"), 1, &next,
                                    &newest, &done),
                     OK);
    assert_true(done && newest == 4); /* one row is all that is left */
    buf_fini(&next);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, stand_set_up, stand_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(space_without_a_change_is_at_one),
        TEST(newest_of_a_space_is_its_last_put_or_removal),
        TEST(newest_of_a_space_does_not_go_back_when_its_removals_are_swept),
        TEST(newest_of_a_range_counts_what_was_removed_in_it),
        TEST(newest_of_a_range_is_found_in_parts),
        TEST(removal_below_what_can_be_read_is_forgotten_swept_or_not),
    };
    return cmocka_run_group_tests_name("newest", tests, NULL, NULL);
}
