#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static void there_are_no_peers(void **state)
{
    rig_expect(*state, "GET /v1/peerings", NULL, 200, "[]");
}

static void one_is_not_found(void **state)
{
    rig_expect(*state, "GET /v1/peering/east", NULL, 404, "Peering not found for \"east\"");
    rig_expect(*state, "DELETE /v1/peering/east", NULL, 404, "Peering not found for \"east\"");
}

static void nothing_is_imported_from_one(void **state)
{
    static const struct {
        const char *path, *none;
    } rows[] = {
        { "health/service/web", "[]" },  { "health/checks/web", "[]" },
        { "health/node/n1", "[]" },      { "health/state/any", "[]" },
        { "catalog/service/web", "[]" }, { "catalog/services", "{}" },
        { "catalog/nodes", "[]" },       { "catalog/node/n1", "null" },
    };
    char request[100];
    rig_expect(*state, "PUT /v1/agent/service/register",
               "{\"Name\":\"web\",\"Check\":{\"TTL\":\"1h\"}}", 200, "");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        snprintf(request, sizeof request, "GET /v1/%s?peer=", rows[i].path);
        assert_int_equal(rig_ask(*state, request, NULL, ""), 200);
        assert_string_not_equal(rig_body(*state), rows[i].none);
        snprintf(request, sizeof request, "GET /v1/%s?peer=east", rows[i].path);
        rig_expect(*state, request, NULL, 200, rows[i].none);
    }
}

static void none_can_be_made(void **state)
{
    rig_expect_part(*state, "POST /v1/peering/token", "{\"PeerName\":\"east\"}", 500,
                    "not supported");
    rig_expect_part(*state, "POST /v1/peering/establish", "{}", 500, "not supported");
}

static void no_datacenter_is_federated(void **state)
{
    rig_expect(*state, "GET /v1/internal/federation-states", NULL, 200, "[]");
    rig_expect(*state, "GET /v1/internal/federation-states/mesh-gateways", NULL, 200, "{}");
    rig_expect(*state, "GET /v1/internal/federation-state/dc1", NULL, 404, "");
    rig_expect(*state, "GET /v1/internal/federation-state/", NULL, 400, "Missing datacenter name");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_are_no_peers),           cmocka_unit_test(one_is_not_found),
        cmocka_unit_test(nothing_is_imported_from_one), cmocka_unit_test(none_can_be_made),
        cmocka_unit_test(no_datacenter_is_federated),
    };
    return cmocka_run_group_tests(tests, rig_setup, rig_teardown);
}
