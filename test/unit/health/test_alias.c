#include "health/alias.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static struct check check(enum status status, const char *name)
{
    return (struct check){ .status = status, .name = bytes_str(name), .output = bytes_str("out") };
}

static void assert_judged(bool is_there, struct checks of_service, struct checks of_node,
                          enum status status, const char *text)
{
    struct buf out;
    const struct alias_target t = { .node = bytes_str("n"),
                                    .service = bytes_str("s"),
                                    .is_there = is_there,
                                    .of_service = &of_service,
                                    .of_node = &of_node };
    buf_init(&out, 1000);
    assert_int_equal(alias_judge(&t, &out), status);
    assert_true(bytes_is(buf_bytes(&out), text));
    buf_fini(&out);
}

static void worst_of_service_and_node_counts(void **state)
{
    struct check up[] = { check(STATUS_UP, "u") }, warns[] = { check(STATUS_SUSPECT, "w") },
                 down[] = { check(STATUS_SUSPECT, "v"), check(STATUS_DOWN, "d") };
    const struct checks none = { 0 }, u = { up, 1 }, w = { warns, 1 }, d = { down, 2 };
    assert_judged(true, none, none, STATUS_UP, "No checks found.");
    assert_judged(true, u, none, STATUS_UP, "All checks passing.");
    assert_judged(true, u, u, STATUS_UP, "All checks passing.");
    assert_judged(true, w, u, STATUS_SUSPECT, "Aliased check \"w\" failing: out");
    assert_judged(true, u, w, STATUS_SUSPECT, "Aliased check \"w\" failing: out");
    assert_judged(true, d, w, STATUS_DOWN, "Aliased check \"d\" failing: out");
    assert_judged(true, w, d, STATUS_DOWN, "Aliased check \"d\" failing: out");
}

static void service_that_is_not_there_is_down(void **state)
{
    struct check up[] = { check(STATUS_UP, "u") };
    const struct checks none = { 0 }, u = { up, 1 };
    assert_judged(false, none, u, STATUS_DOWN, "Service s could not be found on node n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(worst_of_service_and_node_counts),
        cmocka_unit_test(service_that_is_not_there_is_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
