/* Configuration entries and the chains that are made of them. */
#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define PUT "PUT /v1/config"

static void put(void **state, const char *entry)
{
    rig_expect(*state, PUT, entry, 200, "true");
}

static void put_http(void **state, const char *service)
{
    char entry[200];
    snprintf(entry, sizeof entry,
             "{\"Kind\":\"service-defaults\",\"Name\":\"%s\",\"Protocol\":\"http\"}", service);
    put(state, entry);
}

/* -- entries ------------------------------------------------------------------------------------
 */

static void an_entry_comes_back_with_its_indexes(void **state)
{
    put(state, "{\"kind\":\"service-resolver\",\"name\":\"web\",\"connect_timeout\":\"15s\"}");
    rig_expect_part(*state, "GET /v1/config/service-resolver/web", NULL, 200,
                    "{\"Kind\":\"service-resolver\",\"Name\":\"web\",\"ConnectTimeout\":\"15s\","
                    "\"Hash\":");
    const char *modify = strstr(rig_body(*state), "\"ModifyIndex\":");
    assert_non_null(modify);
    assert_int_equal(strtoul(modify + 14, NULL, 10),
                     strtoul(rig_header(*state, "x-consul-index"), NULL, 10));
}

static void a_list_has_the_entries_of_one_kind(void **state)
{
    put(state, "{\"Kind\":\"service-defaults\",\"Name\":\"b\",\"Protocol\":\"grpc\"}");
    put(state, "{\"Kind\":\"service-defaults\",\"Name\":\"a\"}");
    put(state, "{\"Kind\":\"mesh\"}");
    rig_expect_part(*state, "GET /v1/config/service-defaults", NULL, 200,
                    "[{\"Kind\":\"service-defaults\",\"Name\":\"a\",");
    assert_non_null(strstr(rig_body(*state), "\"Name\":\"b\",\"Protocol\":\"grpc\""));
    assert_null(strstr(rig_body(*state), "mesh"));
    rig_expect(*state, "GET /v1/config/service-splitter", NULL, 200, "[]");
    rig_expect_part(*state, "GET /v1/config/mesh/mesh", NULL, 200, "{\"Kind\":\"mesh\"");
}

static void a_list_of_defaults_is_filtered(void **state)
{
    put(state, "{\"Kind\":\"service-defaults\",\"Name\":\"b\",\"Protocol\":\"grpc\"}");
    put(state, "{\"Kind\":\"service-defaults\",\"Name\":\"a\",\"Meta\":{\"x\":\"y\"}}");
    rig_expect_part(*state, "GET /v1/config/service-defaults?filter=Protocol%3D%3Dgrpc", NULL, 200,
                    "[{\"Kind\":\"service-defaults\",\"Name\":\"b\",");
    assert_null(strstr(rig_body(*state), "\"a\""));
    rig_expect_part(*state, "GET /v1/config/service-defaults?filter=Meta.x%3D%3Dy", NULL, 200,
                    "\"Name\":\"a\"");
    rig_expect_part(*state, "GET /v1/config/service-defaults?filter=Nothing%3D%3D1", NULL, 500,
                    "Failed to create boolean expression evaluator: ");
    rig_expect(*state, "GET /v1/config/service-resolver?filter=Name%3D%3D1", NULL, 500,
               "filtering not supported for config entry kind=service-resolver");
}

static void what_is_not_there_is_not_found(void **state)
{
    rig_expect(*state, "GET /v1/config/service-resolver/x", NULL, 404,
               "Config entry not found for \"service-resolver\" / \"x\"");
    rig_expect(*state, "GET /v1/config/", NULL, 404,
               "Must provide either a kind or both kind and name");
    rig_expect(*state, "DELETE /v1/config/service-resolver", NULL, 404,
               "Must provide both a kind and name to delete");
    rig_expect(*state, "DELETE /v1/config/service-resolver/x", NULL, 200, "{}");
}

static void kinds_that_are_none_are_refused(void **state)
{
    rig_expect(*state, "GET /v1/config/x", NULL, 500, "invalid config entry kind: x");
    rig_expect(*state, "DELETE /v1/config/x/y", NULL, 400, "invalid config entry kind: x");
    rig_expect(*state, PUT, "{\"Kind\":\"x\",\"Name\":\"y\"}", 400,
               "Request decoding failed: invalid config entry kind: x");
    rig_expect(*state, PUT, "{\"Kind\":\"service-router\",\"Name\":\"y\",\"Rotues\":[]}", 400,
               "Request decoding failed: 1 error occurred:\n\t* invalid config key \"Rotues\"\n\n");
    rig_expect(*state, PUT, "", 400, "Request decoding failed: EOF");
    rig_expect(*state, PUT, "{\"Kind\":\"service-router\"}", 500, "Name is required");
}

static void proxies_are_merged_with_what_entries_say(void **state)
{
    char request[100];
    rig_expect(*state, "PUT /v1/agent/service/register",
               "{\"Name\":\"web-proxy\",\"Kind\":\"connect-proxy\",\"Port\":9,\"Proxy\":{"
               "\"DestinationServiceName\":\"web\"}}",
               200, "");
    put(state, "{\"Kind\":\"proxy-defaults\",\"Name\":\"global\",\"Config\":{\"a\":1}}");
    rig_ask(*state, "GET /v1/health/service/web-proxy", NULL, "");
    assert_null(strstr(rig_body(*state), "\"Config\""));
    rig_expect_part(*state, "GET /v1/health/service/web-proxy?merge-central-config", NULL, 200,
                    "\"Config\":{\"a\":1}");
    snprintf(request, sizeof request,
             "GET /v1/catalog/service/web-proxy?merge-central-config&index=%s",
             rig_header(*state, "x-consul-index"));
    struct client *c = rig_begin(*state, request, NULL);
    put(state, "{\"Kind\":\"service-defaults\",\"Name\":\"web\",\"Protocol\":\"http\"}");
    assert_int_equal(rig_end(*state, c), 200);
    assert_non_null(strstr(rig_body(*state), "\"Config\":{\"protocol\":\"http\",\"a\":1}"));
    rig_expect_part(*state, "GET /v1/health/connect/web?merge-central-config", NULL, 200,
                    "\"protocol\":\"http\"");
}

/* An entry of N bytes. */
static int put_long(void **state, size_t n)
{
    static const char before[] = "{\"Kind\":\"api-gateway\",\"Name\":\"in\",\"X\":\"";
    char *entry = malloc(n + 1);
    memset(entry, 'x', n);
    memcpy(entry, before, strlen(before));
    memcpy(entry + n - 2, "\"}", 3);
    int status = rig_ask(*state, PUT, entry, "");
    free(entry);
    return status;
}

static void an_entry_has_256_kib(void **state)
{
    assert_int_equal(put_long(state, 256 * 1024), 200);
    assert_int_equal(put_long(state, 256 * 1024 + 1), 413);
}

static void put_again_changes_nothing(void **state)
{
    char first[40];
    put(state, "{\"Kind\":\"service-resolver\",\"Name\":\"web\",\"ConnectTimeout\":\"15s\"}");
    rig_ask(*state, "GET /v1/config/service-resolver", NULL, "");
    snprintf(first, sizeof first, "%s", rig_header(*state, "x-consul-index"));
    put(state, "{\"kind\":\"service-resolver\",\"name\":\"web\",\"connect_timeout\":\"15000ms\"}");
    rig_ask(*state, "GET /v1/config/service-resolver", NULL, "");
    assert_string_equal(rig_header(*state, "x-consul-index"), first);
}

static void cas_asks_for_an_index(void **state)
{
    char request[100];
    static const char entry[] = "{\"Kind\":\"service-resolver\",\"Name\":\"web\"}";
    static const char other[] =
        "{\"Kind\":\"service-resolver\",\"Name\":\"web\",\"ConnectTimeout\":\"1s\"}";
    rig_expect(*state, PUT "?cas=5", entry, 200, "false");
    rig_expect(*state, PUT "?cas=0", entry, 200, "true");
    rig_expect(*state, PUT "?cas=0", other, 200, "false");
    rig_expect(*state, PUT "?cas=x", other, 400,
               "strconv.ParseUint: parsing \"x\": invalid syntax");
    rig_ask(*state, "GET /v1/config/service-resolver/web", NULL, "");
    unsigned long at = strtoul(strstr(rig_body(*state), "\"ModifyIndex\":") + 14, NULL, 10);
    snprintf(request, sizeof request, PUT "?cas=%lu", at);
    rig_expect(*state, request, other, 200, "true");
    snprintf(request, sizeof request, "DELETE /v1/config/service-resolver/web?cas=%lu", at);
    rig_expect(*state, request, NULL, 200, "false");
    rig_ask(*state, "GET /v1/config/service-resolver/web", NULL, "");
    at = strtoul(strstr(rig_body(*state), "\"ModifyIndex\":") + 14, NULL, 10);
    snprintf(request, sizeof request, "DELETE /v1/config/service-resolver/web?cas=%lu", at);
    rig_expect(*state, request, NULL, 200, "true");
    rig_expect(*state, "GET /v1/config/service-resolver", NULL, 200, "[]");
}

static void what_stands_as_asked_has_no_index_to_meet(void **state)
{
    static const char entry[] = "{\"Kind\":\"service-resolver\",\"Name\":\"web\"}";
    rig_expect(*state, "DELETE /v1/config/service-resolver/web?cas=5", NULL, 200, "true");
    rig_expect(*state, PUT "?cas=0", entry, 200, "true");
    rig_expect(*state, PUT "?cas=0", entry, 200, "true");
    rig_expect(*state, PUT "?cas=999", entry, 200, "true");
    rig_expect(*state, "DELETE /v1/config/service-resolver/web?cas=999", NULL, 200, "false");
}

static void a_reader_waits_for_an_entry(void **state)
{
    char request[100];
    put(state, "{\"Kind\":\"mesh\"}");
    rig_ask(*state, "GET /v1/config/service-resolver/web", NULL, "");
    snprintf(request, sizeof request, "GET /v1/config/service-resolver/web?wait=30s&index=%s",
             rig_header(*state, "x-consul-index"));
    struct client *waits = rig_begin(*state, request, NULL);
    put(state, "{\"Kind\":\"service-resolver\",\"Name\":\"web\"}");
    assert_int_equal(rig_end(*state, waits), 200);
    assert_non_null(strstr(rig_body(*state), "\"Name\":\"web\""));
}

/* -- entries together ---------------------------------------------------------------------------
 */

#define SPLIT_WEB                                                                   \
    "{\"Kind\":\"service-splitter\",\"Name\":\"web\",\"Splits\":[{\"Weight\":90},{" \
    "\"Weight\":10,\"Service\":\"alt\"}]}"

static void a_write_that_breaks_a_chain_is_refused(void **state)
{
    rig_expect(*state, PUT, SPLIT_WEB, 500,
               "discovery chain \"web\" uses a protocol \"tcp\" that does not permit advanced "
               "routing or splitting behavior");
    put_http(state, "web");
    rig_expect(*state, PUT, SPLIT_WEB, 500,
               "discovery chain \"web\" uses inconsistent protocols; service \"alt\" has \"tcp\" "
               "which is not \"http\"");
    put_http(state, "alt");
    put(state, SPLIT_WEB);
    rig_expect(*state, PUT, "{\"Kind\":\"service-defaults\",\"Name\":\"alt\"}", 500,
               "discovery chain \"web\" uses inconsistent protocols; service \"alt\" has \"tcp\" "
               "which is not \"http\"");
    rig_expect(*state, PUT,
               "{\"Kind\":\"service-resolver\",\"Name\":\"alt\",\"Redirect\":{\"Service\":"
               "\"web\",\"ServiceSubset\":\"v9\"}}",
               500, "service \"web\" does not have a subset named \"v9\"");
}

static void what_a_chain_needs_is_not_removed(void **state)
{
    put_http(state, "web");
    put_http(state, "alt");
    put(state, SPLIT_WEB);
    rig_expect_part(*state, "DELETE /v1/config/service-defaults/alt", NULL, 500,
                    "uses inconsistent protocols");
    rig_expect(*state, "DELETE /v1/config/service-splitter/web", NULL, 200, "{}");
    rig_expect(*state, "DELETE /v1/config/service-defaults/alt", NULL, 200, "{}");
}

/* web's router leads to a"1, whose splitter leads to alt. */
static void a_write_is_checked_from_afar(void **state)
{
    put(state, "{\"Kind\":\"proxy-defaults\",\"Config\":{\"protocol\":\"http\"}}");
    put(state, "{\"Kind\":\"service-splitter\",\"Name\":\"a\\\"1\",\"Splits\":[{\"Weight\":100,"
               "\"Service\":\"alt\"}]}");
    put(state, "{\"Kind\":\"service-router\",\"Name\":\"web\",\"Routes\":[{\"Destination\":{"
               "\"Service\":\"a\\\"1\"}}]}");
    rig_expect_part(*state, PUT,
                    "{\"Kind\":\"service-defaults\",\"Name\":\"alt\",\"Protocol\":\"grpc\"}", 500,
                    "discovery chain \"web\" uses inconsistent protocols");
}

static void proxy_defaults_are_checked_for_all(void **state)
{
    put(state, "{\"Kind\":\"proxy-defaults\",\"Config\":{\"protocol\":\"http\"}}");
    put(state, SPLIT_WEB);
    rig_expect_part(*state, "DELETE /v1/config/proxy-defaults/global", NULL, 500,
                    "uses a protocol \"tcp\"");
    rig_expect_part(*state, PUT, "{\"Kind\":\"proxy-defaults\"}", 500, "uses a protocol \"tcp\"");
}

static void permissions_need_requests(void **state)
{
    static const char intentions[] =
        "{\"Kind\":\"service-intentions\",\"Name\":\"api\",\"Sources\":[{\"Name\":\"web\","
        "\"Permissions\":[{\"Action\":\"allow\",\"HTTP\":{\"PathPrefix\":\"/\"}}]}]}";
    rig_expect(*state, PUT, intentions, 500,
               "service \"api\" has protocol \"tcp\", which is incompatible with L7 intentions "
               "permissions");
    put_http(state, "api");
    put(state, intentions);
    rig_expect_part(*state, "DELETE /v1/config/service-defaults/api", NULL, 500,
                    "incompatible with L7 intentions permissions");
}

/* Each is right by itself, not both: many at once, and one kind wins. */
static void writes_at_once_do_not_both_pass(void **state)
{
    enum { ROUNDS = 10 };
    put_http(state, "web");
    for (int i = 0; i < ROUNDS; i++) {
        put_http(state, "alt");
        struct client *split = rig_begin(*state, PUT, SPLIT_WEB);
        struct client *plain =
            rig_begin(*state, PUT, "{\"Kind\":\"service-defaults\",\"Name\":\"alt\"}");
        int took_split = rig_end(*state, split) == 200, took_plain = rig_end(*state, plain) == 200;
        assert_int_equal(took_split + took_plain, 1);
        rig_expect(*state, "DELETE /v1/config/service-splitter/web", NULL, 200, "{}");
    }
}

/* -- chains -------------------------------------------------------------------------------------
 */

static void a_chain_is_compiled_from_entries(void **state)
{
    put_http(state, "web");
    put_http(state, "alt");
    put(state, SPLIT_WEB);
    rig_expect_part(*state, "GET /v1/discovery-chain/web", NULL, 200,
                    "{\"Chain\":{\"ServiceName\":\"web\",\"Namespace\":\"default\",\"Partition\":"
                    "\"default\",\"Datacenter\":\"dc1\",\"Protocol\":\"http\",\"StartNode\":"
                    "\"splitter:web.default.default\"");
    assert_non_null(strstr(rig_body(*state), "\"SNI\":\"alt.default.dc1.internal."));
    assert_string_equal(rig_header(*state, "x-consul-effective-consistency"), "leader");
    rig_expect_part(*state, "GET /v1/discovery-chain/other", NULL, 200,
                    "\"Default\":true,\"Protocol\":\"tcp\"");
    rig_expect_part(*state, "GET /v1/discovery-chain/web?compile-dc=dc2", NULL, 200,
                    "resolver:web.default.default.dc2");
    rig_expect(*state, "GET /v1/discovery-chain/", NULL, 400, "Missing chain name");
}

static void overrides_are_asked_for(void **state)
{
    put_http(state, "web");
    put_http(state, "alt");
    put(state, SPLIT_WEB);
    rig_expect_part(*state, "POST /v1/discovery-chain/web",
                    "{\"OverrideProtocol\":\"tcp\",\"OverrideConnectTimeout\":\"7s\","
                    "\"OverrideMeshGateway\":{\"Mode\":\"local\"}}",
                    200, "\"CustomizationHash\":\"");
    assert_non_null(strstr(rig_body(*state), "\"Protocol\":\"tcp\",\"StartNode\":\"resolver:web"));
    assert_non_null(strstr(rig_body(*state), "\"ConnectTimeout\":\"7s\""));
    assert_non_null(strstr(rig_body(*state), "\"MeshGateway\":{\"Mode\":\"local\"}"));
    rig_expect_part(*state, "POST /v1/discovery-chain/web", "{\"x\":1}", 400,
                    "Request decode failed: json: unknown field \"x\"");
}

/* -- rights -------------------------------------------------------------------------------------
 */

#define ROOT_TOKEN "0a0b0c0d-0000-4000-8000-0000000000ff"
#define AS_ROOT "X-Consul-Token: " ROOT_TOKEN "\r\n"

static void entries_are_for_who_may(void **state)
{
    static const struct gate_options closed = { .is_on = true };
    static const char web[] = "{\"Kind\":\"service-resolver\",\"Name\":\"web\"}";
    struct rig *rig = rig_new();
    (void)state;
    rig->k.hub_options.gate = &closed;
    rig_start(rig);
    rig_ask(rig, "PUT /v1/acl/bootstrap", "{\"BootstrapSecret\":\"" ROOT_TOKEN "\"}", "");
    rig_expect_part(rig, PUT, web, 403, "lacks permission 'service:write' on \"web\"");
    rig_expect_part(rig, PUT, "{\"Kind\":\"mesh\"}", 403, "lacks permission 'mesh:write'");
    rig_expect_part(rig, PUT,
                    "{\"Kind\":\"service-intentions\",\"Name\":\"web\",\"Sources\":[{\"Name\":"
                    "\"a\",\"Action\":\"allow\"}]}",
                    403, "lacks permission 'intention:write' on \"web\"");
    assert_int_equal(rig_ask(rig, PUT, web, AS_ROOT), 200);
    rig_expect_part(rig, "GET /v1/config/service-resolver/web", NULL, 403, "service:read");
    rig_expect(rig, "GET /v1/config/service-resolver", NULL, 200, "[]");
    rig_expect_part(rig, "DELETE /v1/config/service-resolver/web", NULL, 403, "service:write");
    rig_expect_part(rig, "GET /v1/discovery-chain/web", NULL, 403, "service:read");
    assert_int_equal(rig_ask(rig, "GET /v1/config/service-resolver", NULL, AS_ROOT), 200);
    assert_non_null(strstr(rig_body(rig), "\"Name\":\"web\""));
    rig_free(rig);
}

int main(void)
{
#define CLAIM(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)
    const struct CMUnitTest tests[] = {
        CLAIM(an_entry_comes_back_with_its_indexes),
        CLAIM(a_list_has_the_entries_of_one_kind),
        CLAIM(a_list_of_defaults_is_filtered),
        CLAIM(what_is_not_there_is_not_found),
        CLAIM(kinds_that_are_none_are_refused),
        CLAIM(an_entry_has_256_kib),
        CLAIM(proxies_are_merged_with_what_entries_say),
        CLAIM(put_again_changes_nothing),
        CLAIM(cas_asks_for_an_index),
        CLAIM(what_stands_as_asked_has_no_index_to_meet),
        CLAIM(a_reader_waits_for_an_entry),
        CLAIM(a_write_that_breaks_a_chain_is_refused),
        CLAIM(what_a_chain_needs_is_not_removed),
        CLAIM(a_write_is_checked_from_afar),
        CLAIM(proxy_defaults_are_checked_for_all),
        CLAIM(permissions_need_requests),
        CLAIM(writes_at_once_do_not_both_pass),
        CLAIM(a_chain_is_compiled_from_entries),
        CLAIM(overrides_are_asked_for),
        cmocka_unit_test(entries_are_for_who_may),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
