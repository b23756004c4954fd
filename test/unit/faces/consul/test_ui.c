#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
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
    assert_holds(state,
                 "{\"Name\":\"db\",\"Datacenter\":\"dc1\",\"Tags\":null,\"Nodes\":[\"m2\"],");
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
        "\"Name\":\"consul\",\"Total\":1,\"Passing\":1,\"Warning\":0,\"Critical\":0},{"
        "\"Name\":\"db\",\"Total\":1,\"Passing\":1,\"Warning\":0,\"Critical\":0},{"
        "\"Name\":\"web\",\"Total\":2,\"Passing\":1,\"Warning\":0,\"Critical\":1}],\"Checks\":[{"
        "\"Name\":\"Serf Health Status\",\"Total\":1,\"Passing\":1,\"Warning\":0,\"Critical\":0},{"
        "\"Name\":\"Service 'web' check\",\"Total\":2,\"Passing\":1,\"Warning\":0,"
        "\"Critical\":1}]}");
}

static void filters_select_services_and_nodes(void **state)
{
    static const char refused[] = "Failed to create boolean expression evaluator: Selector \"zz\"";
    rig_expect_part(*state, "GET /v1/internal/ui/services?filter=Service.Service==db", NULL, 200,
                    "[{\"Name\":\"db\",");
    assert_null(strstr(rig_body(*state), "web"));
    rig_expect_part(*state, "GET /v1/internal/ui/nodes?filter=Services.Service==db", NULL, 200,
                    "\"Node\":\"m2\"");
    assert_null(strstr(rig_body(*state), "n1"));
    rig_expect_part(*state, "GET /v1/internal/ui/nodes?filter=Checks.Status==critical", NULL, 200,
                    "\"Node\":\"n1\"");
    assert_null(strstr(rig_body(*state), "m2"));
    rig_expect(*state, "GET /v1/internal/ui/nodes?filter=Node==none", NULL, 200, "[]");
    rig_expect_part(*state, "GET /v1/internal/ui/services?filter=zz==1", NULL, 500, refused);
    rig_expect_part(*state, "GET /v1/internal/ui/nodes?filter=zz==1", NULL, 500, refused);
}

/* What stands in front of a service counts for it, each check once. */
static void proxies_count_for_what_they_stand_in_front_of(void **state)
{
    rig_expect(*state, "PUT /v1/agent/service/register",
               "{\"ID\":\"a1\",\"Name\":\"api\",\"Port\":80,\"Tags\":[\"z\",\"b\"],\"Meta\":{"
               "\"external-source\":\"nomad\"}}",
               200, "");
    rig_expect(*state, "PUT /v1/agent/service/register",
               "{\"ID\":\"p1\",\"Name\":\"api-sidecar-proxy\",\"Port\":20000,\"Kind\":"
               "\"connect-proxy\",\"Proxy\":{\"DestinationServiceName\":\"api\"},\"Check\":{"
               "\"TTL\":\"1m\"}}",
               200, "");
    rig_expect(*state, "PUT /v1/agent/service/register",
               "{\"ID\":\"c1\",\"Name\":\"own\",\"Port\":1,\"Connect\":{\"Native\":true}}", 200,
               "");
    rig_expect_part(
        *state, "GET /v1/internal/ui/services", NULL, 200,
        "{\"Name\":\"api\",\"Datacenter\":\"dc1\",\"Tags\":[\"b\",\"z\"],\"Nodes\":[\"n1\"],"
        "\"ExternalSources\":[\"nomad\"],\"InstanceCount\":1,\"ChecksPassing\":1,"
        "\"ChecksWarning\":0,\"ChecksCritical\":1,\"GatewayConfig\":{},\"TransparentProxy\":false,"
        "\"ConnectNative\":false,\"ConnectedWithProxy\":true,");
    assert_holds(state, "{\"Kind\":\"connect-proxy\",\"Name\":\"api-sidecar-proxy\",");
    const char *own = strstr(rig_body(*state), "{\"Name\":\"own\"");
    assert_non_null(own);
    assert_non_null(strstr(own, "\"ConnectNative\":true,\"ConnectedWithProxy\":false,"));
    rig_expect(*state, "PUT /v1/agent/service/deregister/p1", NULL, 200, "");
    rig_expect(*state, "PUT /v1/agent/service/deregister/a1", NULL, 200, "");
    rig_expect(*state, "PUT /v1/agent/service/deregister/c1", NULL, 200, "");
}

static void put(void **state, const char *entry)
{
    rig_expect(*state, "PUT /v1/config", entry, 200, "true");
}

/* As Consul 1.16.3 has answered to the same. */
static void services_of_a_gateway_are_summed_up(void **state)
{
    put(state, "{\"Kind\":\"service-defaults\",\"Name\":\"web\",\"Protocol\":\"http\"}");
    put(state,
        "{\"Kind\":\"ingress-gateway\",\"Name\":\"in\",\"Listeners\":[{\"Port\":8888,\"Services\":["
        "{"
        "\"Name\":\"ghost\"}]},{\"Port\":7778,\"Protocol\":\"http\",\"Services\":[{\"Name\":"
        "\"web\","
        "\"Hosts\":[\"a.example.\"]}]},{\"Port\":7777,\"Services\":[{\"Name\":\"ghost\"}]}]}");
    put(state,
        "{\"Kind\":\"terminating-gateway\",\"Name\":\"out\",\"Services\":[{\"Name\":\"*\"}]}");
    rig_expect(*state, "PUT /v1/agent/service/register",
               "{\"Name\":\"in\",\"Kind\":\"ingress-gateway\",\"Port\":1000}", 200, "");
    rig_expect(
        *state, "GET /v1/internal/ui/gateway-services-nodes/in", NULL, 200,
        "[{\"Name\":\"ghost\",\"Datacenter\":\"\",\"Tags\":null,\"Nodes\":null,\"ExternalSources\":"
        "null,"
        "\"InstanceCount\":0,\"ChecksPassing\":0,\"ChecksWarning\":0,\"ChecksCritical\":0,"
        "\"GatewayConfig\":{\"Addresses\":[\"ghost.ingress.dc1.consul:7777\","
        "\"ghost.ingress.dc1.consul:8888\"]},\"TransparentProxy\":false,\"ConnectNative\":false},{"
        "\"Name\":\"web\",\"Datacenter\":\"dc1\",\"Tags\":[\"x\",\"y\"],\"Nodes\":[\"n1\"],"
        "\"ExternalSources\":null,\"InstanceCount\":2,\"ChecksPassing\":2,\"ChecksWarning\":0,"
        "\"ChecksCritical\":1,\"GatewayConfig\":{\"Addresses\":[\"a.example:7778\"]},"
        "\"TransparentProxy\":false,\"ConnectNative\":false}]");
    assert_string_not_equal(rig_header(*state, "x-consul-index"), "");
    rig_expect_part(*state, "GET /v1/internal/ui/gateway-services-nodes/out", NULL, 200,
                    "[{\"Name\":\"db\",\"Datacenter\":\"dc1\",\"Tags\":null,\"Nodes\":[\"m2\"],");
    assert_holds(state, "\"GatewayConfig\":{},");
    rig_expect_part(*state, "GET /v1/internal/ui/services", NULL, 200,
                    "{\"Kind\":\"ingress-gateway\",\"Name\":\"in\",");
    assert_holds(state, "\"GatewayConfig\":{\"AssociatedServiceCount\":3}");
    assert_holds(state, "\"ConnectedWithProxy\":false,\"ConnectedWithGateway\":true}");
    assert_holds(state, "\"ConnectedWithProxy\":false,\"ConnectedWithGateway\":false}");
}

static void intentions_of_a_gateway_are_those_of_its_services(void **state)
{
    static const char route[] = "GET /v1/internal/ui/gateway-intentions/in";
    rig_expect(*state, route, NULL, 200, "[]");
    put(state, "{\"Kind\":\"service-intentions\",\"Name\":\"web\",\"Sources\":[{\"Name\":\"api\","
               "\"Action\":\"allow\"}]}");
    put(state, "{\"Kind\":\"service-intentions\",\"Name\":\"*\",\"Sources\":[{\"Name\":\"api\","
               "\"Action\":\"deny\"}]}");
    put(state, "{\"Kind\":\"service-intentions\",\"Name\":\"other\",\"Sources\":[{\"Name\":\"api\","
               "\"Action\":\"deny\"}]}");
    rig_expect_part(
        *state, route, NULL, 200,
        "[{\"SourceNS\":\"default\",\"SourceName\":\"api\",\"DestinationNS\":\"default\","
        "\"DestinationName\":\"web\",\"SourceType\":\"consul\",\"Action\":\"allow\",");
    assert_holds(state, "\"DestinationName\":\"*\"");
    assert_null(strstr(rig_body(*state), "other"));
}

static void serve(void **state, const char *body)
{
    rig_expect(*state, "PUT /v1/agent/service/register", body, 200, "");
}

#define OPEN_TO_ALL                                                                     \
    "\"Intention\":{\"Allowed\":true,\"HasPermissions\":false,\"ExternalSource\":\"\"," \
    "\"HasExact\":"                                                                     \
    "false,\"DefaultAllow\":true}}"

/* As Consul 1.16.3 has answered to the same. */
static void topology_is_of_upstreams_and_intentions(void **state)
{
    serve(state,
          "{\"Name\":\"front\",\"Port\":80,\"Connect\":{\"SidecarService\":{\"Port\":2000,"
          "\"Checks\":[],\"Proxy\":{"
          "\"Upstreams\":[{\"DestinationName\":\"back\",\"LocalBindPort\":1},{\"DestinationName\":"
          "\"ghost\",\"LocalBindPort\":2},{\"DestinationName\":\"q\",\"DestinationType\":"
          "\"prepared_query\",\"LocalBindPort\":3}]}}}}");
    serve(state, "{\"Name\":\"back\",\"Port\":81}");
    serve(state, "{\"Name\":\"q\",\"Port\":82}");
    rig_expect_part(
        *state, "GET /v1/internal/ui/service-topology/front?kind=", NULL, 200,
        "{\"Protocol\":\"tcp\",\"TransparentProxy\":false,\"Upstreams\":[{\"Name\":\"back\","
        "\"Datacenter\":\"dc1\",\"Tags\":null,\"Nodes\":[\"n1\"],\"ExternalSources\":null,"
        "\"InstanceCount\":1,\"ChecksPassing\":1,\"ChecksWarning\":0,\"ChecksCritical\":0,"
        "\"GatewayConfig\":{},\"TransparentProxy\":false,\"ConnectNative\":false,\"Source\":"
        "\"proxy-registration\"," OPEN_TO_ALL "],\"Downstreams\":[],\"FilteredByACLs\":false}");
    rig_expect_part(*state, "GET /v1/internal/ui/service-topology/back?kind=", NULL, 200,
                    "\"Upstreams\":[],\"Downstreams\":[{\"Name\":\"front\",");
    put(state,
        "{\"Kind\":\"service-intentions\",\"Name\":\"back\",\"Sources\":[{\"Name\":\"front\","
        "\"Action\":\"deny\"},{\"Name\":\"own\",\"Action\":\"allow\"}]}");
    rig_expect_part(
        *state, "GET /v1/internal/ui/service-topology/front?kind=", NULL, 200,
        "\"Intention\":{\"Allowed\":false,\"HasPermissions\":false,\"ExternalSource\":\"\","
        "\"HasExact\":true,\"DefaultAllow\":true}}],");
    serve(state, "{\"Name\":\"own\",\"Port\":83,\"Connect\":{\"Native\":true}}");
    rig_expect_part(*state, "GET /v1/internal/ui/service-topology/back?kind=", NULL, 200,
                    "\"ConnectNative\":true,\"Source\":\"specific-intention\",");
    rig_expect_part(*state, "GET /v1/internal/ui/service-topology/own?kind=", NULL, 200,
                    "\"Upstreams\":[{\"Name\":\"back\",");
    assert_holds(state, "{\"Name\":\"front\",");
    assert_holds(state, "\"Source\":\"default-allow\"," OPEN_TO_ALL);
    assert_null(strstr(rig_body(*state), "sidecar"));
    put(state,
        "{\"Kind\":\"service-intentions\",\"Name\":\"*\",\"Sources\":[{\"Name\":\"own\",\"Action\":"
        "\"deny\"}]}");
    rig_expect_part(*state, "GET /v1/internal/ui/service-topology/own?kind=", NULL, 200,
                    "\"Upstreams\":[{\"Name\":\"back\",");
    assert_null(strstr(rig_body(*state), "{\"Name\":\"front\","));
    put(state,
        "{\"Kind\":\"ingress-gateway\",\"Name\":\"in\",\"Listeners\":[{\"Port\":1,\"Services\":[{"
        "\"Name\":\"back\"}]}]}");
    serve(state, "{\"Name\":\"in\",\"Kind\":\"ingress-gateway\",\"Port\":1000}");
    rig_expect_part(*state, "GET /v1/internal/ui/service-topology/in?kind=ingress-gateway", NULL,
                    200, "\"Upstreams\":[{\"Name\":\"back\",");
    rig_expect_part(*state, "GET /v1/internal/ui/service-topology/back?kind=", NULL, 200,
                    "{\"Kind\":\"ingress-gateway\",\"Name\":\"in\",");
}

/* The most memory that this process has had. */
static long most_kib(void)
{
    struct rusage usage;
    assert_int_equal(getrusage(RUSAGE_SELF, &usage), 0);
    return usage.ru_maxrss;
}

/* Proxies that name many upstreams are read once an answer, not once for each that they name. */
static void topology_reads_each_proxy_once(void **state)
{
    enum { N = 150, PROXIES = 12 };
    static char body[64 * 1024];
    for (int i = 0; i < N; i++) {
        snprintf(body, sizeof body, "{\"Name\":\"s%03d\",\"Port\":80}", i);
        serve(state, body);
    }
    for (int i = 0; i < PROXIES; i++) {
        size_t n =
            (size_t)snprintf(body, sizeof body,
                             "{\"Name\":\"p%02d\",\"Port\":1,\"Kind\":\"connect-proxy\","
                             "\"Proxy\":{\"DestinationServiceName\":\"S000\",\"Upstreams\":[",
                             i);
        for (int k = 0; k < N; k++)
            n += (size_t)snprintf(body + n, sizeof body - n,
                                  "%s{\"DestinationName\":\"s%03d\",\"LocalBindPort\":%d}",
                                  k == 0 ? "" : ",", k, k + 1);
        snprintf(body + n, sizeof body - n, "]}}");
        serve(state, body);
    }
    long before = most_kib();
    rig_expect_part(*state, "GET /v1/internal/ui/service-topology/s000?kind=", NULL, 200,
                    "\"Name\":\"s149\"");
    assert_true(most_kib() - before < 64 * 1024);
}

static void what_is_not_there_is_said_of_each_route(void **state)
{
    static const struct {
        const char *request;
        int status;
        const char *text;
    } rows[] = {
        { "node/", 400, "Missing node name" },
        { "exported-services", 500, "must provide PeerName" },
        { "exported-services?peer=east", 200, "[]" },
        { "service-topology/", 400, "Missing service name" },
        { "service-topology/web", 400, "Missing service kind" },
        { "service-topology/web?kind=x", 400, "Unsupported service kind \"x\"" },
        { "gateway-services-nodes/", 400, "Missing gateway name" },
        { "gateway-services-nodes/nobody", 200, "[]" },
        { "gateway-intentions/", 400, "Missing gateway name" },
        { "gateway-intentions/nobody", 200, "[]" },
        { "metrics-proxy/x", 404, "Metrics proxy is not enabled" },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char request[100];
        snprintf(request, sizeof request, "GET /v1/internal/ui/%s", rows[i].request);
        rig_expect(*state, request, NULL, rows[i].status, rows[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(services_are_summed_up),
        cmocka_unit_test(nodes_have_services_and_checks),
        cmocka_unit_test(overview_counts_by_state),
        cmocka_unit_test(filters_select_services_and_nodes),
        cmocka_unit_test(proxies_count_for_what_they_stand_in_front_of),
        cmocka_unit_test(services_of_a_gateway_are_summed_up),
        cmocka_unit_test(intentions_of_a_gateway_are_those_of_its_services),
        cmocka_unit_test_setup_teardown(topology_reads_each_proxy_once, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(topology_is_of_upstreams_and_intentions, rig_setup,
                                        rig_teardown),
        cmocka_unit_test(what_is_not_there_is_said_of_each_route),
    };
    return cmocka_run_group_tests(tests, setup, rig_teardown);
}
