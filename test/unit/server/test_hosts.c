#include "server/hosts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static const struct http_service checked = { .check_host = true, .body_max = 77 };

static void names_stand_between_commas(void **state)
{
    struct hosts h;
    assert_int_equal(hosts_init(&h, "a.example, b.example,,c"), OK);
    assert_string_equal(h.names[0], "a.example");
    assert_string_equal(h.names[1], "b.example");
    assert_string_equal(h.names[2], "c");
    assert_null(h.names[3]);
    hosts_fini(&h);
}

static void without_names_hosts_are_still_checked(void **state)
{
    struct hosts h;
    assert_int_equal(hosts_init(&h, ""), OK);
    struct http_service s = hosts_service(&h, &checked);
    assert_true(s.check_host);
    assert_null(s.hosts[0]);
    hosts_fini(&h);
}

static void a_service_is_the_same_but_for_its_names(void **state)
{
    struct hosts h;
    assert_int_equal(hosts_init(&h, "a"), OK);
    struct http_service s = hosts_service(&h, &checked);
    assert_int_equal(s.body_max, 77);
    assert_string_equal(s.hosts[0], "a");
    hosts_fini(&h);
}

static void a_star_ends_the_check(void **state)
{
    struct hosts h;
    assert_int_equal(hosts_init(&h, "a,*"), OK);
    assert_false(hosts_service(&h, &checked).check_host);
    hosts_fini(&h);
}

static void sixty_four_names_fit_and_no_more(void **state)
{
    struct hosts h;
    char names[4 * HOSTS_MAX + 8] = "";
    for (unsigned i = 0; i < HOSTS_MAX; i++)
        memcpy(names + 2 * i, "x,", 3);
    assert_int_equal(hosts_init(&h, names), OK);
    hosts_fini(&h);
    memcpy(names + 2 * HOSTS_MAX, "x", 2);
    assert_int_equal(hosts_init(&h, names), ERR_TOO_BIG);
    hosts_fini(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_stand_between_commas),
        cmocka_unit_test(without_names_hosts_are_still_checked),
        cmocka_unit_test(a_service_is_the_same_but_for_its_names),
        cmocka_unit_test(a_star_ends_the_check),
        cmocka_unit_test(sixty_four_names_fit_and_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
