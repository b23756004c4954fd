/* Who made a change, and why: interned, found again, cut where it is too long. */
#include "store/origin.h"
#include "store/tables.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test/unit/store/stand.h"

static struct origin origin_at(struct stand *s, uint64_t revision)
{
    struct origin o;
    assert_int_equal(origin_of(s->view, SPACE_ETCD, revision, 0, &s->arena, &o), OK);
    return o;
}

static void change_knows_who_made_it_and_why(void **state)
{
    struct stand *s = *state;
    s->entries.origin = (struct origin){ .principal = bytes_str("anna"),
                                         .face = FACE_CONSUL,
                                         .address = bytes_str("10.0.0.1:1"),
                                         .why = bytes_str("rollout 7") };
    struct origin o = origin_at(s, stand_put(s, "a", "1"));
    assert_true(bytes_is(o.principal, "anna"));
    assert_int_equal(o.face, FACE_CONSUL);
    assert_true(bytes_is(o.address, "10.0.0.1"));
    assert_true(bytes_is(o.why, "rollout 7"));
}

static void same_origin_has_one_number_in_all_entries(void **state)
{
    struct stand *s = *state;
    s->entries.origin.principal = bytes_str("anna");
    stand_put(s, "a", "1");
    stand_put(s, "a", "2");
    assert_int_equal(s->view->state.origins, 1);
    s->entries.origin.principal = bytes_str("bert");
    stand_put(s, "a", "3");
    assert_int_equal(s->view->state.origins, 2);
    assert_true(bytes_is(origin_at(s, 3).principal, "anna"));
    assert_true(bytes_is(origin_at(s, 4).principal, "bert"));
}

static void ports_do_not_make_other_origins(void **state)
{
    struct stand *s = *state;
    s->entries.origin.address = bytes_str("10.0.0.1:4711");
    stand_put(s, "a", "1");
    s->entries.origin.address = bytes_str("10.0.0.1:4712");
    stand_put(s, "a", "2");
    assert_int_equal(s->view->state.origins, 1);
    s->entries.origin.address = bytes_str("[::1]:9");
    assert_true(bytes_is(origin_at(s, stand_put(s, "a", "3")).address, "[::1]"));
    s->entries.origin.address = bytes_str("unix:");
    assert_true(bytes_is(origin_at(s, stand_put(s, "a", "4")).address, "unix:"));
}

static void same_origin_is_found_after_a_restart(void **state)
{
    struct stand *s = *state;
    s->entries.origin.principal = bytes_str("anna");
    stand_put(s, "a", "1");
    stand_reopen(s);
    stand_put(s, "a", "2");
    assert_int_equal(s->view->state.origins, 1);
}

static void reasons_do_not_make_other_origins(void **state)
{
    struct stand *s = *state;
    s->entries.origin.why = bytes_str("one");
    stand_put(s, "a", "1");
    s->entries.origin.why = bytes_str("two");
    stand_put(s, "a", "2");
    assert_int_equal(s->view->state.origins, 1);
    assert_true(bytes_is(origin_at(s, 2).why, "one"));
    assert_true(bytes_is(origin_at(s, 3).why, "two"));
}

static void long_names_are_cut_and_kept(void **state)
{
    struct stand *s = *state;
    uint8_t *name = arena_alloc(&s->arena, 5000);
    memset(name, 'n', 5000);
    const size_t sizes[] = { 300, 301, 5000 };
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        name[0] = (uint8_t)i; /* another one */
        s->entries.origin.principal = bytes_of(name, sizes[i]);
        struct origin o = origin_at(s, stand_put(s, "a", "1"));
        assert_true(bytes_eq(o.principal, bytes_of(name, 300)));
    }
}

static void change_that_was_swept_has_no_origin(void **state)
{
    struct stand *s = *state;
    struct origin o;
    stand_put(s, "a", "1");
    stand_put(s, "a", "2");
    stand_compact(s, SPACE_ETCD, 3);
    stand_sweep(s);
    assert_int_equal(origin_of(s->view, SPACE_ETCD, 2, 0, &s->arena, &o), ERR_NOT_FOUND);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, stand_set_up, stand_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(change_knows_who_made_it_and_why),     TEST(same_origin_has_one_number_in_all_entries),
        TEST(ports_do_not_make_other_origins),      TEST(reasons_do_not_make_other_origins),
        TEST(same_origin_is_found_after_a_restart), TEST(reasons_do_not_make_other_origins),
        TEST(long_names_are_cut_and_kept),          TEST(change_that_was_swept_has_no_origin),
    };
    return cmocka_run_group_tests_name("origin", tests, NULL, NULL);
}
