/* A service in one word. */
#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void register_service(void **state, const char *body)
{
    rig_expect(*state, "PUT /v1/agent/service/register", body, 200, "");
}

static void worst_check_is_the_word_and_the_status(void **state)
{
    static const char text[] = "GET /v1/agent/health/service/id/w1?format=text";
    register_service(state,
                     "{\"ID\":\"w1\",\"Name\":\"web\",\"Checks\":[{\"CheckID\":\"a\",\"TTL\":"
                     "\"1m\",\"Status\":\"passing\"},{\"CheckID\":\"b\",\"TTL\":\"1m\","
                     "\"Status\":\"passing\"}]}");
    rig_expect(*state, text, NULL, 200, "passing");
    assert_string_equal(rig_header(*state, "x-consul-reason"), "passing");
    assert_string_equal(rig_header(*state, "content-type"), "text/plain");
    assert_int_equal(
        rig_ask(*state, "GET /v1/agent/health/service/name/web", NULL, "Accept: text/plain\r\n"),
        200);
    assert_string_equal(rig_body(*state), "passing");
    rig_expect(*state, "PUT /v1/agent/check/warn/b", NULL, 200, "");
    rig_expect(*state, text, NULL, 429, "warning");
    rig_expect(*state, "PUT /v1/agent/check/fail/a", NULL, 200, "");
    rig_expect(*state, text, NULL, 503, "critical");
    rig_expect(*state, "PUT /v1/agent/service/maintenance/w1?enable=true", NULL, 200, "");
    rig_expect(*state, text, NULL, 503, "maintenance");
    rig_expect_part(*state, "GET /v1/agent/health/service/id/w1", NULL, 503,
                    "{\"AggregatedStatus\":\"maintenance\",\"Service\":{\"ID\":\"w1\",");
    assert_null(strstr(rig_body(*state), "serfHealth")); /* none of the agent's own */
}

static void nodes_checks_count_too(void **state)
{
    register_service(state, "{\"ID\":\"w1\",\"Name\":\"web\"}");
    rig_expect(*state, "PUT /v1/agent/maintenance?enable=true", NULL, 200, "");
    rig_expect(*state, "GET /v1/agent/health/service/id/w1?format=text", NULL, 503, "maintenance");
}

static void unknown_service_is_404_in_both_forms(void **state)
{
    rig_expect(*state, "GET /v1/agent/health/service/id/x?format=text", NULL, 404,
               "ServiceId x not found");
    assert_string_equal(rig_header(*state, "x-consul-reason"), "ServiceId x not found");
    rig_expect(*state, "GET /v1/agent/health/service/id/x", NULL, 404,
               "{\"AggregatedStatus\":\"critical\",\"Service\":null,\"Checks\":null}");
    rig_expect(*state, "GET /v1/agent/health/service/name/x?format=text", NULL, 404,
               "ServiceName x Not Found");
    rig_expect(*state, "GET /v1/agent/health/service/name/x", NULL, 404, "[]");
    assert_string_equal(rig_header(*state, "x-consul-reason"), "ServiceName x Not Found");
    rig_expect(*state, "GET /v1/agent/health/service/id/", NULL, 400, "Missing serviceID");
    rig_expect(*state, "GET /v1/agent/health/service/name/", NULL, 400, "Missing service Name");
}

static void services_of_a_name_are_a_list(void **state)
{
    register_service(state, "{\"ID\":\"w1\",\"Name\":\"web\"}");
    register_service(state, "{\"ID\":\"w2\",\"Name\":\"web\",\"Check\":{\"TTL\":\"1m\"}}");
    rig_expect_part(*state, "GET /v1/agent/health/service/name/web", NULL, 503,
                    "[{\"AggregatedStatus\":\"passing\",\"Service\":{\"ID\":\"w1\",");
    assert_non_null(
        strstr(rig_body(*state), "{\"AggregatedStatus\":\"critical\",\"Service\":{\"ID\":\"w2\","));
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, rig_setup, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        EACH(worst_check_is_the_word_and_the_status),
        EACH(nodes_checks_count_too),
        EACH(unknown_service_is_404_in_both_forms),
        EACH(services_of_a_name_are_a_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
