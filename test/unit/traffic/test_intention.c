#include "traffic/intention.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/compiler.h"

static void exact_names_come_first(void **state)
{
    struct bytes web = bytes_str("web"), all = bytes_str("*");
    assert_int_equal(intention_precedence(web, web), 9);
    assert_int_equal(intention_precedence(all, web), 8);
    assert_int_equal(intention_precedence(web, all), 6);
    assert_int_equal(intention_precedence(all, all), 5);
}

static struct entry_source source(const char *name, const char *action, int precedence)
{
    return (struct entry_source){ .name = bytes_str(name),
                                  .action = bytes_str(action),
                                  .precedence = precedence };
}

static void sources_are_sorted_and_stay_in_order(void **state)
{
    struct entry_source all[] = { source("*", "deny", 8), source("b", "allow", 9),
                                  source("a", "allow", 9) };
    intention_sort(all, ARRAY_LEN(all));
    assert_true(bytes_is(all[0].name, "b"));
    assert_true(bytes_is(all[1].name, "a"));
    assert_true(bytes_is(all[2].name, "*"));
}

static void the_first_that_matches_decides(void **state)
{
    const struct entry_source deny_all = source("*", "deny", 5), allow = source("web", "allow", 9);
    struct entry_source by_request = source("web", "", 9);
    by_request.permissions.n = 1;
    struct intention list[] = {
        { .destination = bytes_str("*"), .source = &deny_all },
        { .destination = bytes_str("api"), .source = &allow },
        { .destination = bytes_str("db"), .source = &by_request },
    };
    struct intentions all = { list, ARRAY_LEN(list) };
    const struct intention *which;
    intentions_sort(&all);
    assert_int_equal(intentions_decide(&all, bytes_str("web"), bytes_str("api"), &which),
                     INTENTION_ALLOW);
    assert_ptr_equal(which->source, &allow);
    assert_int_equal(intentions_decide(&all, bytes_str("x"), bytes_str("api"), &which),
                     INTENTION_DENY);
    assert_int_equal(intentions_decide(&all, bytes_str("web"), bytes_str("db"), &which),
                     INTENTION_BY_REQUEST);
    all.n = 2;
    assert_int_equal(intentions_decide(&all, bytes_str("x"), bytes_str("y"), &which),
                     INTENTION_NONE);
    assert_null(which);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exact_names_come_first),
        cmocka_unit_test(sources_are_sorted_and_stay_in_order),
        cmocka_unit_test(the_first_that_matches_decides),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
