/* Intentions, one by one and as what they are: sources of service-intentions. */
#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define ALL "GET /v1/connect/intentions"
#define EXACT(source, destination) \
    " /v1/connect/intentions/exact?source=" source "&destination=" destination
#define CHECK(source, destination) \
    "GET /v1/connect/intentions/check?source=" source "&destination=" destination

static void put(void **state, const char *request, const char *action)
{
    char body[100];
    snprintf(body, sizeof body, "{\"Action\":\"%s\"}", action);
    rig_expect(*state, request, body, 200, "true");
}

static void exact_ones_are_put_and_removed(void **state)
{
    put(state, "PUT" EXACT("web", "api"), "allow");
    rig_expect_part(*state, "GET" EXACT("default/web", "api"), NULL, 200,
                    "{\"SourceNS\":\"default\",\"SourceName\":\"web\",\"DestinationNS\":"
                    "\"default\",\"DestinationName\":\"api\",\"SourceType\":\"consul\","
                    "\"Action\":\"allow\",\"Precedence\":9,\"CreateIndex\":");
    rig_expect_part(*state, "GET /v1/config/service-intentions/api", NULL, 200,
                    "\"Sources\":[{\"Name\":\"web\",\"Action\":\"allow\",\"Precedence\":9,"
                    "\"Type\":\"consul\"}]");
    put(state, "PUT" EXACT("web", "api"), "deny");
    put(state, "PUT" EXACT("db", "api"), "allow");
    rig_expect_part(*state, "GET" EXACT("web", "api"), NULL, 200, "\"Action\":\"deny\"");
    rig_expect(*state, "DELETE" EXACT("web", "api"), NULL, 200, "true");
    rig_expect(*state, "DELETE" EXACT("web", "api"), NULL, 200, "true");
    rig_expect(*state, "GET" EXACT("web", "api"), NULL, 404, "Intention not found");
    rig_expect(*state, "DELETE" EXACT("db", "api"), NULL, 200, "true");
    rig_expect(*state, "GET /v1/config/service-intentions", NULL, 200, "[]");
}

static void what_makes_no_sense_is_refused(void **state)
{
    rig_expect(*state, "PUT /v1/connect/intentions/exact?source=a", "{}", 400,
               "required query parameter 'destination' not set");
    rig_expect(*state, "PUT" EXACT("web", "api"), "{}", 500,
               "Sources[0].Action must be set to 'allow' or 'deny'");
    rig_expect(*state, "PUT" EXACT("web", "api"), "{\"Action\":\"allow\",\"x\":1}", 400,
               "Request decode failed: json: unknown field \"x\"");
    rig_expect(*state, "PUT" EXACT("web", "api"), "{\"Action\":\"allow\",\"Meta\":{\"a\":\"b\"}}",
               500, "Meta must not be specified");
    rig_expect_part(*state, "PUT" EXACT("other/web", "api"), "{\"Action\":\"allow\"}", 400,
                    "Namespaces are a Consul Enterprise feature");
    rig_expect(*state, "PUT" EXACT("web", "api"),
               "{\"Permissions\":[{\"Action\":\"allow\",\"HTTP\":{\"PathExact\":\"/\"}}]}", 500,
               "service \"api\" has protocol \"tcp\", which is incompatible with L7 intentions "
               "permissions");
}

static void a_list_is_in_the_order_that_decides(void **state)
{
    put(state, "PUT" EXACT("*", "*"), "deny");
    put(state, "PUT" EXACT("web", "*"), "allow");
    put(state, "PUT" EXACT("*", "api"), "deny");
    put(state, "PUT" EXACT("web", "api"), "allow");
    assert_int_equal(rig_ask(*state, ALL, NULL, ""), 200);
    const char *at = rig_body(*state);
    static const char *const order[] = { "\"Precedence\":9", "\"Precedence\":8", "\"Precedence\":6",
                                         "\"Precedence\":5" };
    for (size_t i = 0; i < ARRAY_LEN(order); i++) {
        at = strstr(at, order[i]);
        assert_non_null(at);
    }
    rig_expect_part(*state, ALL "?filter=DestinationName%3D%3Dapi", NULL, 200, "\"Precedence\":9");
    assert_null(strstr(rig_body(*state), "\"Precedence\":6"));
}

static void matching_ones_are_found_by_either_side(void **state)
{
    put(state, "PUT" EXACT("*", "*"), "deny");
    put(state, "PUT" EXACT("web", "api"), "allow");
    put(state, "PUT" EXACT("db", "x"), "allow");
    rig_expect_part(*state, "GET /v1/connect/intentions/match?by=destination&name=api", NULL, 200,
                    "{\"api\":[{\"SourceNS\":\"default\",\"SourceName\":\"web\"");
    assert_non_null(strstr(rig_body(*state), "\"SourceName\":\"*\""));
    assert_null(strstr(rig_body(*state), "db"));
    rig_expect_part(*state, "GET /v1/connect/intentions/match?by=source&name=db&name=q", NULL, 200,
                    "\"DestinationName\":\"x\"");
    assert_non_null(strstr(rig_body(*state), "],\"q\":[{"));
    rig_expect(*state, "GET /v1/connect/intentions/match?name=a", NULL, 400,
               "required query parameter 'by' not set");
    rig_expect(*state, "GET /v1/connect/intentions/match?by=source", NULL, 400,
               "required query parameter 'name' not set");
    rig_expect(*state, "GET /v1/connect/intentions/match?by=x&name=a", NULL, 400,
               "'by' parameter must be one of 'source' or 'destination'");
}

static void a_check_asks_the_first_that_matches(void **state)
{
    rig_expect(*state, CHECK("web", "api"), NULL, 200, "{\"Allowed\":true}");
    put(state, "PUT" EXACT("*", "*"), "deny");
    rig_expect(*state, CHECK("web", "api"), NULL, 200, "{\"Allowed\":false}");
    put(state, "PUT" EXACT("web", "api"), "allow");
    rig_expect(*state, CHECK("web", "api"), NULL, 200, "{\"Allowed\":true}");
    rig_expect(*state, CHECK("db", "api"), NULL, 200, "{\"Allowed\":false}");
    rig_expect(*state, "GET /v1/connect/intentions/check?destination=a", NULL, 400,
               "required query parameter 'source' not set");
}

static void what_asks_for_more_does_not_simply_allow(void **state)
{
    rig_expect(*state, "PUT /v1/config",
               "{\"Kind\":\"service-defaults\",\"Name\":\"api\",\"Protocol\":\"http\"}", 200,
               "true");
    rig_expect(*state, "PUT" EXACT("web", "api"),
               "{\"Permissions\":[{\"Action\":\"allow\",\"HTTP\":{\"PathExact\":\"/\"}}]}", 200,
               "true");
    rig_expect(*state, CHECK("web", "api"), NULL, 200, "{\"Allowed\":false}");
    rig_expect_part(*state, "GET" EXACT("web", "api"), NULL, 200,
                    "\"Permissions\":[{\"Action\":\"allow\",\"HTTP\":{\"PathExact\":\"/\"}}]");
}

static void old_ones_have_ids(void **state)
{
    char id[37] = { 0 }, request[100];
    rig_expect_part(*state, "POST /v1/connect/intentions",
                    "{\"SourceName\":\"web\",\"DestinationName\":\"api\",\"Action\":\"allow\","
                    "\"Meta\":{\"a\":\"b\"}}",
                    200, "{\"ID\":\"");
    memcpy(id, rig_body(*state) + 7, 36);
    rig_expect_part(*state, "POST /v1/connect/intentions",
                    "{\"SourceName\":\"web\",\"DestinationName\":\"api\",\"Action\":\"deny\"}", 500,
                    "Sources[1] defines \"web\" more than once");
    snprintf(request, sizeof request, "GET /v1/connect/intentions/%s", id);
    rig_expect_part(*state, request, NULL, 200, "\"Meta\":{\"a\":\"b\"},\"Precedence\":9,");
    assert_non_null(strstr(rig_body(*state), "\"CreatedAt\":\"20"));
    snprintf(request, sizeof request, "PUT /v1/connect/intentions/%s", id);
    rig_expect_part(*state, request,
                    "{\"SourceName\":\"web\",\"DestinationName\":\"api\",\"Action\":\"deny\"}", 200,
                    id);
    rig_expect(*state, request,
               "{\"SourceName\":\"web\",\"DestinationName\":\"db\",\"Action\":\"deny\"}", 500,
               "cannot modify Destination partition/namespace/name for an intention once it "
               "exists.");
    rig_expect(*state, CHECK("web", "api"), NULL, 200, "{\"Allowed\":false}");
    snprintf(request, sizeof request, "DELETE /v1/connect/intentions/%s", id);
    rig_expect(*state, request, NULL, 200, "true");
    rig_expect_part(*state, request, NULL, 500, "Cannot delete non-existent intention: '");
    snprintf(request, sizeof request, "GET /v1/connect/intentions/%s", id);
    rig_expect(*state, request, NULL, 404, "Intention not found");
    rig_expect_part(*state, "GET /v1/connect/intentions/x", NULL, 400, "UUID must be 36");
}

static void entries_have_no_ids_of_intentions(void **state)
{
    rig_expect(*state, "PUT /v1/config",
               "{\"Kind\":\"service-intentions\",\"Name\":\"api\",\"Sources\":[{\"Name\":\"web\","
               "\"Action\":\"allow\",\"LegacyMeta\":{\"a\":\"b\"}}]}",
               500, "Sources[0].LegacyMeta must be omitted");
    rig_expect(*state, "PUT /v1/config",
               "{\"Kind\":\"service-intentions\",\"Name\":\"api\",\"Sources\":[{\"Name\":\"web\","
               "\"Action\":\"allow\",\"LegacyID\":\"x\"}]}",
               200, "true");
    rig_expect_part(*state, ALL, NULL, 200, "[{\"SourceNS\":");
}

int main(void)
{
#define CLAIM(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)
    const struct CMUnitTest tests[] = {
        CLAIM(exact_ones_are_put_and_removed),
        CLAIM(what_makes_no_sense_is_refused),
        CLAIM(a_list_is_in_the_order_that_decides),
        CLAIM(matching_ones_are_found_by_either_side),
        CLAIM(a_check_asks_the_first_that_matches),
        CLAIM(what_asks_for_more_does_not_simply_allow),
        CLAIM(old_ones_have_ids),
        CLAIM(entries_have_no_ids_of_intentions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
