/* What is said of a proxy, as the catalog and the agent show it. */
#include "faces/consul/rows/proxy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/buf.h"

static struct arena arena;

static const char *stored(const char *said)
{
    const struct json_node *node = NULL;
    if (said != NULL)
        assert_int_equal(json_read(bytes_str(said), &arena, &node, NULL), OK);
    return arena_str(&arena, consul_proxy_text(node, true, &arena));
}

static const char *of_agent(const char *text)
{
    struct buf out;
    struct json_writer j;
    buf_init(&out, 1 << 16);
    json_init(&j, &out);
    consul_put_agent_proxy(&j, bytes_str(text));
    const char *ret = arena_str(&arena, buf_bytes(&out));
    buf_fini(&out);
    return ret;
}

static void what_was_said_is_stored_in_consuls_order(void **state)
{
    assert_string_equal(
        stored(
            "{\"Upstreams\":[{\"LocalBindPort\":9191,\"DestinationName\":\"db\",\"Config\":{\"z\":"
            "1}}],\"Config\":{\"x_y\":1},\"LocalServicePort\":80,\"DestinationServiceName\":"
            "\"web\",\"Unknown\":1}"),
        "{\"DestinationServiceName\":\"web\",\"LocalServicePort\":80,\"Mode\":\"\",\"Config\":{\"x_"
        "y\":"
        "1},\"Upstreams\":[{\"DestinationType\":\"service\",\"DestinationName\":\"db\","
        "\"Datacenter\":\"\",\"LocalBindPort\":9191,\"Config\":{\"z\":1},\"MeshGateway\":{}}],"
        "\"MeshGateway\":{},\"Expose\":{}}");
    assert_string_equal(
        stored(
            "{\"Mode\":\"transparent\",\"MeshGateway\":{\"Mode\":\"local\"},\"Expose\":{\"Checks\":"
            "true,\"Paths\":[]},\"Upstreams\":[{\"DestinationType\":\"prepared_query\","
            "\"DestinationName\":\"q\",\"Datacenter\":\"dc2\"}]}"),
        "{\"Mode\":\"transparent\",\"Upstreams\":[{\"DestinationType\":\"prepared_query\","
        "\"DestinationName\":\"q\",\"Datacenter\":\"dc2\",\"MeshGateway\":{}}],\"MeshGateway\":{"
        "\"Mode\":\"local\"},\"Expose\":{\"Checks\":true}}");
}

static void snake_case_is_understood(void **state)
{
    assert_string_equal(
        stored(
            "{\"destination_service_name\":\"web\",\"local_service_address\":\"::1\",\"mode\":\"\","
            "\"mesh_gateway\":{\"mode\":\"\"},\"upstreams\":[{\"destination_name\":\"db\","
            "\"local_bind_port\":1,\"destination_type\":\"\"}]}"),
        "{\"DestinationServiceName\":\"web\",\"LocalServiceAddress\":\"::1\",\"Mode\":\"\","
        "\"Upstreams\":[{\"DestinationType\":\"service\",\"DestinationName\":\"db\",\"Datacenter\":"
        "\"\",\"LocalBindPort\":1,\"MeshGateway\":{}}],\"MeshGateway\":{},\"Expose\":{}}");
}

static void what_is_stored_is_stored_again_as_it_is(void **state)
{
    const char *once = stored("{\"DestinationServiceName\":\"w\",\"Upstreams\":[{}]}");
    assert_string_equal(stored(once), once);
}

static void nothing_said_is_nothing_stored_and_shown_with_its_parts(void **state)
{
    assert_string_equal(stored(NULL), "");
    assert_string_equal(stored("null"), "");
    assert_string_equal(stored("{}"), "{\"Mode\":\"\",\"MeshGateway\":{},\"Expose\":{}}");
    assert_string_equal(of_agent(""), "{\"MeshGateway\":{},\"Expose\":{}}");
}

static void agent_leaves_out_what_the_catalog_shows_empty(void **state)
{
    assert_string_equal(
        of_agent(stored("{\"Config\":{\"a\":\"b\"},\"Upstreams\":[{\"DestinationName\":\"db\"}]}")),
        "{\"Config\":{\"a\":\"b\"},\"Upstreams\":[{\"DestinationType\":\"service\","
        "\"DestinationName\":\"db\",\"MeshGateway\":{}}],\"MeshGateway\":{},\"Expose\":{}}");
    assert_string_equal(of_agent(stored("{\"Mode\":\"direct\"}")),
                        "{\"Mode\":\"direct\",\"MeshGateway\":{},\"Expose\":{}}");
}

/* As its Go client's own test of catalog/node wants it back. */
static void catalog_fills_nothing_in(void **state)
{
    const struct json_node *node;
    assert_int_equal(
        json_read(bytes_str("{\"Upstreams\":[{\"DestinationName\":\"db\"}]}"), &arena, &node, NULL),
        OK);
    const char *text = arena_str(&arena, consul_proxy_text(node, false, &arena));
    assert_non_null(
        strstr(text, "\"Upstreams\":[{\"DestinationType\":\"\",\"DestinationName\":\"db\""));
    text = arena_str(&arena, consul_proxy_text(node, true, &arena));
    assert_non_null(strstr(text, "\"DestinationType\":\"service\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(catalog_fills_nothing_in),
        cmocka_unit_test(what_was_said_is_stored_in_consuls_order),
        cmocka_unit_test(snake_case_is_understood),
        cmocka_unit_test(what_is_stored_is_stored_again_as_it_is),
        cmocka_unit_test(nothing_said_is_nothing_stored_and_shown_with_its_parts),
        cmocka_unit_test(agent_leaves_out_what_the_catalog_shows_empty),
    };
    arena_init(&arena, 0);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_fini(&arena);
    return failed;
}
