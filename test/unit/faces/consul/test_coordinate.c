/* Where nodes stand, and what is sorted by it. */
#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "faces/consul/rows/near.h"

#define ORIGIN "{\"Vec\":[0,0,0,0,0,0,0,0],\"Error\":1.5,\"Adjustment\":0,\"Height\":0.00001}"

static void add_node(void **state, const char *node, const char *address)
{
    char body[400];
    snprintf(
        body, sizeof body,
        "{\"Node\":\"%s\",\"Address\":\"%s\",\"Service\":{\"ID\":\"web-%s\",\"Service\":\"web\","
        "\"Port\":80},\"Check\":{\"CheckID\":\"ping\",\"Status\":\"passing\"}}",
        node, address, node);
    rig_expect(*state, "PUT /v1/catalog/register", body, 200, "true");
}

/* X is how many seconds along the first axis. */
static void place(void **state, const char *node, const char *x)
{
    char body[300];
    snprintf(
        body, sizeof body,
        "{\"Node\":\"%s\",\"Coord\":{\"Vec\":[%s,0,0,0,0,0,0,0],\"Error\":0.5,\"Adjustment\":0,"
        "\"Height\":0.00001}}",
        node, x);
    rig_expect(*state, "PUT /v1/coordinate/update", body, 200, "");
}

/* far is 0.3 s, near 0.1 s from n1; nobody has measured lost. */
static int setup(void **state)
{
    rig_setup(state);
    add_node(state, "far", "10.0.0.7");
    add_node(state, "lost", "10.0.0.8");
    add_node(state, "near", "10.0.0.9");
    place(state, "far", "0.3");
    place(state, "near", "0.1");
    return 0;
}

/* What the request is answered names them in this order. */
static void expect_order(void **state, const char *request, const char *first, const char *second,
                         const char *third)
{
    const char *names[] = { first, second, third };
    char name[100];
    const char *last = "";
    rig_expect_part(*state, request, NULL, 200, "[");
    for (size_t i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "\"Node\":\"%s\"", names[i]);
        const char *at = strstr(rig_body(*state), name);
        assert_non_null(at);
        if (i > 0)
            assert_true(at > last);
        last = at;
    }
}

/* -- claims ----------------------------------------------------------------------------------- */

static void datacenter_is_at_the_origin(void **state)
{
    rig_expect(*state, "GET /v1/coordinate/datacenters", NULL, 200,
               "[{\"Datacenter\":\"dc1\",\"AreaID\":\"wan\",\"Coordinates\":[{\"Node\":\"n1\","
               "\"Segment\":\"\",\"Coord\":" ORIGIN "}]}]");
}

static void updates_are_shown_and_wake_who_waits(void **state)
{
    char request[100];
    rig_expect(
        *state, "GET /v1/coordinate/nodes", NULL, 200,
        "[{\"Node\":\"far\",\"Segment\":\"\",\"Coord\":{\"Vec\":[0.3,0,0,0,0,0,0,0],\"Error\":"
        "0.5,\"Adjustment\":0,\"Height\":0.00001}},{\"Node\":\"n1\",\"Segment\":\"\","
        "\"Coord\":" ORIGIN
        "},{\"Node\":\"near\",\"Segment\":\"\",\"Coord\":{\"Vec\":[0.1,0,0,0,0,0,0,0],"
        "\"Error\":0.5,\"Adjustment\":0,\"Height\":0.00001}}]");
    snprintf(request, sizeof request, "GET /v1/coordinate/nodes?index=%s",
             rig_header(*state, "x-consul-index"));
    struct client *c = rig_begin(*state, request, NULL);
    place(state, "LOST", "0.7");
    assert_int_equal(rig_end(*state, c), 200);
    assert_non_null(strstr(rig_body(*state),
                           "\"Node\":\"lost\",\"Segment\":\"\",\"Coord\":{\"Vec\":"
                           "[0.7,0"));
    rig_expect(*state, "GET /v1/coordinate/nodes?segment=alpha", NULL, 200, "[]");
}

static void one_node_is_shown_or_404(void **state)
{
    rig_expect_part(*state, "GET /v1/coordinate/node/Near", NULL, 200,
                    "[{\"Node\":\"near\",\"Segment\":\"\",\"Coord\":{\"Vec\":[0.1,");
    rig_expect(*state, "GET /v1/coordinate/node/n1", NULL, 200,
               "[{\"Node\":\"n1\",\"Segment\":\"\",\"Coord\":" ORIGIN "}]");
    rig_expect(*state, "GET /v1/coordinate/node/lost", NULL, 404, "");
    assert_true(atoi(rig_header(*state, "x-consul-index")) > 0);
    rig_expect(*state, "GET /v1/coordinate/node/nobody", NULL, 404, "");
}

static void coordinate_goes_with_its_node(void **state)
{
    rig_expect(*state, "PUT /v1/catalog/deregister", "{\"Node\":\"near\"}", 200, "true");
    rig_expect(*state, "GET /v1/coordinate/node/near", NULL, 404, "");
    add_node(state, "near", "10.0.0.9");
    rig_expect(*state, "GET /v1/coordinate/node/near", NULL, 404, "");
}

static void own_node_may_be_measured_too(void **state)
{
    place(state, "n1", "0.35");
    rig_expect_part(*state, "GET /v1/coordinate/node/n1", NULL, 200, "\"Vec\":[0.35,");
    expect_order(state, "GET /v1/catalog/service/web?near=_agent", "far", "near", "lost");
}

static void update_of_what_is_not_there_is_without_effect(void **state)
{
    place(state, "nobody", "1");
    rig_expect(*state, "GET /v1/coordinate/node/nobody", NULL, 404, "");
}

static void bad_updates_are_refused(void **state)
{
#define COORD(vec, height)                                                                         \
    "{\"Node\":\"far\",\"Coord\":{\"Vec\":" vec ",\"Error\":1,\"Adjustment\":0,\"Height\":" height \
    "}}"
    static const struct {
        const char *body, *text;
        int status;
    } rows[] = {
        { "{\"Node\":\"far\"}", "incompatible coordinate", 500 },
        { COORD("[0,0,0,0,0,0,0]", "1"), "incompatible coordinate", 500 },
        { COORD("[0,0,0,0,0,0,0,0,0]", "1"), "incompatible coordinate", 500 },
        { COORD("[0,0,0,0,0,0,0,\"x\"]", "1"), "incompatible coordinate", 500 },
        { COORD("null", "1"), "incompatible coordinate", 500 },
        { "{\"Coord\":{}}", "Must provide node", 500 },
        { "{\"Node\":\"a\\u0000\",\"Coord\":{\"Vec\":[0,0,0,0,0,0,0,0]}}", "", 200 },
        { "{\"Node\":\"far\",\"Segment\":\"alpha\",\"Coord\":{}}",
          "Invalid segment \"alpha\": network segments are a Consul Enterprise feature", 400 },
        { "{\"Node\":\"far\",\"Datacenter\":\"dc2\",\"Coord\":{}}", "No path to datacenter", 500 },
        { "{\"Nod\":\"far\"}", "Request decode failed: json: unknown field \"Nod\"", 400 },
        { "", "Request decode failed: EOF", 400 },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        rig_expect(*state, "PUT /v1/coordinate/update", rows[i].body, rows[i].status, rows[i].text);
    rig_expect_part(*state, "GET /v1/coordinate/node/far", NULL, 200, "\"Vec\":[0.3,");
}

static void near_sorts_nodes_services_and_checks(void **state)
{
    static const char *const routes[] = { "catalog/nodes", "catalog/service/web",
                                          "health/service/web", "health/state/passing" };
    for (size_t i = 0; i < ARRAY_LEN(routes); i++) {
        char request[100];
        snprintf(request, sizeof request, "GET /v1/%s?near=_agent", routes[i]);
        expect_order(state, request, "near", "far", "lost");
        snprintf(request, sizeof request, "GET /v1/%s?near=Far", routes[i]);
        expect_order(state, request, "far", "near", "lost");
        snprintf(request, sizeof request, "GET /v1/%s?near=lost", routes[i]);
        expect_order(state, request, "far", "lost", "near"); /* as without */
        snprintf(request, sizeof request, "GET /v1/%s", routes[i]);
        expect_order(state, request, "far", "lost", "near");
    }
}

static void checks_of_a_service_are_sorted_by_their_nodes(void **state)
{
    static const char *const nodes[] = { "far", "lost", "near" };
    for (size_t i = 0; i < 3; i++) {
        char body[200];
        snprintf(
            body, sizeof body,
            "{\"Node\":\"%s\",\"SkipNodeUpdate\":true,\"Check\":{\"CheckID\":\"c\",\"ServiceID\":"
            "\"web-%s\",\"Status\":\"passing\"}}",
            nodes[i], nodes[i]);
        rig_expect(*state, "PUT /v1/catalog/register", body, 200, "true");
    }
    expect_order(state, "GET /v1/health/checks/web?near=n1", "near", "far", "lost");
    expect_order(state, "GET /v1/health/checks/web", "far", "lost", "near");
}

static void prepared_queries_are_sorted_from_node_or_caller(void **state)
{
    rig_expect_part(*state, "POST /v1/query",
                    "{\"Name\":\"q\",\"Service\":{\"Service\":\"web\",\"Near\":\"_agent\"}}", 200,
                    "ID");
    expect_order(state, "GET /v1/query/q/execute", "near", "far", "lost");
    expect_order(state, "GET /v1/query/q/execute?near=far", "far", "near", "lost");
    /* what is on the node that is looked from comes first, though nobody has measured it */
    rig_expect_part(*state, "GET /v1/query/q/execute?near=lost&limit=1", NULL, 200,
                    "\"Node\":\"lost\"");
    assert_int_equal(rig_ask(*state, "GET /v1/query/q/execute?near=_ip&limit=1", NULL,
                             "X-Forwarded-For: 10.0.0.7, 192.0.2.1\r\n"),
                     200);
    assert_non_null(strstr(rig_body(*state), "\"Node\":\"far\""));
}

static void distance_is_vivaldis(void **state)
{
    const struct coordinate origin = { .error = 1.5 };
    struct coordinate a = { .vec = { 0.003, 0.004 }, .height = 0.001 };
    assert_true(consul_distance(&origin, &a) > 0.00599 && consul_distance(&origin, &a) < 0.00601);
    a.adjustment = -0.002;
    assert_true(consul_distance(&a, &origin) > 0.00399 && consul_distance(&a, &origin) < 0.00401);
    a.adjustment = -1; /* less than nothing: as if nobody had learnt anything */
    assert_true(consul_distance(&a, &origin) > 0.00599 && consul_distance(&a, &origin) < 0.00601);
}

static void what_is_switched_off_is_refused_and_sorts_nothing(void **state)
{
    static const char *const requests[] = { "GET /v1/coordinate/nodes",
                                            "GET /v1/coordinate/node/n1",
                                            "GET /v1/coordinate/datacenters",
                                            "PUT /v1/coordinate/update" };
    struct rig *rig = rig_new();
    rig->options.no_coordinates = true;
    rig_start(rig);
    for (size_t i = 0; i < ARRAY_LEN(requests); i++)
        rig_expect(rig, requests[i], "{}", 401, "Coordinate support disabled");
    rig_free(rig);
}

int main(void)
{
#define ON_NODES(name) cmocka_unit_test_setup_teardown(name, setup, rig_teardown)
    const struct CMUnitTest tests[] = {
        ON_NODES(datacenter_is_at_the_origin),
        ON_NODES(updates_are_shown_and_wake_who_waits),
        ON_NODES(one_node_is_shown_or_404),
        ON_NODES(coordinate_goes_with_its_node),
        ON_NODES(own_node_may_be_measured_too),
        ON_NODES(update_of_what_is_not_there_is_without_effect),
        ON_NODES(bad_updates_are_refused),
        ON_NODES(near_sorts_nodes_services_and_checks),
        ON_NODES(checks_of_a_service_are_sorted_by_their_nodes),
        ON_NODES(prepared_queries_are_sorted_from_node_or_caller),
        cmocka_unit_test(distance_is_vivaldis),
        cmocka_unit_test(what_is_switched_off_is_refused_and_sorts_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
