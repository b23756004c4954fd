/* What would be exported if there were peers. */
#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void put(void **state, const char *services)
{
    char body[600];
    snprintf(body, sizeof body,
             "{\"Kind\":\"exported-services\",\"Name\":\"default\",\"Services\":%s}", services);
    rig_expect(*state, "PUT /v1/config", body, 200, "true");
}

static void serve(void **state, const char *body)
{
    rig_expect(*state, "PUT /v1/agent/service/register", body, 200, "");
}

static void services_are_listed_with_their_peers(void **state)
{
    rig_expect(*state, "GET /v1/exported-services", NULL, 200, "[]");
    put(state,
        "[{\"Name\":\"web\",\"Consumers\":[{\"Peer\":\"west\"},{\"peer\":\"east\"},{\"Peer\":"
        "\"west\"},{\"SamenessGroup\":\"g\"}]},{\"Name\":\"db\",\"Consumers\":[{\"PeerName\":"
        "\"east\"}]},{\"Name\":\"none\"}]");
    rig_expect(*state, "GET /v1/exported-services", NULL, 200,
               "[{\"Service\":\"db\",\"Consumers\":{\"Peers\":[\"east\"]}},{\"Service\":\"web\","
               "\"Consumers\":{\"Peers\":[\"east\",\"west\"]}}]");
}

static void wildcard_is_all_ordinary_services(void **state)
{
    char request[100];
    serve(state, "{\"Name\":\"web\",\"Port\":1}");
    serve(state, "{\"Name\":\"web\",\"ID\":\"web-2\",\"Port\":2}");
    serve(state, "{\"Name\":\"in\",\"Kind\":\"ingress-gateway\",\"Port\":3}");
    put(state, "[{\"Name\":\"*\",\"Consumers\":[{\"Peer\":\"east\"}]}]");
    rig_expect(*state, "GET /v1/exported-services", NULL, 200,
               "[{\"Service\":\"web\",\"Consumers\":{\"Peers\":[\"east\"]}}]");
    snprintf(request, sizeof request, "GET /v1/exported-services?index=%s&wait=60s",
             rig_header(*state, "x-consul-index"));
    struct client *c = rig_begin(*state, request, NULL);
    serve(state, "{\"Name\":\"api\",\"Port\":4}");
    assert_int_equal(rig_end(*state, c), 200);
    assert_non_null(strstr(rig_body(*state), "\"Service\":\"api\""));
}

static void nothing_is_imported(void **state)
{
    rig_expect(*state, "GET /v1/imported-services", NULL, 200, "[]");
}

int main(void)
{
#define EACH(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)
    const struct CMUnitTest tests[] = {
        EACH(services_are_listed_with_their_peers),
        EACH(wildcard_is_all_ordinary_services),
        EACH(nothing_is_imported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
