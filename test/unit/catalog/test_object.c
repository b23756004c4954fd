/* Objects as readers see them. */
#include "catalog/object.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test/unit/catalog/registry.h"

static struct change_op object(enum object_kind kind, const char *type, const char *name)
{
    struct change_op op = { .kind = CHANGE_OBJECT, .ns = bytes_str("public") };
    op.object = (struct object_op){ .when = { .verb = OP_SET },
                                    .kind = kind,
                                    .type = bytes_str(type),
                                    .name = bytes_str(name),
                                    .row = bytes_str(name) };
    return op;
}

static void one_is_read_with_its_revisions(void **state)
{
    struct stand *s = *state;
    struct object one;
    uint64_t at = registry_do(s, object(OBJECT_CONFIG, "t", "a"));
    assert_int_equal(object_read(s->view, OBJECT_CONFIG, bytes_str("public"), bytes_str("t"),
                                 bytes_str("a"), &s->arena, &one),
                     OK);
    assert_true(bytes_is(one.row, "a"));
    assert_int_equal(one.create, at);
    assert_int_equal(one.modify, at);
    assert_int_equal(object_read(s->view, OBJECT_QUERY, bytes_str("public"), bytes_str("t"),
                                 bytes_str("a"), &s->arena, &one),
                     ERR_NOT_FOUND);
}

static void all_or_those_of_a_type_are_listed(void **state)
{
    struct stand *s = *state;
    struct objects all;
    const struct bytes any = { 0 };
    registry_do(s, object(OBJECT_CONFIG, "t", "b"));
    registry_do(s, object(OBJECT_CONFIG, "t", "a"));
    registry_do(s, object(OBJECT_CONFIG, "", "x"));
    registry_do(s, object(OBJECT_CONFIG, "tt", "c"));
    registry_do(s, object(OBJECT_QUERY, "t", "q"));
    assert_int_equal(
        objects_read(s->view, OBJECT_CONFIG, bytes_str("public"), any, &s->arena, &all), OK);
    assert_int_equal(all.n, 4);
    assert_int_equal(all.all[0].type.n, 0);
    assert_true(bytes_is(all.all[0].name, "x"));
    assert_true(bytes_is(all.all[1].name, "a"));
    assert_true(bytes_is(all.all[3].type, "tt"));
    assert_int_equal(
        objects_read(s->view, OBJECT_CONFIG, bytes_str("public"), bytes_str("t"), &s->arena, &all),
        OK);
    assert_int_equal(all.n, 2);
    assert_true(bytes_is(all.all[1].row, "b"));
}

int main(void)
{
#define CLAIM(name) cmocka_unit_test_setup_teardown(name, registry_set_up, stand_tear_down)
    const struct CMUnitTest tests[] = {
        CLAIM(one_is_read_with_its_revisions),
        CLAIM(all_or_those_of_a_type_are_listed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
