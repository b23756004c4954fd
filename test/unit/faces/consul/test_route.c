/* Paths, and where they lead. */
#include "faces/consul/call/route.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
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
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
