/* What the catalog lists, and what others register in it. */
#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void put(void **state, const char *body)
{
    rig_expect(*state, "PUT /v1/catalog/register", body, 200, "true");
}

static void assert_holds(void **state, const char *part)
{
    if (strstr(rig_body(*state), part) == NULL)
        fail_msg("%s\nis not in %s", part, rig_body(*state));
}

static void assert_lacks(void **state, const char *part)
{
    if (strstr(rig_body(*state), part) != NULL)
        fail_msg("%s\nis in %s", part, rig_body(*state));
}

static const char node2[] =
    "{\"Node\":\"m2\",\"Address\":\"10.0.0.2\",\"NodeMeta\":{\"zone\":\"a\"},"
    "\"Service\":{\"ID\":\"w1\",\"Service\":\"web\",\"Tags\":[\"V1\",\"x\"],"
    "\"Port\":80},\"Check\":{\"CheckID\":\"c\",\"Name\":\"c\",\"Status\":"
    "\"passing\",\"ServiceID\":\"w1\"}}";

static void datacenters_are_the_one_there_is(void **state)
{
    rig_expect(*state, "GET /v1/catalog/datacenters", NULL, 200, "[\"dc1\"]");
}

static void nodes_are_sorted_and_selected(void **state)
{
    put(state, node2);
    put(state, "{\"Node\":\"z3\",\"Address\":\"10.0.0.3\"}");
    rig_expect(*state, "GET /v1/catalog/nodes?node-meta=zone:a", NULL, 200,
               "[{\"ID\":\"\",\"Node\":\"m2\",\"Address\":\"10.0.0.2\",\"Datacenter\":\"dc1\","
               "\"TaggedAddresses\":null,\"Meta\":{\"zone\":\"a\"},\"CreateIndex\":2,"
               "\"ModifyIndex\":2}]");
    rig_expect(*state, "GET /v1/catalog/nodes?node-meta=zone:a&node-meta=rack:1", NULL, 200, "[]");
    rig_expect(*state, "GET /v1/catalog/nodes?node-meta=zone", NULL, 200, "[]");
    rig_expect_part(*state, "GET /v1/catalog/nodes", NULL, 200, "[{\"ID\":\"\",\"Node\":\"m2\",");
    const char *body = rig_body(*state);
    assert_true(strstr(body, "\"Node\":\"n1\"") < strstr(body, "\"Node\":\"z3\""));
    assert_holds(state, "{\"ID\":\"0a0b0c0d-0000-4000-8000-000000000001\",\"Node\":\"n1\","
                        "\"Address\":\"10.0.0.1\",\"Datacenter\":\"dc1\",\"TaggedAddresses\":{"
                        "\"lan\":\"10.0.0.1\",\"lan_ipv4\":\"10.0.0.1\",\"wan\":\"10.0.0.1\","
                        "\"wan_ipv4\":\"10.0.0.1\"},\"Meta\":{\"consul-network-segment\":\"\","
                        "\"consul-version\":\"1.21.4\"},");
    rig_expect_part(*state, "GET /v1/catalog/nodes?filter=Address%20matches%20%223$%22", NULL, 200,
                    "[{\"ID\":\"\",\"Node\":\"z3\",");
    assert_lacks(state, "m2");
    assert_string_equal(rig_header(*state, "x-consul-index"), "3");
    assert_string_equal(rig_header(*state, "x-consul-knownleader"), "true");
    assert_string_equal(rig_header(*state, "x-consul-lastcontact"), "0");
    assert_string_equal(rig_header(*state, "x-consul-effective-consistency"), "leader");
}

static void services_have_the_tags_of_all_instances(void **state)
{
    rig_expect(*state, "GET /v1/catalog/services", NULL, 200, "{\"consul\":[]}");
    put(state, node2);
    rig_expect(*state, "PUT /v1/agent/service/register",
               "{\"ID\":\"w9\",\"Name\":\"web\",\"Tags\":[\"x\",\"y\"]}", 200, "");
    rig_expect_part(*state, "GET /v1/catalog/services", NULL, 200, "{\"consul\":[],\"web\":[");
    assert_holds(state, "\"V1\"");
    assert_holds(state, "\"y\"");
    rig_expect(*state, "GET /v1/catalog/services?node-meta=zone:a", NULL, 200,
               "{\"web\":[\"V1\",\"x\"]}");
    rig_expect(*state, "GET /v1/catalog/services?filter=y%20in%20ServiceTags", NULL, 200,
               "{\"web\":[\"x\",\"y\"]}");
}

static void service_lists_its_instances_by_node_and_id(void **state)
{
    put(state, node2);
    rig_expect(*state, "PUT /v1/agent/service/register",
               "{\"ID\":\"w9\",\"Name\":\"WEB\",\"Address\":\"10.0.0.9\",\"Port\":81}", 200, "");
    rig_expect_part(*state, "GET /v1/catalog/service/web", NULL, 200,
                    "[{\"ID\":\"\",\"Node\":\"m2\",\"Address\":\"10.0.0.2\",\"Datacenter\":\"dc1\","
                    "\"TaggedAddresses\":null,\"NodeMeta\":{\"zone\":\"a\"},\"ServiceKind\":\"\","
                    "\"ServiceID\":\"w1\",\"ServiceName\":\"web\",\"ServiceTags\":[\"V1\",\"x\"],"
                    "\"ServiceAddress\":\"\",\"ServiceWeights\":{\"Passing\":1,\"Warning\":1},"
                    "\"ServiceMeta\":{},\"ServicePort\":80,\"ServiceSocketPath\":\"\","
                    "\"ServiceEnableTagOverride\":false,\"ServiceProxy\":{\"Mode\":\"\","
                    "\"MeshGateway\":{},\"Expose\":{}},\"ServiceConnect\":{},\"ServiceLocality\":"
                    "null,\"CreateIndex\":2,\"ModifyIndex\":2},{\"ID\":\"0a0b0c0d-");
    rig_expect_part(*state, "GET /v1/catalog/service/Web?tag=v1&tag=X", NULL, 200, "\"w1\"");
    assert_lacks(state, "w9");
    rig_expect(*state, "GET /v1/catalog/service/web?tag=v1&tag=y", NULL, 200, "[]");
    rig_expect_part(*state, "GET /v1/catalog/service/web?filter=ServicePort==81", NULL, 200,
                    "\"ServiceID\":\"w9\"");
    rig_expect(*state, "GET /v1/catalog/service/none", NULL, 200, "[]");
    rig_expect(*state, "GET /v1/catalog/service/", NULL, 400, "Missing service name");
    rig_expect_part(*state, "GET /v1/catalog/service/consul", NULL, 200,
                    "\"ServiceID\":\"consul\",\"ServiceName\":\"consul\"");
}

static void connect_lists_natives_and_proxies(void **state)
{
    rig_expect(*state, "PUT /v1/agent/service/register",
               "{\"ID\":\"p\",\"Name\":\"web-proxy\",\"Kind\":\"connect-proxy\",\"Port\":1,"
               "\"Proxy\":{\"DestinationServiceName\":\"web\"}}",
               200, "");
    rig_expect(*state, "PUT /v1/agent/service/register", "{\"ID\":\"w\",\"Name\":\"web\"}", 200,
               "");
    rig_expect_part(*state, "GET /v1/catalog/connect/web", NULL, 200,
                    "\"ServiceKind\":\"connect-proxy\",\"ServiceID\":\"p\"");
    assert_lacks(state, "\"ServiceID\":\"w\"");
    rig_expect(*state, "PUT /v1/agent/service/register",
               "{\"ID\":\"n\",\"Name\":\"web\",\"Port\":1,\"Connect\":{\"Native\":true}}", 200, "");
    rig_expect_part(*state, "GET /v1/catalog/connect/web", NULL, 200, "\"ServiceID\":\"n\"");
    rig_expect_part(*state, "GET /v1/catalog/connect/web?filter=ServiceConnect.Native%20==%20true",
                    NULL, 200, "\"ServiceID\":\"n\"");
    assert_lacks(state, "\"ServiceID\":\"p\"");
}

static void node_has_its_services_by_id(void **state)
{
    put(state, node2);
    rig_expect(
        *state, "GET /v1/catalog/node/M2", NULL, 200,
        "{\"Node\":{\"ID\":\"\",\"Node\":\"m2\",\"Address\":\"10.0.0.2\",\"Datacenter\":"
        "\"dc1\",\"TaggedAddresses\":null,\"Meta\":{\"zone\":\"a\"},\"CreateIndex\":2,"
        "\"ModifyIndex\":2},\"Services\":{\"w1\":{\"ID\":\"w1\",\"Service\":\"web\",\"Tags\":["
        "\"V1\",\"x\"],\"Address\":\"\",\"Meta\":{},\"Port\":80,\"Weights\":{\"Passing\":1,"
        "\"Warning\":1},\"EnableTagOverride\":false,\"Proxy\":{\"Mode\":\"\",\"MeshGateway\":{"
        "},\"Expose\":{}},\"Connect\":{},\"PeerName\":\"\",\"CreateIndex\":2,\"ModifyIndex\":"
        "2}}}");
    rig_expect_part(*state, "GET /v1/catalog/node/0a0b0c", NULL, 200, "\"Node\":\"n1\"");
    assert_holds(state, "\"Services\":{\"consul\":{\"ID\":\"consul\"");
    rig_expect(*state, "GET /v1/catalog/node/none", NULL, 200, "null");
    rig_expect(*state, "GET /v1/catalog/node/", NULL, 400, "Missing node name");
}

static void node_services_are_a_list(void **state)
{
    put(state, node2);
    rig_expect_part(*state, "GET /v1/catalog/node-services/m2", NULL, 200,
                    "\"Services\":[{\"ID\":\"w1\",");
    rig_expect(*state, "GET /v1/catalog/node-services/none", NULL, 200,
               "{\"Node\":null,\"Services\":[]}");
}

/* -- registering --------------------------------------------------------------------------------
 */

static void register_writes_node_service_and_checks_at_once(void **state)
{
    put(state,
        "{\"Node\":\"m2\",\"Address\":\"10.0.0.2\",\"TaggedAddresses\":{\"lan\":\"1.1.1.1\"},"
        "\"Service\":{\"Service\":\"db\"},\"Checks\":[{\"Name\":\"alive\",\"Status\":"
        "\"passing\",\"Definition\":{\"HTTP\":\"http://x\",\"Interval\":30000000000,"
        "\"Timeout\":\"5s\",\"Body\":\"\",\"TLSSkipVerify\":false}},{\"CheckID\":\"s\","
        "\"Name\":\"s\",\"ServiceID\":\"db\"}]}");
    rig_expect_part(*state, "GET /v1/health/service/db", NULL, 200,
                    "\"TaggedAddresses\":{\"lan\":\"1.1.1.1\"}");
    assert_holds(state,
                 "{\"Node\":\"m2\",\"CheckID\":\"alive\",\"Name\":\"alive\",\"Status\":"
                 "\"passing\",\"Notes\":\"\",\"Output\":\"\",\"ServiceID\":\"\","
                 "\"ServiceName\":\"\",\"ServiceTags\":[],\"Type\":\"http\",\"Interval\":\"\","
                 "\"Timeout\":\"\",\"ExposedPort\":0,\"Definition\":{\"Interval\":\"30s\","
                 "\"Timeout\":\"5s\",\"HTTP\":\"http://x\"},\"CreateIndex\":2,");
    assert_holds(state, "\"CheckID\":\"s\",\"Name\":\"s\",\"Status\":\"critical\"");
    assert_holds(state, "\"ServiceName\":\"db\"");
    rig_ask(*state, "GET /v1/catalog/nodes", NULL, "");
    assert_string_equal(rig_header(*state, "x-consul-index"), "2");
}

static void registering_the_same_again_moves_nothing(void **state)
{
    put(state, node2);
    put(state, node2);
    rig_expect_part(*state, "GET /v1/health/service/web", NULL, 200, "\"ModifyIndex\":2");
    assert_string_equal(rig_header(*state, "x-consul-index"), "2");
}

static const struct {
    const char *body;
    int status;
    const char *text;
} bad[] = {
    { "{\"Address\":\"1\"}", 500, "Must provide node" },
    { "{\"Node\":\"a\"}", 500, "Must provide address if SkipNodeUpdate is not set" },
    { "{\"Node\":\"a\",\"Address\":\"1\",\"ID\":\"zz\"}", 500,
      "Bad node ID: uuid string is wrong length" },
    { "{\"Node\":\"a\",\"Address\":\"1\",\"ID\":\"00000000x0000-4000-8000-000000000000\"}", 500,
      "Bad node ID: uuid is improperly formatted" },
    { "{\"Node\":\"a\",\"Address\":\"1\",\"ID\":\"0000000z-0000-4000-8000-000000000000\"}", 500,
      "Bad node ID: encoding/hex: invalid byte" },
    { "{\"Node\":\"a\",\"Address\":\"1\",\"Check\":{\"CheckID\":\"c\",\"Node\":\"b\"}}", 500,
      "Node 'b' for check 'c' doesn't match register request node 'a'" },
    { "{\"Node\":\"a\",\"Address\":\"1\",\"Service\":{\"Service\":\"p\",\"Kind\":\"connect-proxy\"}"
      "}",
      500,
      "2 errors occurred:\n\t* Port or SocketPath must be set for a connect-proxy\n\t* "
      "Proxy.DestinationServiceName must be non-empty for Connect proxy services\n\n" },
    { "{\"Node\":\"a\",\"Address\":\"1\",\"Service\":{\"ID\":\"x\"}}", 500,
      "Must provide service name (Service.Service) when service ID is provided" },
    { "{\"Node\":\"a\",\"Address\":\"1\",\"Service\":{}}", 500,
      "Must provide service name (Service.Service)" },
    { "{\"Node\":\"a\",\"Address\":\"1\",\"Service\":{\"Service\":\"x\",\"Address\":\"::\"}}", 500,
      "Invalid service address" },
    { "{\"Node\":\"a\",\"Address\":\"1\",\"Check\":{\"Name\":\"c\",\"ServiceID\":\"no\"}}", 500,
      "Unknown service ID 'no' for check ID 'c'" },
    { "{\"Node\":\"a\",\"Address\":\"1\",\"Checks\":[{\"CheckID\":\"c1\",\"Name\":\"c\"},{"
      "\"CheckID\":\"c2\","
      "\"ServiceID\":\"X\"}],\"Service\":{\"Service\":\"x\"}}",
      500, "Unknown service ID 'X' for check ID 'c2'" },
    { "{\"Node\":\"a\",\"Address\":\"1\",\"Check\":{\"CheckID\":\"c\",\"Node\":\"b\",\"ServiceID\":"
      "\"no\"}}",
      500, "Node 'b' for check 'c' doesn't match register request node 'a'" },
    { "{\"Node\":\"a\",\"Address\":\"1\",\"Bogus\":1}", 400,
      "Request decode failed: json: unknown field \"Bogus\"" },
    { "{\"Node\":\"a\",\"Address\":\"1\",\"NodeMeta\":{\"\":\"x\"}}", 500,
      "Couldn't load metadata pair ('', 'x'): Key cannot be blank" },
    { "{\"Datacenter\":\"dc9\",\"Node\":\"a\",\"Address\":\"1\"}", 500, "No path to datacenter" },
};

static void check_may_be_of_a_service_that_stands(void **state)
{
    put(state,
        "{\"Node\":\"m2\",\"Address\":\"1\",\"Service\":{\"ID\":\"w\",\"Service\":\"web\"}}");
    put(state,
        "{\"Node\":\"m2\",\"Address\":\"1\",\"Check\":{\"Name\":\"c\",\"ServiceID\":\"w\"}}");
    rig_expect_part(*state, "GET /v1/health/checks/web", NULL, 200,
                    "\"CheckID\":\"c\",\"Name\":\"c\"");
    rig_expect(*state, "PUT /v1/catalog/register",
               "{\"Node\":\"m3\",\"Address\":\"1\",\"Check\":{\"Name\":\"c\",\"ServiceID\":\"w\"}}",
               500, "Unknown service ID 'w' for check ID 'c'");
    rig_expect(*state, "GET /v1/catalog/node/m3", NULL, 200, "null");
}

/* As tools do that copy nodes: what agents may not say of themselves is not theirs here. */
static void metadata_of_a_copied_node_has_any_names(void **state)
{
    put(state,
        "{\"Node\":\"m2\",\"Address\":\"1\",\"NodeMeta\":{\"consul-version\":\"1.0\",\"a b\":"
        "\"c\"},\"Service\":{\"Service\":\"web\",\"Meta\":{\"consul-x\":\"y\"}}}");
    rig_expect_part(*state, "GET /v1/catalog/service/web?node-meta=consul-version:1.0", NULL, 200,
                    "\"NodeMeta\":{\"a b\":\"c\",\"consul-version\":\"1.0\"}");
    assert_holds(state, "\"ServiceMeta\":{\"consul-x\":\"y\"}");
}

/* Every client that reads the service reads them: what it cannot take must not get in. */
static void definitions_are_shown_whole_in_consuls_names_and_must_be_readable(void **state)
{
    static const struct {
        const char *definition, *shown;
    } taken[] = {
        { "null", "{}" },
        { "{}", "{}" },
        { "{\"Interval\":\"0s\",\"HTTP\":\"\",\"Header\":null,\"Unknown\":1}", "{}" },
        { "{\"http\":\"http://x\",\"timeout\":5000000000,\"interval\":\"90s\",\"header\":{\"a\":["
          "\"b\"]},\"DeregisterCriticalServiceAfter\":\"1h\",\"TLSSkipVerify\":true,\"Odd\":[1]}",
          "{\"Interval\":\"1m30s\",\"Timeout\":\"5s\",\"DeregisterCriticalServiceAfter\":"
          "\"1h0m0s\","
          "\"HTTP\":\"http://x\",\"TLSSkipVerify\":true,\"Header\":{\"a\":[\"b\"]}}" },
        { "{\"TTL\":\"9s\",\"ScriptArgs\":[\"a\",\"b\"],\"OutputMaxSize\":5}",
          "{\"OutputMaxSize\":5,\"ScriptArgs\":[\"a\",\"b\"],\"TTL\":9000000000}" },
        { "{\"GRPC\":\"x:1\",\"GRPCUseTLS\":true,\"TCP\":\"\",\"Body\":\"b\",\"Method\":\"PUT\"}",
          "{\"Method\":\"PUT\",\"Body\":\"b\",\"GRPC\":\"x:1\",\"GRPCUseTLS\":true}" },
    };
    static const char *const refused[] = {
        "{\"Interval\":\"soon\"}",    "{\"HTTP\":1}", "{\"TLSSkipVerify\":\"yes\"}",
        "{\"Header\":{\"a\":\"b\"}}", "\"x\"",        "[]"
    };
    char body[600], part[500];
    for (size_t i = 0; i < ARRAY_LEN(taken); i++) {
        snprintf(
            body, sizeof body,
            "{\"Node\":\"m2\",\"Address\":\"1\",\"Check\":{\"CheckID\":\"c\",\"Definition\":%s}}",
            taken[i].definition);
        put(state, body);
        snprintf(part, sizeof part, "\"Definition\":%s,\"CreateIndex\"", taken[i].shown);
        rig_expect_part(*state, "GET /v1/health/node/m2", NULL, 200, part);
    }
    assert_holds(state, "\"Type\":\"grpc\"");
    for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
        snprintf(
            body, sizeof body,
            "{\"Node\":\"m3\",\"Address\":\"1\",\"Check\":{\"CheckID\":\"c\",\"Definition\":%s}}",
            refused[i]);
        rig_expect_part(*state, "PUT /v1/catalog/register", body, 400, "Request decode failed: ");
    }
    rig_expect(*state, "GET /v1/catalog/node/m3", NULL, 200, "null");
}

static void node_that_is_not_to_be_updated_is_made_if_it_is_not_there(void **state)
{
    rig_expect(*state, "PUT /v1/catalog/register",
               "{\"Node\":\"late\",\"SkipNodeUpdate\":true,\"Service\":{\"Service\":\"x\"}}", 200,
               "true");
    rig_expect(*state, "PUT /v1/catalog/register", "{\"Node\":\"late\",\"Address\":\"10.9.9.9\"}",
               200, "true");
    rig_expect(*state, "PUT /v1/catalog/register",
               "{\"Node\":\"late\",\"Address\":\"1\",\"SkipNodeUpdate\":true}", 200, "true");
    rig_expect_part(*state, "GET /v1/catalog/service/x", NULL, 200,
                    "\"Node\":\"late\",\"Address\":\"10.9.9.9\"");
    rig_expect(*state, "PUT /v1/catalog/deregister", "{\"Node\":\"late\"}", 200, "true");
}

static void bad_registrations_leave_nothing(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        rig_expect(*state, "PUT /v1/catalog/register", bad[i].body, bad[i].status, bad[i].text);
    rig_expect(*state, "GET /v1/catalog/node/a", NULL, 200, "null");
}

static void name_of_a_node_that_lives_is_not_given_to_another(void **state)
{
    static const char alive[] =
        "{\"Node\":\"m2\",\"ID\":\"0a0b0c0d-0000-4000-8000-00000000000a\",\"Address\":"
        "\"10.0.0.2\",\"Check\":{\"CheckID\":\"serfHealth\",\"Name\":\"s\",\"Status\":"
        "\"passing\"}}";
    put(state, alive);
    rig_expect(*state, "PUT /v1/catalog/register",
               "{\"Node\":\"M2\",\"ID\":\"0a0b0c0d-0000-4000-8000-00000000000b\",\"Address\":"
               "\"1\"}",
               500,
               "Node name m2 is reserved by node 0a0b0c0d-0000-4000-8000-00000000000a with name m2 "
               "(10.0.0.2)");
    rig_expect(*state, "PUT /v1/catalog/register",
               "{\"Node\":\"N1\",\"ID\":\"0a0b0c0d-0000-4000-8000-00000000000b\",\"Address\":"
               "\"1\"}",
               500,
               "Node name N1 is reserved by node 0a0b0c0d-0000-4000-8000-000000000001 with name n1 "
               "(10.0.0.1)");
    rig_expect_part(*state, "PUT /v1/catalog/register",
                    "{\"Node\":\"m3\",\"ID\":\"0A0B0C0D-0000-4000-8000-000000000001\",\"Address\":"
                    "\"1\"}",
                    500, " is reserved by node 0a0b0c0d-0000-4000-8000-000000000001 ");
    put(state, "{\"Node\":\"n1\",\"ID\":\"0A0B0C0D-0000-4000-8000-000000000001\",\"Address\":"
               "\"1\"}");
    rig_expect(*state, "GET /v1/catalog/node/m3", NULL, 200, "null");
}

static void node_that_keeps_its_id_may_be_renamed(void **state)
{
    put(state, "{\"Node\":\"old\",\"ID\":\"0a0b0c0d-0000-4000-8000-00000000000a\",\"Address\":"
               "\"1\",\"Service\":{\"Service\":\"web\"}}");
    put(state, "{\"Node\":\"new\",\"ID\":\"0a0b0c0d-0000-4000-8000-00000000000a\",\"Address\":"
               "\"1\"}");
    rig_expect(*state, "GET /v1/catalog/node/old", NULL, 200, "null");
    rig_expect(*state, "GET /v1/catalog/service/web", NULL, 200, "[]");
    rig_expect_part(*state, "GET /v1/catalog/node/0a0b0c0d-0000-4000-8000-00000000000a", NULL, 200,
                    "\"Node\":\"new\"");
}

/* An agent would bring it back; here agent and catalog are one registry. */
static void what_the_catalog_takes_out_the_agent_does_not_have_either(void **state)
{
    rig_expect(*state, "PUT /v1/agent/service/register",
               "{\"Name\":\"web\",\"Check\":{\"TTL\":\"1h\"}}", 200, "");
    rig_expect(*state, "PUT /v1/catalog/deregister", "{\"Node\":\"n1\",\"ServiceID\":\"web\"}", 200,
               "true");
    rig_expect(*state, "GET /v1/agent/services", NULL, 200, "{}");
    rig_expect(*state, "GET /v1/agent/checks", NULL, 200, "{}");
    rig_expect(*state, "GET /v1/catalog/service/web", NULL, 200, "[]");
    rig_expect_part(*state, "GET /v1/health/node/n1", NULL, 200, "serfHealth");
}

static void deregister_takes_a_service_a_check_or_a_node(void **state)
{
    put(state, node2);
    rig_expect(*state, "PUT /v1/catalog/deregister", "{\"Node\":\"m2\",\"CheckID\":\"c\"}", 200,
               "true");
    rig_expect(*state, "GET /v1/health/node/m2", NULL, 200, "[]");
    rig_expect(*state, "PUT /v1/catalog/register",
               "{\"Node\":\"m2\",\"SkipNodeUpdate\":true,\"Check\":{\"CheckID\":\"own\"}}", 200,
               "true");
    rig_expect(*state, "PUT /v1/catalog/deregister",
               "{\"Node\":\"m2\",\"Address\":\"x\",\"ServiceID\":\"w1\",\"CheckID\":\"own\"}", 200,
               "true"); /* the service, not the check */
    rig_expect(*state, "GET /v1/catalog/service/web", NULL, 200, "[]");
    rig_expect_part(*state, "GET /v1/health/node/m2", NULL, 200, "\"CheckID\":\"own\"");
    put(state, node2);
    rig_expect(*state, "PUT /v1/catalog/deregister", "{\"Node\":\"m2\"}", 200, "true");
    rig_expect(*state, "GET /v1/catalog/node/m2", NULL, 200, "null");
    rig_expect(*state, "GET /v1/catalog/service/web", NULL, 200, "[]");
    rig_expect(*state, "PUT /v1/catalog/deregister", "{\"Node\":\"m2\"}", 200, "true");
    rig_expect(*state, "PUT /v1/catalog/deregister", "{}", 500, "Must provide node");
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, rig_setup, rig_teardown)

/* Consul's agents bring such a service back within a minute; here there is one registry. */
static void what_an_agent_registered_is_gone_when_the_catalog_drops_it(void **state)
{
    rig_expect(*state, "PUT /v1/agent/service/register",
               "{\"ID\":\"w1\",\"Name\":\"web\",\"Check\":{\"TTL\":\"1m\"}}", 200, "");
    rig_expect(*state, "PUT /v1/catalog/deregister", "{\"Node\":\"n1\",\"ServiceID\":\"w1\"}", 200,
               "true");
    rig_expect(*state, "GET /v1/catalog/service/web", NULL, 200, "[]");
    rig_expect(*state, "GET /v1/agent/services", NULL, 200, "{}");
    rig_expect(*state, "PUT /v1/agent/check/pass/service:w1", NULL, 404,
               "Unknown check ID \"service:w1\". Ensure that the check ID is passed, not the check "
               "name.");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        EACH(datacenters_are_the_one_there_is),
        EACH(nodes_are_sorted_and_selected),
        EACH(services_have_the_tags_of_all_instances),
        EACH(service_lists_its_instances_by_node_and_id),
        EACH(connect_lists_natives_and_proxies),
        EACH(node_has_its_services_by_id),
        EACH(node_services_are_a_list),
        EACH(register_writes_node_service_and_checks_at_once),
        EACH(registering_the_same_again_moves_nothing),
        EACH(check_may_be_of_a_service_that_stands),
        EACH(metadata_of_a_copied_node_has_any_names),
        EACH(definitions_are_shown_whole_in_consuls_names_and_must_be_readable),
        EACH(node_that_is_not_to_be_updated_is_made_if_it_is_not_there),
        EACH(bad_registrations_leave_nothing),
        EACH(name_of_a_node_that_lives_is_not_given_to_another),
        EACH(node_that_keeps_its_id_may_be_renamed),
        EACH(what_the_catalog_takes_out_the_agent_does_not_have_either),
        EACH(deregister_takes_a_service_a_check_or_a_node),
        EACH(what_an_agent_registered_is_gone_when_the_catalog_drops_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
