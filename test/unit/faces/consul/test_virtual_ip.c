/* Virtual addresses: who gets one, where it shows, and those given by hand. */
#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void serve(void **state, const char *body)
{
    rig_expect(*state, "PUT /v1/agent/service/register", body, 200, "");
}

static void resolve(void **state, const char *name)
{
    char body[200];
    snprintf(body, sizeof body, "{\"Kind\":\"service-resolver\",\"Name\":\"%s\"}", name);
    rig_expect(*state, "PUT /v1/config", body, 200, "true");
}

static void assign(void **state, const char *service, const char *addresses, const char *text)
{
    char body[300];
    snprintf(body, sizeof body, "{\"Service\":\"%s\",\"ManualVIPs\":[%s]}", service, addresses);
    rig_expect(*state, "PUT /v1/internal/service-virtual-ip", body, 200, text);
}

/* -- claims ----------------------------------------------------------------------------------- */

static void native_and_proxy_show_the_address_of_their_service(void **state)
{
    serve(state, "{\"Name\":\"plain\",\"Port\":1}");
    serve(state, "{\"Name\":\"native\",\"Port\":2,\"Connect\":{\"Native\":true}}");
    serve(state,
          "{\"Name\":\"web\",\"Port\":3,\"Address\":\"10.0.0.7\",\"Connect\":{\"SidecarService\":{"
          "\"Port\":4}}}");
    rig_expect_part(
        *state, "GET /v1/health/service/native", NULL, 200,
        "\"TaggedAddresses\":{\"consul-virtual\":{\"Address\":\"240.0.0.1\",\"Port\":2}}");
    rig_expect_part(*state, "GET /v1/catalog/service/web-sidecar-proxy", NULL, 200,
                    "\"ServiceTaggedAddresses\":{\"consul-virtual\":{\"Address\":\"240.0.0.2\","
                    "\"Port\":4}}");
    serve(
        state,
        "{\"Name\":\"native\",\"Port\":2,\"Address\":\"10.0.0.7\",\"Connect\":{\"Native\":true}}");
    rig_expect_part(
        *state, "GET /v1/health/service/native", NULL, 200,
        "\"TaggedAddresses\":{\"consul-virtual\":{\"Address\":\"240.0.0.1\",\"Port\":2},"
        "\"lan_ipv4\"");
    rig_ask(*state, "GET /v1/catalog/service/web", NULL, "");
    assert_null(strstr(rig_body(*state), "consul-virtual"));
    rig_ask(*state, "GET /v1/catalog/service/plain", NULL, "");
    assert_null(strstr(rig_body(*state), "consul-virtual"));
    rig_ask(*state, "GET /v1/agent/services", NULL, "");
    assert_null(strstr(rig_body(*state), "consul-virtual")); /* the catalog's, not the agent's */
}

static void address_is_kept(void **state)
{
    serve(state, "{\"Name\":\"a\",\"Port\":2,\"Connect\":{\"Native\":true}}");
    rig_expect(*state, "PUT /v1/agent/service/deregister/a", NULL, 200, "");
    serve(state, "{\"Name\":\"b\",\"Port\":2,\"Connect\":{\"Native\":true}}");
    serve(state, "{\"Name\":\"A\",\"ID\":\"a2\",\"Port\":2,\"Connect\":{\"Native\":true}}");
    rig_expect_part(*state, "GET /v1/catalog/service/b", NULL, 200, "240.0.0.2");
    rig_expect_part(*state, "GET /v1/catalog/service/a", NULL, 200, "240.0.0.1");
}

static void catalog_and_transactions_give_one_too(void **state)
{
    rig_expect(*state, "PUT /v1/catalog/register",
               "{\"Node\":\"x\",\"Address\":\"10.0.0.9\",\"Service\":{\"Service\":\"c\",\"Port\":5,"
               "\"Connect\":{\"Native\":true}}}",
               200, "true");
    rig_expect_part(*state, "GET /v1/catalog/service/c", NULL, 200, "240.0.0.1");
    rig_expect_part(
        *state, "PUT /v1/txn",
        "[{\"Service\":{\"Verb\":\"set\",\"Node\":\"x\",\"Service\":{\"ID\":\"d\",\"Service\":"
        "\"d\",\"Port\":6,\"Connect\":{\"Native\":true}}}},{\"KV\":{\"Verb\":\"set\",\"Key\":"
        "\"k\",\"Value\":\"eA==\"}}]",
        200, "\"Key\":\"k\"");
    rig_expect_part(*state, "GET /v1/catalog/service/d", NULL, 200, "240.0.0.2");
}

static void addresses_by_hand_move_between_services(void **state)
{
    assign(state, "one", "\"1.1.1.1\"", "{\"Found\":false,\"UnassignedFrom\":[]}");
    resolve(state, "one");
    resolve(state, "Two");
    assign(state, "one", "\"1.1.1.1\",\"2.2.2.2\"", "{\"Found\":true,\"UnassignedFrom\":[]}");
    assign(
        state, "two", "\"2.2.2.2\"",
        "{\"Found\":true,\"UnassignedFrom\":[{\"ServiceName\":{\"Name\":\"one\"},\"Peer\":\"\"}]}");
    assign(state, "none", "\"1.1.1.1\"", "{\"Found\":false,\"UnassignedFrom\":[]}");
    assign(
        state, "one", "\"1.1.1.1\",\"2.2.2.2\",\"3.3.3.3\"",
        "{\"Found\":true,\"UnassignedFrom\":[{\"ServiceName\":{\"Name\":\"two\"},\"Peer\":\"\"}]}");
}

static void chain_shows_both_kinds(void **state)
{
    char request[100];
    rig_expect_part(*state, "GET /v1/discovery-chain/one", NULL, 200,
                    "\"AutoVirtualIPs\":null,\"ManualVirtualIPs\":null");
    resolve(state, "one");
    rig_expect_part(*state, "GET /v1/discovery-chain/one", NULL, 200,
                    "\"AutoVirtualIPs\":[\"240.0.0.1\"],\"ManualVirtualIPs\":null");
    snprintf(request, sizeof request, "GET /v1/discovery-chain/one?index=%s&wait=60s",
             rig_header(*state, "x-consul-index"));
    struct client *c = rig_begin(*state, request, NULL);
    assign(state, "one", "\"1.1.1.1\",\"2.2.2.2\"", "{\"Found\":true,\"UnassignedFrom\":[]}");
    assert_int_equal(rig_end(*state, c), 200);
    assert_non_null(strstr(rig_body(*state), "\"ManualVirtualIPs\":[\"1.1.1.1\",\"2.2.2.2\"]"));
}

static void bad_addresses_are_refused(void **state)
{
    rig_expect(*state, "PUT /v1/internal/service-virtual-ip",
               "{\"Service\":\"a\",\"ManualVIPs\":[\"1.1.1\"]}", 500,
               "\"1.1.1\" is not a valid IPv4 address");
    rig_expect(*state, "PUT /v1/internal/service-virtual-ip",
               "{\"Service\":\"a\",\"ManualVIPs\":[\"fd00::1\"]}", 500,
               "\"fd00::1\" is not a valid IPv4 address");
    rig_expect(*state, "PUT /v1/internal/service-virtual-ip", "{}", 400, "Missing service name");
    resolve(state, "a");
    assign(state, "a",
           "\"1.1.1.1\",\"1.1.1.2\",\"1.1.1.3\",\"1.1.1.4\",\"1.1.1.5\",\"1.1.1.6\",\"1.1.1.7\","
           "\"1.1.1.8\"",
           "{\"Found\":true,\"UnassignedFrom\":[]}");
    rig_expect(*state, "PUT /v1/internal/service-virtual-ip",
               "{\"Service\":\"a\",\"ManualVIPs\":[\"1.1.1.1\",\"1.1.1.2\",\"1.1.1.3\",\"1.1.1.4\","
               "\"1.1.1.5\",\"1.1.1.6\",\"1.1.1.7\",\"1.1.1.8\",\"1.1.1.9\"]}",
               500, "cannot associate more than 8 manual virtual IPs with the same service");
}

int main(void)
{
#define EACH(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)
    const struct CMUnitTest tests[] = {
        EACH(native_and_proxy_show_the_address_of_their_service),
        EACH(address_is_kept),
        EACH(catalog_and_transactions_give_one_too),
        EACH(addresses_by_hand_move_between_services),
        EACH(chain_shows_both_kinds),
        EACH(bad_addresses_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
