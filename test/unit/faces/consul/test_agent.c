#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void self_has_what_clients_read_first(void **state)
{
    rig_expect_part(
        *state, "GET /v1/agent/self", NULL, 200,
        "{\"Config\":{\"Datacenter\":\"dc1\",\"PrimaryDatacenter\":\"dc1\",\"NodeName\":"
        "\"n1\",\"NodeID\":\"0a0b0c0d-0000-4000-8000-000000000001\",\"Revision\":"
        "\"muster\",\"Server\":true,\"Version\":\"1.21.4\",");
    assert_non_null(strstr(rig_body(*state), "\"Member\":{\"Name\":\"n1\",\"Addr\":\"10.0.0.1\","));
    assert_non_null(strstr(rig_body(*state), "\"raft\":{\"state\":\"Leader\",\"term\":\"2\","));
    assert_non_null(strstr(rig_body(*state), "\"leader_addr\":\"10.0.0.1:8300\""));
    assert_non_null(strstr(rig_body(*state), "\"EnableDebug\":false")); /* `consul debug` */
    assert_non_null(strstr(rig_body(*state), "\"latest_configuration\":\"[{Suffrage:Voter ID:"
                                             "0a0b0c0d-0000-4000-8000-000000000001 Address:"
                                             "10.0.0.1:8300}]\""));
    static const char *const parts[] = { "\"DebugConfig\":{",
                                         "\"Coord\":{\"Vec\":[0,",
                                         "\"Stats\":{\"agent\":{",
                                         "\"build\":{",
                                         "\"consul\":{",
                                         "\"serf_lan\":{\"members\":\"1\"",
                                         "\"serf_wan\":{\"members\":\"1\"",
                                         "\"runtime\":{\"os\":\"linux\"",
                                         "\"Meta\":{\"consul-network-segment\":\"\"",
                                         "\"xDS\":{\"SupportedProxies\":{\"envoy\":[" };
    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        if (strstr(rig_body(*state), parts[i]) == NULL)
            fail_msg("%s is not in %s", parts[i], rig_body(*state));
}

static void self_counts_what_is_registered(void **state)
{
    rig_expect(*state, "PUT /v1/agent/service/register",
               "{\"Name\":\"counted\",\"Checks\":[{\"TTL\":\"1m\"},{\"TCP\":\"x:1\",\"Interval\":"
               "\"1m\"}]}",
               200, "");
    rig_expect_part(*state, "GET /v1/agent/self", NULL, 200,
                    "\"Stats\":{\"agent\":{\"check_monitors\":\"0\",\"check_ttls\":\"1\","
                    "\"checks\":\"2\",\"services\":\"1\"}");
    rig_expect(*state, "PUT /v1/agent/service/deregister/counted", NULL, 200, "");
}

static void version_is_consuls(void **state)
{
    rig_expect(*state, "GET /v1/agent/version", NULL, 200,
               "{\"SHA\":\"muster\",\"BuildDate\":\"1970-01-01T00:00:01Z\",\"HumanVersion\":"
               "\"1.21.4\",\"FIPS\":\"\"}");
}

static void host_has_memory_and_disk(void **state)
{
    rig_expect_part(*state, "GET /v1/agent/host", NULL, 200, "{\"Memory\":{\"total\":");
    assert_non_null(strstr(rig_body(*state), "\"os\":\"linux\""));
    assert_non_null(strstr(rig_body(*state), "\"Disk\":{\"path\":\"/\",\"total\":"));
    assert_null(strstr(rig_body(*state), "\"total\":0,"));
}

static void members_are_alive(void **state)
{
    rig_expect_part(
        *state, "GET /v1/agent/members", NULL, 200,
        "[{\"Name\":\"n1\",\"Addr\":\"10.0.0.1\",\"Port\":8301,\"Tags\":{\"acls\":\"0\","
        "\"bootstrap\":\"1\",\"build\":\"1.21.4:muster\",\"dc\":\"dc1\",");
    assert_non_null(strstr(rig_body(*state), "\"Status\":1,\"ProtocolMin\":1,\"ProtocolMax\":5,"
                                             "\"ProtocolCur\":2,\"DelegateMin\":2,"
                                             "\"DelegateMax\":5,\"DelegateCur\":4}]"));
    rig_expect_part(*state, "GET /v1/agent/members?wan=1", NULL, 200,
                    "[{\"Name\":\"n1.dc1\",\"Addr\":\"10.0.0.1\",\"Port\":8302,");
}

static void metrics_have_consuls_names_in_both_forms(void **state)
{
    struct rig *rig = rig_new(); /* of its own: it counts what is there */
    rig_start(rig);
    rig_expect(rig, "PUT /v1/agent/service/register", "{\"ID\":\"a\",\"Name\":\"web\"}", 200, "");
    rig_expect(rig, "PUT /v1/agent/service/register", "{\"ID\":\"b\",\"Name\":\"web\"}", 200, "");
    rig_ask(rig, "GET /v1/catalog/services", NULL, "");
    char request[100];
    snprintf(request, sizeof request, "GET /v1/catalog/services?index=%s&wait=60s",
             rig_header(rig, "x-consul-index"));
    struct client *waiting = rig_begin(rig, request, NULL);
    do
        rig_ask(rig, "GET /v1/agent/metrics?format=prometheus", NULL, "");
    while (strstr(rig_body(rig), "\nconsul_rpc_queries_blocking 1\n") == NULL);
    assert_non_null(strstr(rig_body(rig), "\nconsul_state_service_instances 3\n"));
    assert_non_null(strstr(rig_body(rig), "\nconsul_state_services 2\n"));
    assert_non_null(strstr(rig_body(rig), "\nconsul_server_isLeader 1\n"));
    rig_expect_part(rig, "GET /v1/agent/metrics", NULL, 200,
                    "{\"Name\":\"consul.state.service_instances\",\"Value\":3,\"Labels\":{}}");
    rig_expect(rig, "PUT /v1/agent/service/deregister/a", NULL, 200, "");
    assert_int_equal(rig_end(rig, waiting), 200);
    rig_expect_part(rig, "GET /v1/agent/metrics?format=prometheus", NULL, 200,
                    "\nconsul_rpc_queries_blocking 0\n");
    rig_free(rig);
}

static void members_are_selected_by_name_and_tag(void **state)
{
    rig_expect_part(*state, "GET /v1/agent/members?filter=Tags.role==consul%20and%20Name==n1", NULL,
                    200, "[{\"Name\":\"n1\",");
    rig_expect_part(*state,
                    "GET /v1/agent/members?filter=ProtocolMin==1%20and%20ProtocolMax==5%20and%20"
                    "ProtocolCur==2%20and%20DelegateMin==2%20and%20DelegateMax==5%20and%20"
                    "DelegateCur==4%20and%20Status==1%20and%20Port==8301",
                    NULL, 200, "[{\"Name\":\"n1\",");
    rig_expect(*state, "GET /v1/agent/members?filter=DelegateCur==5", NULL, 200, "[]");
    rig_expect(*state, "GET /v1/agent/members?filter=Tags.role==node", NULL, 200, "[]");
    rig_expect_part(*state, "GET /v1/agent/members?filter=Role==node", NULL, 500,
                    "Failed to create boolean expression evaluator: ");
}

static void node_maintenance_is_a_critical_check(void **state)
{
    rig_expect(*state, "PUT /v1/agent/maintenance", NULL, 400, "Missing value for enable");
    rig_expect(*state, "PUT /v1/agent/maintenance?enable", NULL, 400,
               "Invalid value for enable: \"\"");
    rig_expect(*state, "PUT /v1/agent/maintenance?enable=true&reason=kernel", NULL, 200, "");
    rig_expect_part(*state, "GET /v1/health/node/n1", NULL, 200,
                    "\"CheckID\":\"_node_maintenance\",\"Name\":\"Node Maintenance Mode\","
                    "\"Status\":\"critical\",\"Notes\":\"kernel\"");
    rig_expect(*state, "PUT /v1/agent/maintenance?enable=true&reason=other", NULL, 200, "");
    rig_expect_part(*state, "GET /v1/agent/checks", NULL, 200, "\"Notes\":\"kernel\"");
    rig_expect(*state, "PUT /v1/agent/maintenance?enable=false", NULL, 200, "");
    rig_expect_part(*state, "GET /v1/health/node/n1", NULL, 200, "serfHealth");
    assert_null(strstr(rig_body(*state), "_node_maintenance"));
}

static void reload_and_leave_do_what_signals_do(void **state)
{
    struct rig *rig = *state;
    rig_expect(rig, "PUT /v1/agent/reload", NULL, 200, "");
    assert_int_equal(rig->reloads, 1);
    rig_expect(rig, "PUT /v1/agent/leave", NULL, 200, "");
    assert_int_equal(rig->leaves, 1);
}

static void reload_that_fails_says_why(void **state)
{
    struct rig *rig = *state;
    rig->reload_why = "web.json: it has no name";
    rig_expect(rig, "PUT /v1/agent/reload", NULL, 500, "web.json: it has no name");
}

/* Whoever asked may be gone when it is done. */
static void reload_is_answered_when_it_is_done(void **state)
{
    struct rig *rig = *state;
    rig->holds_reload = true;
    struct client *c = rig_begin(rig, "PUT /v1/agent/reload", NULL);
    rig_expect_part(rig, "GET /v1/status/leader", NULL, 200, "8300");
    assert_int_equal(rig->reloads, 1);
    consul_reload_done(rig->held, OK, NULL);
    assert_int_equal(rig_end(rig, c), 200);
    c = rig_begin(rig, "PUT /v1/agent/reload", NULL);
    rig_expect_part(rig, "GET /v1/status/leader", NULL, 200, "8300");
    assert_int_equal(rig->reloads, 2);
    client_close(c);
    rig_expect_part(rig, "GET /v1/status/leader", NULL, 200, "8300");
    consul_reload_done(rig->held, OK, NULL);
}

static void nobody_joins_or_is_made_to_leave(void **state)
{
    rig_expect(*state, "PUT /v1/agent/join/10.0.0.2", NULL, 500,
               "members of a cluster are configured here, they do not join by gossip");
    rig_expect(*state, "PUT /v1/agent/force-leave/n7", NULL, 500,
               "agent: No node found with name 'n7'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(self_has_what_clients_read_first),
        cmocka_unit_test(self_counts_what_is_registered),
        cmocka_unit_test(version_is_consuls),
        cmocka_unit_test(host_has_memory_and_disk),
        cmocka_unit_test(members_are_alive),
        cmocka_unit_test(metrics_have_consuls_names_in_both_forms),
        cmocka_unit_test(members_are_selected_by_name_and_tag),
        cmocka_unit_test(node_maintenance_is_a_critical_check),
        cmocka_unit_test(reload_and_leave_do_what_signals_do),
        cmocka_unit_test_setup_teardown(reload_that_fails_says_why, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(reload_is_answered_when_it_is_done, rig_setup,
                                        rig_teardown),
        cmocka_unit_test(nobody_joins_or_is_made_to_leave),
    };
    return cmocka_run_group_tests(tests, rig_setup, rig_teardown);
}
