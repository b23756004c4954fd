/* Paths, and where they lead. */
#include "faces/consul/call/route.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct arena arena;
static struct consul_router *router;

static int setup(void **state)
{
    arena_init(&arena, 0);
    router = consul_router_new();
    return 0;
}

static int teardown(void **state)
{
    consul_router_free(router);
    arena_fini(&arena);
    return 0;
}

static void paths_are_cleaned_as_go_cleans_them(void **state)
{
    static const char *const paths[][2] = {
        { "/", "/" },         { "", "/" },         { "//", "/" },          { "/a/b", "/a/b" },
        { "/a/b/", "/a/b/" }, { "/a//b", "/a/b" }, { "//a", "/a" },        { "/a/./b", "/a/b" },
        { "/a/../b", "/b" },  { "/../a", "/a" },   { "/a/b/..", "/a/" },   { "/a/.", "/a/" },
        { "/../../..", "/" }, { "a/b", "/a/b" },   { "/a/...", "/a/..." }, { "/.a/..b", "/.a/..b" }
    };
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        struct bytes got = consul_path_clean(bytes_str(paths[i][0]), &arena);
        if (!bytes_is(got, paths[i][1]))
            fail_msg("%s: %.*s, not %s", paths[i][0], (int)got.n, (const char *)got.p, paths[i][1]);
        assert_true(bytes_eq(consul_path_clean(got, &arena), got));
    }
}

static void clean_path_is_the_same_bytes(void **state)
{
    struct bytes path = bytes_str("/v1/kv/a.b/c");
    assert_ptr_equal(consul_path_clean(path, &arena).p, path.p);
}

static void escapes_are_read_once(void **state)
{
    assert_true(
        bytes_is(consul_path_decode(bytes_str("/a%2Fb%20c+d%252f"), &arena), "/a/b c+d%2f"));
    assert_true(bytes_is(consul_path_decode(bytes_str("/a%zz%2"), &arena), "/a%zz%2"));
    assert_true(
        bytes_is(consul_path_encode(bytes_str("/a b%\xc3\xa9/~"), &arena), "/a%20b%25%C3%A9/~"));
}

static void only_what_can_be_seen_is_printable(void **state)
{
    assert_true(consul_path_is_printable(bytes_str("/a b/\xc3\xa9\xf0\x9f\x98\x80")));
    static const char *const bad[] = { "/\x01", "/\x7f", "/\xc2\x85", "/\xff", "/\xe2\x80\xa8" };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(consul_path_is_printable(bytes_str(bad[i])));
}

static struct consul_match find(const char *method, const char *path)
{
    return consul_route_find(router, bytes_str(method), bytes_str(path), &arena);
}

static void longest_route_that_begins_a_path_is_taken(void **state)
{
    struct consul_match m = find("GET", "/v1/agent/health/service/id/a/b");
    assert_string_equal(m.route->path, "/v1/agent/health/service/id/");
    assert_true(bytes_is(m.rest, "a/b"));
    m = find("GET", "/v1/agent/service/register");
    assert_null(m.route); /* the exact path has other methods */
    assert_string_equal(m.allow, "OPTIONS,PUT");
    m = find("PUT", "/v1/agent/service/register");
    assert_string_equal(m.route->path, "/v1/agent/service/register");
    assert_int_equal(m.rest.n, 0);
}

static void path_that_lacks_its_slash_is_told(void **state)
{
    assert_true(find("GET", "/v1/agent/service").add_slash);
    assert_false(find("GET", "/v1/agent/services").add_slash);
    struct consul_match m = find("GET", "/v1/nowhere");
    assert_true(!m.add_slash && m.route == NULL && m.allow == NULL);
}

static void no_route_stands_twice_and_each_is_described(void **state)
{
    for (size_t a = 0; a < consul_area_n; a++) {
        for (size_t r = 0; r < consul_areas[a]->route_n; r++) {
            const struct consul_route *route = &consul_areas[a]->routes[r];
            struct consul_match m = find(route->method, route->path);
            if (m.route != route)
                fail_msg("%s %s stands twice", route->method, route->path);
            if (route->does == NULL || route->test == NULL || route->access == NULL)
                fail_msg("%s %s is not described", route->method, route->path);
        }
    }
}

/* consul.md, appendix A. Clients take a path that is not known for a broken server. */
static void every_route_of_consuls_is_known(void **state)
{
    static const char *const all[] = {
        "agent GET self version host members metrics services service/ checks health/service/id/ "
        "health/service/name/ connect/ca/roots connect/ca/leaf/",
        "agent PUT maintenance reload join/ leave force-leave/ token/ service/register "
        "service/deregister/ service/maintenance/ check/register check/deregister/ check/pass/ "
        "check/warn/ check/fail/ check/update/",
        "agent POST connect/authorize",
        "catalog PUT register deregister",
        "catalog GET datacenters nodes services service/ connect/ node/ node-services/ "
        "gateway-services/",
        "health GET node/ checks/ state/ service/ connect/ ingress/",
        "kv GET /",
        "kv PUT /",
        "kv DELETE /",
        "session PUT create destroy/ renew/",
        "session GET info/ node/ list",
        "event PUT fire/",
        "event GET list",
        "query GET /",
        "query PUT /",
        "query DELETE /",
        "status GET leader peers",
        "acl PUT bootstrap policy token role binding-rule auth-method policy/ token/ role/ "
        "binding-rule/ auth-method/",
        "acl POST login logout templated-policy/preview/",
        "acl GET replication policies roles tokens token/self binding-rules auth-methods "
        "templated-policies policy/ token/ role/ binding-rule/ auth-method/ policy/name/ "
        "role/name/ templated-policy/name/",
        "acl DELETE policy/ token/ role/ binding-rule/ auth-method/",
        "config GET /",
        "config DELETE /",
        "discovery-chain GET /",
        "discovery-chain POST /",
        "connect GET ca/roots intentions/match intentions/check ca/configuration intentions "
        "intentions/exact intentions/",
        "connect PUT ca/configuration intentions/exact intentions/",
        "connect POST intentions",
        "connect DELETE intentions/exact intentions/",
        "coordinate GET datacenters nodes node/",
        "coordinate PUT update",
        "operator GET raft/configuration usage autopilot/health autopilot/state "
        "autopilot/configuration keyring",
        "operator POST raft/transfer-leader keyring",
        "operator PUT autopilot/configuration keyring",
        "operator DELETE raft/peer keyring",
        "internal GET ui/nodes ui/node/ ui/services ui/catalog-overview ui/exported-services "
        "ui/service-topology/ ui/gateway-services-nodes/ ui/gateway-intentions/ "
        "ui/metrics-proxy/ federation-states federation-state/ federation-states/mesh-gateways",
        "internal POST acl/authorize",
        "internal PUT service-virtual-ip",
        "peering POST token establish",
        "peering GET /",
        "peering DELETE /",
    };
    static const char *const whole[][2] = {
        { "PUT", "/v1/txn" },      { "GET", "/v1/query" },
        { "POST", "/v1/query" },   { "GET", "/v1/snapshot" },
        { "PUT", "/v1/snapshot" }, { "PUT", "/v1/config" },
        { "GET", "/v1/peerings" }, { "GET", "/v1/exported-services" },
    };
    for (size_t i = 0; i < ARRAY_LEN(whole); i++)
        if (find(whole[i][0], whole[i][1]).route == NULL)
            fail_msg("%s %s is not known", whole[i][0], whole[i][1]);
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        char words[600], method[16], area[32], path[200];
        int n = 0;
        snprintf(words, sizeof words, "%s", all[i]);
        assert_int_equal(sscanf(words, "%31s %15s %n", area, method, &n), 2);
        for (char *save, *one = strtok_r(words + n, " ", &save); one != NULL;
             one = strtok_r(NULL, " ", &save)) {
            snprintf(path, sizeof path, "/v1/%s/%s", area, one[0] == '/' ? "" : one);
            const struct consul_route *route = find(method, path).route;
            if (route == NULL || strcmp(route->path, path) != 0)
                fail_msg("%s %s is not known", method, path);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_are_cleaned_as_go_cleans_them),
        cmocka_unit_test(clean_path_is_the_same_bytes),
        cmocka_unit_test(escapes_are_read_once),
        cmocka_unit_test(only_what_can_be_seen_is_printable),
        cmocka_unit_test(longest_route_that_begins_a_path_is_taken),
        cmocka_unit_test(path_that_lacks_its_slash_is_told),
        cmocka_unit_test(no_route_stands_twice_and_each_is_described),
        cmocka_unit_test(every_route_of_consuls_is_known),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
