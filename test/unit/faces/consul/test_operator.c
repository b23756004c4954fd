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

#define CONFIGURATION "/v1/operator/autopilot/configuration"

/* The last ModifyIndex that was shown. */
static unsigned long shown_index(struct rig *rig)
{
    rig_expect_part(rig, "GET " CONFIGURATION, NULL, 200, "\"ModifyIndex\":");
    return strtoul(strstr(rig_body(rig), "\"ModifyIndex\":") + 14, NULL, 10);
}

static void configuration_is_what_was_set(void **state)
{
    struct rig *rig = *state;
    rig_expect(
        rig, "PUT " CONFIGURATION,
        "{\"CleanupDeadServers\":false,\"LastContactThreshold\":\"1s\",\"MaxTrailingLogs\":7,"
        "\"ServerStabilizationTime\":null,\"RedundancyZoneTag\":\"zone\"}",
        200, "true");
    rig_expect_part(rig, "GET " CONFIGURATION, NULL, 200,
                    "{\"CleanupDeadServers\":false,\"LastContactThreshold\":\"1s\","
                    "\"MaxTrailingLogs\":7,\"MinQuorum\":0,\"ServerStabilizationTime\":\"0s\","
                    "\"RedundancyZoneTag\":\"zone\",\"DisableUpgradeMigration\":false,"
                    "\"UpgradeVersionTag\":\"\",\"CreateIndex\":");
}

static void configuration_is_set_if_its_index_is_the_one_given(void **state)
{
    struct rig *rig = *state;
    char ask[100];
    for (int i = 0; i < 2; i++) { /* of the default or not, and of what was set */
        unsigned long index = shown_index(rig);
        snprintf(ask, sizeof ask, "PUT " CONFIGURATION "?cas=%lu", index - 1);
        rig_expect(rig, ask, "{\"MaxTrailingLogs\":1}", 200, "false");
        assert_int_equal(shown_index(rig), index);
        snprintf(ask, sizeof ask, "PUT " CONFIGURATION "?cas=%lu", index);
        rig_expect(rig, ask, "{\"MaxTrailingLogs\":2}", 200, "true");
        assert_true(shown_index(rig) > index);
    }
}

static void configuration_that_makes_no_sense_is_refused(void **state)
{
    rig_expect_part(*state, "PUT " CONFIGURATION, "{\"MinQuorum\":2}", 400, "MinQuorum");
    rig_expect_part(*state, "PUT " CONFIGURATION, "{\"LastContactThreshold\":\"-1s\"}", 400,
                    "durations cannot be negative");
    rig_expect_part(*state, "PUT " CONFIGURATION, "{\"Cleanup\":true}", 400, "unknown field");
    rig_expect_part(*state, "PUT " CONFIGURATION "?cas=x", "{}", 400, "Error parsing cas value");
}

static void there_is_no_keyring(void **state)
{
    static const char *const methods[] = { "GET", "POST", "PUT", "DELETE" };
    for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
        char request[64];
        snprintf(request, sizeof request, "%s /v1/operator/keyring", methods[i]);
        rig_expect_part(*state, request, i == 0 ? NULL : "{\"Key\":\"x\"}", 500,
                        i == 0 ? "Keyring is empty (encryption not enabled)"
                               : "No keyring to modify (encryption not enabled)");
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
        cmocka_unit_test(configuration_is_set_if_its_index_is_the_one_given),
        cmocka_unit_test(configuration_is_what_was_set),
        cmocka_unit_test(configuration_that_makes_no_sense_is_refused),
        cmocka_unit_test(there_is_no_keyring),
        cmocka_unit_test(usage_counts_services_instances_and_nodes),
    };
    return cmocka_run_group_tests(tests, rig_setup, rig_teardown);
}
