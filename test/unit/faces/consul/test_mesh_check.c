/* What services of the mesh must say, and may not. */
#include "faces/consul/registry/mesh_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct arena arena;

static const struct json_node *json(const char *text)
{
    const struct json_node *node = NULL;
    if (text != NULL)
        assert_int_equal(json_read(bytes_str(text), &arena, &node, NULL), OK);
    return node;
}

static void assert_says(const char *kind, int64_t port, const char *proxy, const char *connect,
                        const char *expected)
{
    struct why why = { "" };
    struct consul_mesh_part part = {
        .kind = bytes_str(kind), .port = port, .proxy = json(proxy), .connect = json(connect)
    };
    enum err e = consul_mesh_check(&part, &why);
    assert_int_equal(e, expected[0] == 0 ? OK : ERR_INVALID);
    assert_string_equal(why.text, expected);
}

static void service_that_is_no_part_of_the_mesh_needs_nothing(void **state)
{
    assert_says("", 0, NULL, NULL, "");
    assert_says("", 0, "{}", "{\"Native\":false}", "");
    assert_says("", 0, NULL, "{\"SidecarService\":{}}", "");
    assert_says("", 1, NULL, "{\"native\":true}", "");
}

static void proxy_needs_a_destination_and_a_place(void **state)
{
    static const char to_web[] = "{\"destinationservicename\":\"web\"}";
    assert_says("connect-proxy", 1, to_web, NULL, "");
    assert_says("connect-proxy", 0, to_web, NULL,
                "1 error occurred:\n\t* Port or SocketPath must be set for a connect-proxy\n\n");
    assert_says("connect-proxy", 0, "{\"DestinationServiceName\":\" \"}", NULL,
                "2 errors occurred:\n\t* Port or SocketPath must be set for a connect-proxy\n\t* "
                "Proxy.DestinationServiceName must be non-empty for Connect proxy services\n\n");
    assert_says("connect-proxy", 1, "{\"DestinationServiceName\":\"*\"}", NULL,
                "1 error occurred:\n\t* Proxy.DestinationServiceName must not be a wildcard for "
                "Connect proxy services\n\n");
    assert_says("connect-proxy", 1, to_web, "{\"Native\":true}",
                "1 error occurred:\n\t* A Proxy cannot also be Connect Native, only typical "
                "services\n\n");
    struct why why = { "" };
    struct consul_mesh_part by_socket = { .kind = bytes_str("connect-proxy"),
                                          .socket_path = bytes_str("/s"),
                                          .proxy = json(to_web) };
    assert_int_equal(consul_mesh_check(&by_socket, &why), OK);
}

static void gateway_needs_a_port_and_has_nothing_of_a_proxy(void **state)
{
    assert_says("ingress-gateway", 0, NULL, NULL, "");
    assert_says("api-gateway", 0, NULL, NULL, "");
    assert_says("mesh-gateway", 0, NULL, NULL,
                "1 error occurred:\n\t* Port must be non-zero for a mesh-gateway\n\n");
    assert_says("terminating-gateway", 1, NULL, "{\"SidecarService\":{}}",
                "1 error occurred:\n\t* A terminating-gateway cannot have a sidecar service "
                "defined\n\n");
    static const char *const fields[] = { "DestinationServiceName", "DestinationServiceID",
                                          "LocalServiceAddress",    "LocalServicePort",
                                          "LocalServiceSocketPath", "Upstreams" };
    for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
        const char *value = strcmp(fields[i], "LocalServicePort") == 0 ? "8"
                            : strcmp(fields[i], "Upstreams") == 0      ? "[{}]"
                                                                       : "\"x\"";
        assert_says(
            "mesh-gateway", 1,
            arena_printf(&arena, "{\"%s\":%s,\"Mode\":\"\",\"Upstream\":[]}", fields[i], value),
            NULL,
            arena_printf(&arena,
                         "1 error occurred:\n\t* The Proxy.%s configuration is invalid "
                         "for a mesh-gateway\n\n",
                         fields[i]));
    }
}

static void native_service_needs_a_place_and_sidecars_have_none_of_their_own(void **state)
{
    assert_says("", 0, NULL, "{\"Native\":true}",
                "1 error occurred:\n\t* Port or SocketPath must be set for a Connect native "
                "service.\n\n");
    assert_says("", 1, NULL, "{\"SidecarService\":{\"ID\":\"x\"}}",
                "1 error occurred:\n\t* A SidecarService cannot specify an ID as this is managed "
                "by the agent\n\n");
    assert_says("", 1, NULL, "{\"SidecarService\":{\"Connect\":{\"SidecarService\":{}}}}",
                "1 error occurred:\n\t* A SidecarService cannot have a nested SidecarService\n\n");
}

static void more_than_a_sentence_holds_is_cut(void **state)
{
    struct why why = { "" };
    struct consul_mesh_part part = {
        .kind = bytes_str("terminating-gateway"),
        .proxy = json("{\"DestinationServiceName\":\"x\",\"DestinationServiceID\":\"x\","
                      "\"LocalServiceAddress\":\"x\",\"LocalServicePort\":1,"
                      "\"LocalServiceSocketPath\":\"x\",\"Upstreams\":[1]}"),
        .connect = json("{\"Native\":true,\"SidecarService\":{\"ID\":\"x\"}}")
    };
    assert_int_equal(consul_mesh_check(&part, &why), ERR_INVALID);
    assert_non_null(strstr(why.text, "10 errors occurred:\n\t* Port must be non-zero"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(service_that_is_no_part_of_the_mesh_needs_nothing),
        cmocka_unit_test(proxy_needs_a_destination_and_a_place),
        cmocka_unit_test(gateway_needs_a_port_and_has_nothing_of_a_proxy),
        cmocka_unit_test(native_service_needs_a_place_and_sidecars_have_none_of_their_own),
        cmocka_unit_test(more_than_a_sentence_holds_is_cut),
    };
    arena_init(&arena, 0);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_fini(&arena);
    return failed;
}
