/* Which services gateways bind. */
#include "traffic/gateway.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "traffic/config_entry_check.h"

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

static const struct config_entry *no_entry(void *ctx, enum config_entry_kind kind,
                                           struct bytes name)
{
    return NULL;
}

static const struct chain_source nothing = { .find = no_entry };

static const struct gateway_service services[] = {
    { { (const uint8_t *)"api", 3 }, .in_mesh = true, .outside = true },
    { { (const uint8_t *)"consul", 6 }, .in_mesh = true, .outside = true },
    { { (const uint8_t *)"db", 2 }, .outside = true },
    { { (const uint8_t *)"web", 3 }, .in_mesh = true },
};

static struct config_entry entry(const char *json)
{
    struct config_entry e;
    struct why why = { "" };
    enum err err = config_entry_read(bytes_str(json), &arena, &e, &why);
    if (err == OK)
        err = config_entry_check(&e, &arena, &why);
    if (err != OK)
        fail_msg("%s", why.text);
    return e;
}

static void expect(const char *json, const char *text)
{
    struct config_entry e = entry(json);
    struct gateway_bindings b = gateway_bind(&e, services, ARRAY_LEN(services), &nothing, &arena);
    struct buf out;
    buf_init(&out, 1 << 16);
    for (size_t i = 0; i < b.n; i++) {
        const struct gateway_binding *one = &b.all[i];
        buf_put_bytes(&out, one->service);
        if (one->port > 0)
            buf_printf(&out, ":%d", (int)one->port);
        buf_put_bytes(&out, one->ca_file);
        buf_put_str(&out, one->from_wildcard ? "* " : " ");
    }
    buf_put_u8(&out, 0);
    assert_string_equal((const char *)out.p, text);
    buf_fini(&out);
}

static void refuse(const char *json, const char *text)
{
    struct config_entry e;
    struct why why = { "" };
    assert_int_equal(config_entry_read(bytes_str(json), &arena, &e, &why), OK);
    assert_int_equal(config_entry_check(&e, &arena, &why), ERR_INVALID);
    assert_string_equal(why.text, text);
}

/* -- claims ----------------------------------------------------------------------------------- */

static void named_services_are_bound_in_their_order_by_name(void **state)
{
    expect("{\"Kind\":\"terminating-gateway\",\"Name\":\"t\",\"Services\":[{\"Name\":\"web\"},"
           "{\"Name\":\"api\",\"CAFile\":\"/ca\"},{\"Name\":\"absent\"}]}",
           "absent api/ca web ");
    expect("{\"Kind\":\"ingress-gateway\",\"Name\":\"i\",\"Listeners\":[{\"Port\":9,\"Services\":[{"
           "\"Name\":\"web\"}]},{\"Port\":8,\"Services\":[{\"Name\":\"web\"}]}]}",
           "web:8 web:9 ");
}

static void wildcard_of_a_terminating_gateway_is_all_that_is_outside(void **state)
{
    expect("{\"Kind\":\"terminating-gateway\",\"Name\":\"t\",\"Services\":[{\"Name\":\"*\","
           "\"CAFile\":\"/all\"},{\"Name\":\"API\",\"CAFile\":\"/own\"}]}",
           "API/own db/all* ");
}

/* Nothing says that a service speaks http. */
static void wildcard_of_an_ingress_is_all_in_the_mesh_that_speak_its_protocol(void **state)
{
    expect("{\"Kind\":\"ingress-gateway\",\"Name\":\"i\",\"Listeners\":[{\"Port\":8,\"Protocol\":"
           "\"http\",\"Services\":[{\"Name\":\"*\"}]}]}",
           "");
    struct config_entry e = entry(
        "{\"Kind\":\"ingress-gateway\",\"Name\":\"i\",\"Listeners\":[{\"Port\":8,\"Protocol\":"
        "\"HTTP\",\"Services\":[{\"Name\":\"*\"}]}]}");
    struct entry_ingress_listener *l = e.ingress.listeners.all;
    assert_true(bytes_is(l->protocol, "http"));
    l->protocol = bytes_str("tcp");
    struct gateway_bindings b = gateway_bind(&e, services, ARRAY_LEN(services), &nothing, &arena);
    assert_int_equal(b.n, 2);
    assert_true(bytes_is(b.all[0].service, "api") && bytes_is(b.all[1].service, "web"));
    assert_true(gateway_has_wildcard(&e));
}

static void protocol_of_a_listener_is_tcp_unless_said(void **state)
{
    struct config_entry e = entry("{\"Kind\":\"ingress-gateway\",\"Name\":\"i\",\"Listeners\":[{"
                                  "\"Port\":8,\"Services\":[{\"Name\":\"a\"}]}]}");
    assert_true(
        bytes_is(((struct entry_ingress_listener *)e.ingress.listeners.all)->protocol, "tcp"));
    assert_false(gateway_has_wildcard(&e));
}

static void bad_ingresses_are_refused(void **state)
{
#define L(listeners) "{\"Kind\":\"ingress-gateway\",\"Name\":\"i\",\"Listeners\":[" listeners "]}"
    refuse(L("{\"Port\":1,\"Services\":[{\"Name\":\"a\"}]},{\"Port\":1,\"Services\":[{\"Name\":"
             "\"b\"}]}"),
           "port 1 declared on two listeners");
    refuse(L("{\"Port\":1,\"Protocol\":\"udp\",\"Services\":[{\"Name\":\"a\"}]}"),
           "protocol must be 'tcp', 'http', 'http2', or 'grpc'. 'udp' is an unsupported protocol");
    refuse(L("{\"Port\":1}"), "No service declared for listener with port 1");
    refuse(L("{\"Port\":1,\"Services\":[{\"Name\":\"\"}]}"),
           "Service name cannot be blank (listener on port 1)");
    refuse(L("{\"Port\":1,\"Services\":[{\"Name\":\"*\"}]}"),
           "Wildcard service name is only valid for protocol = 'http' (listener on port 1)");
    refuse(L("{\"Port\":1,\"Services\":[{\"Name\":\"a\"},{\"Name\":\"b\"}]}"),
           "Multiple services per listener are only supported for L7 protocols, 'http', 'grpc' and "
           "'http2' (listener on port 1)");
    refuse(L("{\"Port\":1,\"Services\":[{\"Name\":\"a\",\"Hosts\":[\"h\"]}]}"),
           "Associating hosts to a service is not supported for the tcp protocol (listener on port "
           "1)");
    refuse(
        L("{\"Port\":1,\"Protocol\":\"http\",\"Services\":[{\"Name\":\"*\",\"Hosts\":[\"h\"]}]}"),
        "Associating hosts to a wildcard service is not supported (listener on port 1)");
    refuse(L("{\"Port\":1,\"Protocol\":\"http\",\"Services\":[{\"Name\":\"a\"},{\"Name\":\"A\"}]}"),
           "Service A cannot be added multiple times (listener on port 1)");
    refuse(L("{\"Port\":1,\"Protocol\":\"http\",\"Services\":[{\"Name\":\"a\",\"Hosts\":[\"h\"]},{"
             "\"Name\":\"b\",\"Hosts\":[\"x\",\"h\"]}]}"),
           "Hosts must be unique within a specific listener (listener on port 1)");
}

static void bad_terminating_gateways_are_refused(void **state)
{
#define S(services) "{\"Kind\":\"terminating-gateway\",\"Name\":\"t\",\"Services\":[" services "]}"
    refuse(S("{\"Name\":\"\"}"), "Service name cannot be blank.");
    refuse(S("{\"Name\":\"a\"},{\"Name\":\"a\"}"),
           "Service \"a\" was specified more than once within a namespace");
    refuse(S("{\"Name\":\"a\",\"CertFile\":\"c\",\"KeyFile\":\"k\"}"),
           "Service \"a\" must have a CertFile, CAFile, and KeyFile specified for TLS origination");
    expect(S("{\"Name\":\"a\",\"CAFile\":\"/c\"}"), "a/c ");
}

/* As the client reads it: limits that are not said are 0, durations numbers. */
static void entry_is_written_as_consul_shows_it(void **state)
{
    struct config_entry e = entry(
        "{\"Kind\":\"ingress-gateway\",\"Name\":\"i\",\"TLS\":{\"enabled\":true,"
        "\"tls_min_version\":\"TLSv1_2\"},\"Listeners\":null,\"Defaults\":{\"MaxConnections\":"
        "2048,\"MaxConcurrentRequests\":null,\"passive_health_check\":{\"Interval\":\"500ms\","
        "\"MaxFailures\":20,\"EnforcingConsecutive5xx\":0}}}");
    struct buf out;
    struct json_writer j;
    buf_init(&out, 1 << 16);
    json_init(&j, &out);
    config_entry_write(&e, &j);
    buf_put_u8(&out, 0);
    assert_string_equal(
        (const char *)out.p,
        "{\"Kind\":\"ingress-gateway\",\"Name\":\"i\",\"TLS\":{\"Enabled\":true,\"TLSMinVersion\":"
        "\"TLSv1_2\"},\"Defaults\":{\"MaxConnections\":2048,\"MaxPendingRequests\":0,"
        "\"MaxConcurrentRequests\":0,\"PassiveHealthCheck\":{\"Interval\":500000000,"
        "\"MaxFailures\":20,"
        "\"EnforcingConsecutive5xx\":0}}}");
    buf_fini(&out);
}

int main(void)
{
#define CLAIM(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CLAIM(named_services_are_bound_in_their_order_by_name),
        CLAIM(wildcard_of_a_terminating_gateway_is_all_that_is_outside),
        CLAIM(wildcard_of_an_ingress_is_all_in_the_mesh_that_speak_its_protocol),
        CLAIM(protocol_of_a_listener_is_tcp_unless_said),
        CLAIM(bad_ingresses_are_refused),
        CLAIM(bad_terminating_gateways_are_refused),
        CLAIM(entry_is_written_as_consul_shows_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
