#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static void leader_is_the_address_or_empty(void **state)
{
    rig_expect(*state, "GET /v1/status/leader", NULL, 200, "\"10.0.0.1:8300\"");
}

static void peers_are_all_members(void **state)
{
    rig_expect(*state, "GET /v1/status/peers", NULL, 200, "[\"10.0.0.1:8300\"]");
}

static void address_of_ipv6_stands_in_brackets(void **state)
{
    struct rig *rig = rig_new();
    rig->options.self.address = "fd00::1";
    rig_start(rig);
    rig_expect(rig, "GET /v1/status/leader", NULL, 200, "\"[fd00::1]:8300\"");
    rig_free(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leader_is_the_address_or_empty),
        cmocka_unit_test(peers_are_all_members),
        cmocka_unit_test(address_of_ipv6_stands_in_brackets),
    };
    return cmocka_run_group_tests(tests, rig_setup, rig_teardown);
}
