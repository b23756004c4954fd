/* What proxies are told beside what they were registered with. */
#include "traffic/central.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct arena arena;

static int set_up(void **state)
{
    arena_init(&arena, 0);
    return 0;
}

static int tear_down(void **state)
{
    arena_fini(&arena);
    return 0;
}

/* DEFAULTS and PROXIES without their heads, NULL: there is no such entry. */
static void expect(const char *proxy, const char *defaults, const char *proxies, const char *merged)
{
    struct config_entry d, p;
    struct bytes ret;
    struct why why;
    if (defaults != NULL) {
        const char *json =
            arena_printf(&arena, "{\"Kind\":\"service-defaults\",\"Name\":\"web\",%s}", defaults);
        assert_int_equal(config_entry_read(bytes_str(json), &arena, &d, &why), OK);
    }
    if (proxies != NULL) {
        const char *json =
            arena_printf(&arena, "{\"Kind\":\"proxy-defaults\",\"Name\":\"global\",%s}", proxies);
        assert_int_equal(config_entry_read(bytes_str(json), &arena, &p, &why), OK);
    }
    assert_int_equal(central_merge(bytes_str(proxy), defaults == NULL ? NULL : &d.defaults,
                                   proxies == NULL ? NULL : &p.proxy, &arena, &ret),
                     OK);
    assert_string_equal(arena_str(&arena, ret), merged);
}

/* -- claims ----------------------------------------------------------------------------------- */

static void without_entries_a_proxy_says_what_it_said(void **state)
{
    expect("", NULL, NULL, "{\"Mode\":\"\",\"Config\":{},\"MeshGateway\":{},\"Expose\":{}}");
    expect(
        "{\"DestinationServiceName\":\"web\",\"Mode\":\"direct\",\"Config\":{\"a\":1},"
        "\"Upstreams\":[{\"DestinationName\":\"db\"}]}",
        NULL, NULL,
        "{\"DestinationServiceName\":\"web\",\"Upstreams\":[{\"DestinationName\":\"db\"}],\"Mode\":"
        "\"direct\",\"Config\":{\"a\":1},\"MeshGateway\":{},\"Expose\":{}}");
}

static void config_is_the_proxys_then_the_services_then_that_of_all(void **state)
{
    expect(
        "{\"Config\":{\"protocol\":\"tcp\",\"a\":1}}",
        "\"Protocol\":\"http\",\"MaxInboundConnections\":5,\"LocalConnectTimeoutMs\":7",
        "\"Config\":{\"protocol\":\"grpc\",\"a\":2,\"b\":{\"c\":3},\"max_inbound_connections\":9}",
        "{\"Mode\":\"\",\"Config\":{\"protocol\":\"tcp\",\"a\":1,\"max_inbound_connections\":5,"
        "\"local_connect_timeout_ms\":7,\"b\":{\"c\":3}},\"MeshGateway\":{},\"Expose\":{}}");
    expect("{}", "\"Protocol\":\"http\"", "\"Config\":{\"protocol\":\"grpc\"}",
           "{\"Mode\":\"\",\"Config\":{\"protocol\":\"http\"},\"MeshGateway\":{},\"Expose\":{}}");
    expect("{}", NULL, "\"Config\":{\"protocol\":\"grpc\"}",
           "{\"Mode\":\"\",\"Config\":{\"protocol\":\"grpc\"},\"MeshGateway\":{},\"Expose\":{}}");
}

static void modes_are_the_first_that_is_said(void **state)
{
    expect("{\"Mode\":\"\",\"MeshGateway\":{\"Mode\":\"\"}}", "\"Mode\":\"transparent\"",
           "\"Mode\":\"direct\",\"MeshGateway\":{\"Mode\":\"local\"},\"MutualTLSMode\":\"strict\"",
           "{\"Mode\":\"transparent\",\"Config\":{},\"MeshGateway\":{\"Mode\":\"local\"},"
           "\"Expose\":{},"
           "\"MutualTLSMode\":\"strict\"}");
    expect("{\"MeshGateway\":{\"Mode\":\"none\"}}", "\"MeshGateway\":{\"Mode\":\"remote\"}", NULL,
           "{\"Mode\":\"\",\"Config\":{},\"MeshGateway\":{\"Mode\":\"none\"},\"Expose\":{}}");
}

static void structs_are_filled_part_by_part(void **state)
{
    expect(
        "{\"TransparentProxy\":{\"OutboundListenerPort\":0}}",
        "\"TransparentProxy\":{\"DialedDirectly\":true},\"Expose\":{\"Checks\":true}",
        "\"TransparentProxy\":{\"outbound_listener_port\":15001},\"Expose\":{\"Paths\":[{\"Path\":"
        "\"/m\"}]},\"AccessLogs\":{\"Enabled\":true}",
        "{\"Mode\":\"\",\"Config\":{},\"MeshGateway\":{},\"Expose\":{\"Checks\":true,\"Paths\":[{"
        "\"Path\":\"/"
        "m\"}]},\"TransparentProxy\":{\"OutboundListenerPort\":15001,\"DialedDirectly\":"
        "true},\"AccessLogs\":{\"Enabled\":true}}");
}

static void extensions_are_those_of_entries_alone(void **state)
{
    expect("{\"EnvoyExtensions\":[{\"Name\":\"own\"}]}", "\"EnvoyExtensions\":[{\"Name\":\"s\"}]",
           "\"EnvoyExtensions\":[{\"Name\":\"p\"}]",
           "{\"Mode\":\"\",\"Config\":{},\"MeshGateway\":{},\"Expose\":{},\"EnvoyExtensions\":[{"
           "\"Name\":"
           "\"p\"},{\"Name\":\"s\"}]}");
}

static void what_is_no_proxy_is_refused(void **state)
{
    struct bytes ret;
    assert_int_equal(central_merge(bytes_str("[]"), NULL, NULL, &arena, &ret), ERR_MALFORMED);
    assert_int_equal(central_merge(bytes_str("{"), NULL, NULL, &arena, &ret), ERR_MALFORMED);
}

int main(void)
{
#define CLAIM(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CLAIM(without_entries_a_proxy_says_what_it_said),
        CLAIM(config_is_the_proxys_then_the_services_then_that_of_all),
        CLAIM(modes_are_the_first_that_is_said),
        CLAIM(structs_are_filled_part_by_part),
        CLAIM(extensions_are_those_of_entries_alone),
        CLAIM(what_is_no_proxy_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
