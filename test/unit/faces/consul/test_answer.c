/* Heads of answers: what each route's says, from the tables of routes. */
#include "faces/consul/call/answer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "faces/consul/call/areas.h"
#include "rig.h"

static bool is_endless(const struct consul_route *route)
{
    return strstr(route->path, "monitor") != NULL || strstr(route->path, "stream") != NULL;
}

static void ask(struct rig *rig, const struct consul_route *r, const char *query, int *ret_status)
{
    char request[300];
    bool has_rest = r->path[strlen(r->path) - 1] == '/';
    snprintf(request, sizeof request, "%s %s%s%s", r->method, r->path, has_rest ? "x" : "", query);
    *ret_status = rig_ask(rig, request, strcmp(r->method, "GET") == 0 ? NULL : "{}", "");
}

static void for_each_route(struct rig *rig,
                           void (*check)(struct rig *rig, const struct consul_route *route))
{
    for (size_t a = 0; a < consul_area_n; a++)
        for (size_t r = 0; r < consul_areas[a]->route_n; r++)
            if (!is_endless(&consul_areas[a]->routes[r]))
                check(rig, &consul_areas[a]->routes[r]);
}

static void assert_header(struct rig *rig, const struct consul_route *r, const char *name,
                          const char *value)
{
    if (strcmp(rig_header(rig, name), value) != 0)
        fail_msg("%s %s: %s is \"%s\", not \"%s\"", r->method, r->path, name, rig_header(rig, name),
                 value);
}

/* -- index --------------------------------------------------------------------------------------
 */

/* Clients stop or begin anew on a 0, and some read the header of a 404. */
static void check_index(struct rig *rig, const struct consul_route *r)
{
    int status;
    if ((r->flags & CONSUL_INDEXED) == 0)
        return;
    ask(rig, r, "", &status);
    if (status == 400)
        return;
    if (strtoull(rig_header(rig, "x-consul-index"), NULL, 10) == 0)
        fail_msg("%s %s: %d with index \"%s\"", r->method, r->path, status,
                 rig_header(rig, "x-consul-index"));
    assert_header(rig, r, "x-consul-lastcontact", "0");
    assert_header(rig, r, "x-consul-knownleader", status < 300 || status == 404 ? "true" : "false");
}

static void read_that_has_an_index_says_it_even_if_nothing_is_there(void **state)
{
    for_each_route(*state, check_index);
}

static void check_no_index(struct rig *rig, const struct consul_route *r)
{
    int status;
    if ((r->flags & CONSUL_INDEXED) != 0 || strstr(r->path, "leave") != NULL)
        return;
    ask(rig, r, "", &status);
    assert_header(rig, r, "x-consul-index", "");
    assert_header(rig, r, "x-consul-effective-consistency", "");
}

static void other_answers_have_none(void **state)
{
    for_each_route(*state, check_no_index);
}

static void check_failed(struct rig *rig, const struct consul_route *r)
{
    int status;
    if ((r->flags & CONSUL_LOCAL) != 0)
        return;
    ask(rig, r, "?dc=elsewhere", &status);
    if (status != 500 && status != 401) /* ACLs are off */
        fail_msg("%s %s: %d", r->method, r->path, status);
    if (status != 500 || (r->flags & CONSUL_INDEXED) == 0)
        return;
    assert_string_equal(rig_body(rig), "No path to datacenter");
    assert_header(rig, r, "x-consul-index", "1");
    assert_header(rig, r, "x-consul-knownleader", "false");
    assert_header(rig, r, "x-consul-lastcontact", "0");
}

static void read_that_failed_has_index_1_and_knows_no_leader(void **state)
{
    for_each_route(*state, check_failed);
}

/* -- types --------------------------------------------------------------------------------------
 */

static void answer_without_a_body_has_no_type(void **state)
{
    static const char *const requests[] = { "GET /v1/kv/none", "OPTIONS /v1/kv/x",
                                            "GET /v1/status/%01", "PUT /v1/agent/reload" };
    for (size_t i = 0; i < ARRAY_LEN(requests); i++) {
        rig_ask(*state, requests[i], NULL, "");
        assert_string_equal(rig_header(*state, "content-type"), "");
        assert_string_equal(rig_body(*state), "");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(read_that_has_an_index_says_it_even_if_nothing_is_there),
        cmocka_unit_test(other_answers_have_none),
        cmocka_unit_test(read_that_failed_has_index_1_and_knows_no_leader),
        cmocka_unit_test(answer_without_a_body_has_no_type),
    };
    return cmocka_run_group_tests(tests, rig_setup, rig_teardown);
}
