#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static int setup(void **state)
{
    rig_setup(state);
    rig_expect(*state, "PUT /v1/agent/service/register",
               "{\"ID\":\"a\",\"Name\":\"web\",\"Tags\":[\"x\",\"y\"],\"Check\":{\"TTL\":\"1m\","
               "\"Status\":\"passing\"}}",
               200, "");
    rig_expect(*state, "PUT /v1/agent/service/register",
               "{\"ID\":\"b\",\"Name\":\"web\",\"Tags\":[\"y\"],\"Check\":{\"TTL\":\"1m\"}}", 200,
               "");
    rig_expect(*state, "PUT /v1/catalog/register",
               "{\"Node\":\"m2\",\"Address\":\"1.1.1.1\",\"Service\":{\"Service\":\"db\"}}", 200,
               "true");
    return 0;
}

static void assert_holds(void **state, const char *part)
{
    if (strstr(rig_body(*state), part) == NULL)
        fail_msg("%s\nis not in %s", part, rig_body(*state));
}

static void services_are_summed_up(void **state)
{
    rig_expect_part(
        *state, "GET /v1/internal/ui/services", NULL, 200,
        "{\"Name\":\"web\",\"Datacenter\":\"dc1\",\"Tags\":[\"x\",\"y\"],\"Nodes\":[\"n1\"],"
        "\"ExternalSources\":null,\"InstanceCount\":2,\"ChecksPassing\":2,"
        "\"ChecksWarning\":0,\"ChecksCritical\":1,");
    assert_holds(state, "{\"Name\":\"db\",\"Datacenter\":\"dc1\",\"Tags\":[],\"Nodes\":[\"m2\"],");
    assert_holds(state, "{\"Name\":\"consul\"");
}

static void nodes_have_services_and_checks(void **state)
{
    rig_expect_part(
        *state, "GET /v1/internal/ui/nodes", NULL, 200,
        "[{\"ID\":\"\",\"Node\":\"m2\",\"Address\":\"1.1.1.1\",\"TaggedAddresses\":null,"
        "\"Meta\":null,\"Services\":[{\"ID\":\"db\",");
    assert_holds(state, "\"Checks\":[{\"Node\":\"n1\",\"CheckID\":\"serfHealth\"");
    rig_expect_part(*state, "GET /v1/internal/ui/node/N1", NULL, 200, "\"CheckID\":\"service:b\"");
    assert_null(strstr(rig_body(*state), "m2"));
    rig_expect(*state, "GET /v1/internal/ui/node/none", NULL, 200, "null");
}

static void overview_counts_by_state(void **state)
{
    rig_expect(
        *state, "GET /v1/internal/ui/catalog-overview", NULL, 200,
        "{\"Nodes\":[{\"Total\":2,\"Passing\":2,\"Warning\":0,\"Critical\":0}],\"Services\":[{"
        "\"Total\":4,\"Passing\":3,\"Warning\":0,\"Critical\":1}],\"Checks\":[{\"Total\":3,"
        "\"Passing\":2,\"Warning\":0,\"Critical\":1}]}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(services_are_summed_up),
        cmocka_unit_test(nodes_have_services_and_checks),
        cmocka_unit_test(overview_counts_by_state),
    };
    return cmocka_run_group_tests(tests, setup, rig_teardown);
}
