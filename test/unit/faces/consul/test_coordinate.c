#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static void datacenter_is_at_the_origin(void **state)
{
    rig_expect(
        *state, "GET /v1/coordinate/datacenters", NULL, 200,
        "[{\"Datacenter\":\"dc1\",\"AreaID\":\"wan\",\"Coordinates\":[{\"Node\":\"n1.dc1\","
        "\"Segment\":\"\",\"Coord\":{\"Vec\":[0,0,0,0,0,0,0,0],\"Error\":1.5,\"Adjustment\":0,"
        "\"Height\":0.00001}}]}]");
}

static void no_node_has_a_place(void **state)
{
    rig_expect(*state, "GET /v1/coordinate/nodes", NULL, 200, "[]");
    rig_expect(*state, "GET /v1/coordinate/node/n1", NULL, 404, "");
}

static void updates_are_refused(void **state)
{
    rig_expect(*state, "PUT /v1/coordinate/update", "{}", 401, "Coordinate support disabled");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(datacenter_is_at_the_origin),
        cmocka_unit_test(no_node_has_a_place),
        cmocka_unit_test(updates_are_refused),
    };
    return cmocka_run_group_tests(tests, rig_setup, rig_teardown);
}
