/* Instances with their checks, and checks by node, service and state. */
#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void assert_lacks(void **state, const char *part)
{
    if (strstr(rig_body(*state), part) != NULL)
        fail_msg("%s\nis in %s", part, rig_body(*state));
}

static int setup(void **state)
{
    rig_setup(state);
    rig_expect(
        *state, "PUT /v1/agent/service/register",
        "{\"ID\":\"w1\",\"Name\":\"web\",\"Tags\":[\"v1\"],\"Port\":80,\"Meta\":{\"version\":"
        "\"2\"},\"Check\":{\"TTL\":\"10s\",\"Status\":\"passing\"}}",
        200, "");
    rig_expect(*state, "PUT /v1/agent/service/register",
               "{\"ID\":\"w2\",\"Name\":\"web\",\"Port\":81,\"Check\":{\"TTL\":\"10s\"}}", 200, "");
    return 0;
}

static void service_has_nodes_and_checks(void **state)
{
    rig_expect_part(*state, "GET /v1/health/service/web?tag=V1", NULL, 200,
                    "[{\"Node\":{\"ID\":\"0a0b0c0d-0000-4000-8000-000000000001\",\"Node\":\"n1\",");
    assert_non_null(strstr(rig_body(*state),
                           "},\"Service\":{\"ID\":\"w1\",\"Service\":\"web\",\"Tags\":[\"v1\"],"
                           "\"Address\":\"\",\"Meta\":{\"version\":\"2\"},\"Port\":80,"));
    assert_non_null(
        strstr(rig_body(*state),
               "\"Checks\":[{\"Node\":\"n1\",\"CheckID\":\"serfHealth\",\"Name\":\"Serf "
               "Health Status\",\"Status\":\"passing\",\"Notes\":\"\",\"Output\":\"Agent "
               "alive and reachable\",\"ServiceID\":\"\",\"ServiceName\":\"\","
               "\"ServiceTags\":[],\"Type\":\"\",\"Interval\":\"\",\"Timeout\":\"\","
               "\"ExposedPort\":0,\"Definition\":{},\"CreateIndex\":1,\"ModifyIndex\":1},"
               "{\"Node\":\"n1\",\"CheckID\":\"service:w1\","));
    assert_lacks(state, "w2");
}

static void passing_leaves_out_what_does_not(void **state)
{
    static const char *const on[] = { "passing", "passing=1", "passing=true" };
    char request[100];
    for (size_t i = 0; i < ARRAY_LEN(on); i++) {
        snprintf(request, sizeof request, "GET /v1/health/service/web?%s", on[i]);
        rig_expect_part(*state, request, NULL, 200, "\"w1\"");
        assert_lacks(state, "w2");
    }
    rig_expect_part(*state, "GET /v1/health/service/web?passing=false", NULL, 200, "\"w2\"");
    rig_expect_part(*state, "GET /v1/health/service/web?passing=0", NULL, 200, "\"w2\"");
    rig_expect(*state, "PUT /v1/agent/check/pass/service:w2", NULL, 200, "");
    rig_expect_part(*state, "GET /v1/health/service/web?passing", NULL, 200, "\"w2\"");
    rig_expect(*state, "PUT /v1/agent/check/warn/service:w2", NULL, 200, "");
    rig_expect_part(*state, "GET /v1/health/service/web?passing", NULL, 200, "\"w1\"");
    assert_lacks(state, "w2"); /* a warning does not pass either */
    rig_expect(*state, "GET /v1/health/service/web?passing=odd", NULL, 400,
               "Invalid value for ?passing");
}

static void filter_selects_by_service_node_and_checks(void **state)
{
    static const struct {
        const char *filter, *there, *not_there;
    } filters[] = {
        { "Service.Meta.version==%222%22", "w1", "w2" },
        { "Checks.Status==critical", "w2", "\"ID\":\"w1\"" },
        { "Node.Node==n1%20and%20Service.Port==81", "w2", "\"ID\":\"w1\"" },
        { "%22v1%22%20in%20Service.Tags", "w1", "w2" },
        { "Node.Meta%20is%20not%20empty", "w2", "nothing" },
    };
    char request[200];
    for (size_t i = 0; i < ARRAY_LEN(filters); i++) {
        snprintf(request, sizeof request, "GET /v1/health/service/web?filter=%s",
                 filters[i].filter);
        rig_expect_part(*state, request, NULL, 200, filters[i].there);
        assert_lacks(state, filters[i].not_there);
    }
    rig_expect_part(*state, "GET /v1/health/service/web?filter=Node.Bogus==1", NULL, 500,
                    "Failed to create boolean expression evaluator: ");
}

static void filter_of_ten_thousand_levels_is_refused(void **state)
{
    enum { LEVELS = 10000 };
    static char request[LEVELS + 100];
    int n = snprintf(request, sizeof request, "GET /v1/health/service/web?filter=");
    memset(request + n, '(', LEVELS);
    request[n + LEVELS] = 0;
    rig_expect_part(*state, request, NULL, 500, "Failed to create boolean expression evaluator: ");
    memset(request + n, '(', 100);
    request[n + 100] = 0;
    rig_expect_part(*state, request, NULL, 500, "Failed to create boolean expression evaluator: ");
}

static void unknown_service_is_an_empty_list_with_an_index(void **state)
{
    rig_expect(*state, "GET /v1/health/service/none", NULL, 200, "[]");
    assert_string_not_equal(rig_header(*state, "x-consul-index"), "0");
    assert_string_not_equal(rig_header(*state, "x-consul-index"), "");
    rig_expect(*state, "GET /v1/health/service/", NULL, 400, "Missing service name");
}

static void connect_has_proxies(void **state)
{
    rig_expect(*state, "PUT /v1/agent/service/register",
               "{\"ID\":\"p\",\"Name\":\"web-proxy\",\"Kind\":\"connect-proxy\",\"Port\":1,"
               "\"Proxy\":{\"DestinationServiceName\":\"web\"}}",
               200, "");
    rig_expect_part(*state, "GET /v1/health/connect/web", NULL, 200,
                    "\"Service\":{\"Kind\":\"connect-proxy\",\"ID\":\"p\"");
    assert_lacks(state, "\"w1\"");
}

static void node_has_its_checks_and_its_services(void **state)
{
    rig_expect_part(*state, "GET /v1/health/node/N1", NULL, 200,
                    "[{\"Node\":\"n1\",\"CheckID\":\"serfHealth\"");
    assert_non_null(strstr(rig_body(*state), "\"CheckID\":\"service:w1\""));
    assert_non_null(strstr(rig_body(*state), "\"CheckID\":\"service:w2\""));
    rig_expect(*state, "GET /v1/health/node/none", NULL, 200, "[]");
    rig_expect(*state, "GET /v1/health/node/", NULL, 400, "Missing node name");
}

static void checks_are_those_of_the_service(void **state)
{
    rig_expect_part(*state, "GET /v1/health/checks/web", NULL, 200,
                    "[{\"Node\":\"n1\",\"CheckID\":\"service:w1\"");
    assert_lacks(state, "serfHealth");
    rig_expect(*state, "GET /v1/health/checks/none", NULL, 200, "[]");
}

static void state_selects_checks(void **state)
{
    rig_expect_part(*state, "GET /v1/health/state/any", NULL, 200, "serfHealth");
    assert_non_null(strstr(rig_body(*state), "service:w2"));
    rig_expect_part(*state, "GET /v1/health/state/critical", NULL, 200, "service:w2");
    assert_lacks(state, "w1");
    rig_expect_part(*state, "GET /v1/health/state/passing", NULL, 200, "service:w1");
    assert_lacks(state, "w2");
    rig_expect(*state, "GET /v1/health/state/warning", NULL, 200, "[]");
    rig_expect(*state, "GET /v1/health/state/", NULL, 400, "Missing check state");
}

static void consistency_is_said_and_conflicts_are_refused(void **state)
{
    rig_ask(*state, "GET /v1/health/service/web?stale=false", NULL, "");
    assert_string_equal(rig_header(*state, "x-consul-effective-consistency"), "stale");
    rig_ask(*state, "GET /v1/health/service/web?consistent", NULL, "");
    assert_string_equal(rig_header(*state, "x-consul-effective-consistency"), "consistent");
    rig_expect(*state, "GET /v1/health/service/web?stale&consistent", NULL, 400,
               "Cannot specify ?stale with ?consistent, conflicting semantics.");
    rig_expect(*state, "GET /v1/health/service/web?cached&consistent", NULL, 400,
               "Cannot specify ?cached with ?consistent, conflicting semantics.");
    rig_expect(*state, "GET /v1/health/service/web?max_stale=x", NULL, 400,
               "Invalid max_stale value \"x\"");
    assert_int_equal(
        rig_ask(*state, "GET /v1/health/service/web?cached", NULL, "Cache-Control: max-age=x\r\n"),
        400);
    assert_string_equal(rig_body(*state), "Invalid Cache-Control header.");
    rig_ask(*state, "GET /v1/health/service/web?cached", NULL, "");
    assert_string_equal(rig_header(*state, "x-cache"), "MISS");
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, setup, rig_teardown)

/* Each of them keeps the proxy, and its opposite keeps nothing. */
static void proxies_are_selected_by_all_that_they_say(void **state)
{
    static const char *const filters[] = {
        "Proxy.DestinationServiceName == web",
        "Proxy.DestinationServiceID == \"web-1\"",
        "Proxy.LocalServiceAddress == \"127.0.0.9\"",
        "Proxy.LocalServicePort == 81",
        "Proxy.LocalServiceSocketPath == \"\"",
        "Proxy.Mode == transparent",
        "Proxy.MeshGateway.Mode == local",
        "Proxy.Expose.Checks == true",
        "Proxy.Expose.Paths.Path == \"/m\"",
        "Proxy.Expose.Paths.ListenerPort == 9001",
        "Proxy.TransparentProxy.OutboundListenerPort == 15001",
        "Proxy.TransparentProxy.DialedDirectly == true",
        "Proxy.Upstreams.DestinationName == db",
        "Proxy.Upstreams.LocalBindPort == 9191",
        "Proxy.Upstreams.MeshGateway.Mode == remote",
        "Proxy.Upstreams is not empty",
        "Proxy.EnvoyExtensions is empty",
        "Proxy.AccessLogs.Enabled == false",
    };
    rig_expect(
        *state, "PUT /v1/agent/service/register",
        "{\"Name\":\"web-proxy\",\"Kind\":\"connect-proxy\",\"Port\":9,\"Proxy\":{"
        "\"DestinationServiceName\":\"web\",\"DestinationServiceID\":\"web-1\","
        "\"LocalServiceAddress\":\"127.0.0.9\",\"LocalServicePort\":81,\"Mode\":\"transparent\","
        "\"MeshGateway\":{\"Mode\":\"local\"},\"Expose\":{\"Checks\":true,\"Paths\":[{\"Path\":"
        "\"/m\",\"ListenerPort\":9001,\"LocalPathPort\":1,\"Protocol\":\"http\"}]},"
        "\"TransparentProxy\":{\"OutboundListenerPort\":15001,\"DialedDirectly\":true},"
        "\"Upstreams\":[{\"DestinationName\":\"db\",\"LocalBindPort\":9191,\"MeshGateway\":{"
        "\"Mode\":\"remote\"}}]}}",
        200, "");
    for (size_t i = 0; i < 2 * ARRAY_LEN(filters); i++) {
        char request[400];
        struct buf text;
        buf_init(&text, sizeof request);
        for (const char *at = filters[i / 2]; *at != 0; at++)
            if (*at == ' ' || *at == '"')
                buf_printf(&text, "%%%02X", (unsigned)*at);
            else
                buf_put_u8(&text, (uint8_t)*at);
        snprintf(request, sizeof request, "GET /v1/health/service/web-proxy?filter=%s%.*s%s",
                 i % 2 == 0 ? "Service." : "not%20(Service.", (int)text.n, (const char *)text.p,
                 i % 2 == 0 ? "" : ")");
        buf_fini(&text);
        rig_ask(*state, request, NULL, "");
        if ((strcmp(rig_body(*state), "[]") == 0) != (i % 2 == 1))
            fail_msg("%s: %s", request, rig_body(*state));
    }
    rig_expect_part(*state,
                    "GET /v1/catalog/service/"
                    "web-proxy?filter=ServiceProxy.DestinationServiceName%20==%20web",
                    NULL, 200, "\"ServiceID\":\"web-proxy\"");
    rig_expect_part(*state, "GET /v1/agent/services?filter=Proxy.Mode%20==%20transparent", NULL,
                    200, "{\"web-proxy\":");
    rig_expect(*state, "GET /v1/agent/services?filter=Proxy.Mode%20==%20direct", NULL, 200, "{}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        EACH(service_has_nodes_and_checks),
        EACH(passing_leaves_out_what_does_not),
        EACH(filter_selects_by_service_node_and_checks),
        EACH(filter_of_ten_thousand_levels_is_refused),
        EACH(unknown_service_is_an_empty_list_with_an_index),
        EACH(connect_has_proxies),
        EACH(node_has_its_checks_and_its_services),
        EACH(checks_are_those_of_the_service),
        EACH(proxies_are_selected_by_all_that_they_say),
        EACH(state_selects_checks),
        EACH(consistency_is_said_and_conflicts_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
