/* Gateways: what their entries bind, and whom they stand for. */
#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void put(void **state, const char *entry)
{
    rig_expect(*state, "PUT /v1/config", entry, 200, "true");
}

static void serve(void **state, const char *body)
{
    rig_expect(*state, "PUT /v1/agent/service/register", body, 200, "");
}

#define INGRESS                                                                                   \
    "{\"Kind\":\"ingress-gateway\",\"Name\":\"in\",\"Listeners\":[{\"Port\":8888,\"Services\":[{" \
    "\"Name\":\"api\"}]},{\"Port\":7777,\"Services\":[{\"Name\":\"web\"}]}]}"
#define TERMINATING                                                                       \
    "{\"Kind\":\"terminating-gateway\",\"Name\":\"out\",\"Services\":[{\"Name\":\"api\"," \
    "\"CAFile\":"                                                                         \
    "\"/ca\",\"SNI\":\"s\"},{\"Name\":\"*\",\"DisableAutoHostRewrite\":true}]}"

static int setup(void **state)
{
    rig_setup(state);
    serve(state, "{\"Name\":\"in\",\"Kind\":\"ingress-gateway\",\"Port\":1000,\"Check\":{\"TTL\":"
                 "\"100s\",\"Status\":\"passing\"}}");
    serve(state, "{\"Name\":\"out\",\"Kind\":\"terminating-gateway\",\"Port\":1001}");
    serve(state, "{\"Name\":\"redis\",\"Port\":6379}");
    serve(state, "{\"Name\":\"native\",\"Port\":1,\"Connect\":{\"Native\":true}}");
    return 0;
}

static void wait_for(void **state, const char *path, const char *change, const char *body,
                     const char *part)
{
    char request[200];
    snprintf(request, sizeof request, "GET %s", path);
    rig_ask(*state, request, NULL, "");
    snprintf(request, sizeof request, "GET %s?index=%s&wait=60s", path,
             rig_header(*state, "x-consul-index"));
    struct client *c = rig_begin(*state, request, NULL);
    rig_ask(*state, change, body, "");
    assert_int_equal(rig_end(*state, c), 200);
    assert_non_null(strstr(rig_body(*state), part));
}

/* -- claims ----------------------------------------------------------------------------------- */

static void services_of_a_gateway_are_listed(void **state)
{
    rig_expect(*state, "GET /v1/catalog/gateway-services/in", NULL, 200, "[]");
    rig_expect(*state, "GET /v1/catalog/gateway-services/", NULL, 400, "Missing gateway name");
    put(state, INGRESS);
    rig_expect(
        *state, "GET /v1/catalog/gateway-services/in", NULL, 200,
        "[{\"Gateway\":{\"Name\":\"in\"},\"Service\":{\"Name\":\"api\"},\"GatewayKind\":"
        "\"ingress-gateway\",\"Port\":8888,\"Protocol\":\"tcp\"},{\"Gateway\":{\"Name\":\"in\"},"
        "\"Service\":{\"Name\":\"web\"},\"GatewayKind\":\"ingress-gateway\",\"Port\":7777,"
        "\"Protocol\":\"tcp\"}]");
    put(state, TERMINATING);
    rig_expect(
        *state, "GET /v1/catalog/gateway-services/out", NULL, 200,
        "[{\"Gateway\":{\"Name\":\"out\"},\"Service\":{\"Name\":\"api\"},\"GatewayKind\":"
        "\"terminating-gateway\",\"CAFile\":\"/ca\",\"SNI\":\"s\",\"AutoHostRewrite\":true},{"
        "\"Gateway\":{\"Name\":\"out\"},\"Service\":{\"Name\":\"redis\"},\"GatewayKind\":"
        "\"terminating-gateway\",\"FromWildcard\":true}]");
}

static void who_waits_hears_of_entries_and_of_services_for_the_wildcard(void **state)
{
    wait_for(state, "/v1/catalog/gateway-services/out", "PUT /v1/config", TERMINATING, "\"api\"");
    wait_for(state, "/v1/catalog/gateway-services/out", "PUT /v1/agent/service/register",
             "{\"Name\":\"mysql\",\"Port\":3306}", "\"mysql\"");
    wait_for(state, "/v1/health/ingress/api", "PUT /v1/config", INGRESS, "\"Service\":\"in\"");
    wait_for(state, "/v1/health/ingress/api", "PUT /v1/agent/check/fail/service:in", NULL,
             "\"Status\":\"critical\"");
}

static void ingress_has_the_gateways_of_a_service(void **state)
{
    rig_expect(*state, "GET /v1/health/ingress/api", NULL, 200, "[]");
    put(state, INGRESS);
    rig_expect_part(*state, "GET /v1/health/ingress/API?passing", NULL, 200,
                    "\"Kind\":\"ingress-gateway\",\"ID\":\"in\"");
    assert_null(strstr(rig_body(*state), "\"ID\":\"out\""));
    rig_expect(*state, "GET /v1/health/ingress/redis", NULL, 200, "[]");
    rig_expect(*state, "PUT /v1/agent/check/fail/service:in", NULL, 200, "");
    rig_expect(*state, "GET /v1/health/ingress/api?passing", NULL, 200, "[]");
}

static void wildcard_of_an_ingress_leads_to_all_that_speak_its_protocol(void **state)
{
    put(state, "{\"Kind\":\"service-defaults\",\"Name\":\"native\",\"Protocol\":\"http\"}");
    put(state,
        "{\"Kind\":\"ingress-gateway\",\"Name\":\"in\",\"Listeners\":[{\"Port\":80,\"Protocol\":"
        "\"http\",\"Services\":[{\"Name\":\"*\"}]}]}");
    rig_expect_part(*state, "GET /v1/health/ingress/native", NULL, 200, "\"ID\":\"in\"");
    rig_expect(*state, "GET /v1/health/ingress/redis", NULL, 200, "[]");
    rig_expect_part(*state, "GET /v1/catalog/gateway-services/in", NULL, 200,
                    "[{\"Gateway\":{\"Name\":\"in\"},\"Service\":{\"Name\":\"native\"}");
    serve(state, "{\"Name\":\"web\",\"Port\":2,\"Connect\":{\"SidecarService\":{}}}");
    put(state, "{\"Kind\":\"service-defaults\",\"Name\":\"web\",\"Protocol\":\"http\"}");
    rig_expect_part(*state, "GET /v1/catalog/gateway-services/in", NULL, 200,
                    "\"Service\":{\"Name\":\"web\"}");
}

static void terminating_gateway_stands_for_its_services_in_the_mesh(void **state)
{
    rig_expect(*state, "GET /v1/health/connect/redis", NULL, 200, "[]");
    put(state, TERMINATING);
    rig_expect_part(*state, "GET /v1/health/connect/redis", NULL, 200, "\"ID\":\"out\"");
    rig_expect_part(*state, "GET /v1/catalog/connect/api", NULL, 200, "\"ServiceID\":\"out\"");
    rig_expect_part(*state, "GET /v1/health/connect/native", NULL, 200, "\"ID\":\"native\"");
    assert_null(strstr(rig_body(*state), "\"ID\":\"out\""));
}

/* It may be an instance of any service, and names another by any case. */
static void proxy_of_any_name_brings_its_service_into_the_mesh(void **state)
{
    put(state, "{\"Kind\":\"service-defaults\",\"Name\":\"redis\",\"Protocol\":\"http\"}");
    put(state,
        "{\"Kind\":\"ingress-gateway\",\"Name\":\"in\",\"Listeners\":[{\"Port\":80,\"Protocol\":"
        "\"http\",\"Services\":[{\"Name\":\"*\"}]}]}");
    rig_expect(*state, "GET /v1/health/ingress/redis", NULL, 200, "[]");
    rig_expect(*state, "GET /v1/health/connect/redis", NULL, 200, "[]");
    serve(state, "{\"ID\":\"e\",\"Name\":\"edge\",\"Kind\":\"connect-proxy\",\"Port\":2,"
                 "\"Proxy\":{\"DestinationServiceName\":\"REDIS\"}}");
    serve(state, "{\"ID\":\"f\",\"Name\":\"edge\",\"Kind\":\"connect-proxy\",\"Port\":3,"
                 "\"Proxy\":{\"DestinationServiceName\":\"other\"}}");
    rig_expect_part(*state, "GET /v1/health/connect/Redis", NULL, 200, "\"ID\":\"e\"");
    assert_null(strstr(rig_body(*state), "\"ID\":\"f\""));
    assert_null(strstr(rig_body(*state), "\"ID\":\"redis\""));
    rig_expect_part(*state, "GET /v1/catalog/connect/other", NULL, 200, "\"ServiceID\":\"f\"");
    rig_expect_part(*state, "GET /v1/health/ingress/redis", NULL, 200, "\"ID\":\"in\"");
    rig_expect_part(*state, "GET /v1/catalog/gateway-services/in", NULL, 200,
                    "\"Service\":{\"Name\":\"redis\"}");
    rig_expect(*state, "PUT /v1/agent/service/deregister/e", NULL, 200, "");
    rig_expect(*state, "GET /v1/health/connect/redis", NULL, 200, "[]");
    rig_expect(*state, "GET /v1/health/ingress/redis", NULL, 200, "[]");
}

static void mesh_hears_of_checks(void **state)
{
    serve(state, "{\"Name\":\"native\",\"Port\":1,\"Connect\":{\"Native\":true},\"Check\":{\"TTL\":"
                 "\"100s\",\"Status\":\"passing\"}}");
    wait_for(state, "/v1/health/connect/native", "PUT /v1/agent/check/fail/service:native", NULL,
             "\"Status\":\"critical\"");
}

static void listener_speaks_what_its_services_do(void **state)
{
    rig_expect(
        *state, "PUT /v1/config",
        "{\"Kind\":\"ingress-gateway\",\"Name\":\"in\",\"Listeners\":[{\"Port\":80,\"Protocol\":"
        "\"http\",\"Services\":[{\"Name\":\"api\"}]}]}",
        500,
        "service \"api\" has protocol \"tcp\", which is incompatible with defined listener "
        "protocol \"http\"");
    put(state, INGRESS);
    rig_expect_part(*state, "PUT /v1/config",
                    "{\"Kind\":\"service-defaults\",\"Name\":\"api\",\"Protocol\":\"grpc\"}", 500,
                    "service \"api\" has protocol \"grpc\"");
}

int main(void)
{
#define EACH(name) cmocka_unit_test_setup_teardown(name, setup, rig_teardown)
    const struct CMUnitTest tests[] = {
        EACH(services_of_a_gateway_are_listed),
        EACH(who_waits_hears_of_entries_and_of_services_for_the_wildcard),
        EACH(ingress_has_the_gateways_of_a_service),
        EACH(wildcard_of_an_ingress_leads_to_all_that_speak_its_protocol),
        EACH(terminating_gateway_stands_for_its_services_in_the_mesh),
        EACH(proxy_of_any_name_brings_its_service_into_the_mesh),
        EACH(mesh_hears_of_checks),
        EACH(listener_speaks_what_its_services_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
