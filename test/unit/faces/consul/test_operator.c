#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void raft_names_the_server(void **state)
{
    rig_expect_part(*state, "GET /v1/operator/raft/configuration", NULL, 200,
                    "\"Node\":\"n1\",\"Address\":\"10.0.0.1:8300\",\"Leader\":true");
}

static void peers_are_not_removed(void **state)
{
    rig_expect(*state, "DELETE /v1/operator/raft/peer", NULL, 400,
               "Must specify either ?id with the server's ID or ?address with IP:port of peer to "
               "remove");
    rig_expect(*state, "DELETE /v1/operator/raft/peer?id=a&address=b", NULL, 400,
               "Must specify only one of ?id or ?address");
    rig_expect(*state, "DELETE /v1/operator/raft/peer?id=a", NULL, 500,
               "id \"a\" was not found in the Raft configuration");
    rig_expect(*state, "DELETE /v1/operator/raft/peer?address=10.0.0.9:8300", NULL, 500,
               "address \"10.0.0.9:8300\" was not found in the Raft configuration");
    rig_expect(*state, "DELETE /v1/operator/raft/peer?address=10.0.0.1:8300", NULL, 500,
               "the only server cannot be removed from its cluster");
}

static void leadership_has_nowhere_to_go(void **state)
{
    rig_expect(*state, "POST /v1/operator/raft/transfer-leader", NULL, 404,
               "Failed to transfer Leader: cannot find peer");
    rig_expect_part(*state, "POST /v1/operator/raft/transfer-leader?id=x", NULL, 404,
                    "id \"x\" was not found");
}

static void the_server_is_healthy(void **state)
{
    rig_expect_part(*state, "GET /v1/operator/autopilot/health", NULL, 200,
                    "{\"Healthy\":true,\"FailureTolerance\":0,\"Servers\":[{\"ID\":");
    assert_non_null(strstr(rig_body(*state), "\"SerfStatus\":\"alive\",\"Leader\":true"));
    assert_non_null(strstr(rig_body(*state), "\"StableSince\":\"20"));
}

static void the_state_is_by_id(void **state)
{
    rig_expect_part(*state, "GET /v1/operator/autopilot/state", NULL, 200, "\"Name\":\"n1\"");
    const char *leader = strstr(rig_body(*state), "\"Leader\":\"");
    const char *voters = strstr(rig_body(*state), "\"Voters\":[\"");
    assert_non_null(leader);
    assert_non_null(voters);
    assert_memory_equal(leader + 10, voters + 11, 36);
}

static void configuration_is_the_default(void **state)
{
    rig_expect_part(*state, "GET /v1/operator/autopilot/configuration", NULL, 200,
                    "{\"CleanupDeadServers\":true,\"LastContactThreshold\":\"200ms\"");
}

static void what_needs_a_cluster_is_refused(void **state)
{
    rig_expect_part(*state, "PUT /v1/operator/autopilot/configuration", "{}", 500,
                    "this server is alone");
}

static void there_is_no_keyring(void **state)
{
    static const char *const methods[] = { "GET", "POST", "PUT", "DELETE" };
    for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
        char request[64];
        snprintf(request, sizeof request, "%s /v1/operator/keyring", methods[i]);
        rig_expect_part(*state, request, i == 0 ? NULL : "{\"Key\":\"x\"}", 500,
                        "keyring is empty");
    }
}

static void usage_counts_services_instances_and_nodes(void **state)
{
    rig_expect(*state, "PUT /v1/agent/service/register", "{\"ID\":\"w1\",\"Name\":\"web\"}", 200,
               "");
    rig_expect(*state, "PUT /v1/agent/service/register", "{\"ID\":\"w2\",\"Name\":\"web\"}", 200,
               "");
    rig_expect(*state, "PUT /v1/agent/service/register",
               "{\"Name\":\"p\",\"Kind\":\"connect-proxy\",\"Port\":1,\"Proxy\":{"
               "\"DestinationServiceName\":\"web\"}}",
               200, "");
    rig_expect_part(*state, "GET /v1/operator/usage", NULL, 200,
                    "{\"Usage\":{\"dc1\":{\"Services\":3,\"ServiceInstances\":4,"
                    "\"ConnectServiceInstances\":{\"connect-native\":0,\"connect-proxy\":1,");
    assert_non_null(
        strstr(rig_body(*state), "\"BillableServiceInstances\":2,\"Nodes\":1}},\"Index\":"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(raft_names_the_server),
        cmocka_unit_test(peers_are_not_removed),
        cmocka_unit_test(leadership_has_nowhere_to_go),
        cmocka_unit_test(the_server_is_healthy),
        cmocka_unit_test(the_state_is_by_id),
        cmocka_unit_test(configuration_is_the_default),
        cmocka_unit_test(what_needs_a_cluster_is_refused),
        cmocka_unit_test(there_is_no_keyring),
        cmocka_unit_test(usage_counts_services_instances_and_nodes),
    };
    return cmocka_run_group_tests(tests, rig_setup, rig_teardown);
}
