#include "traffic/config_entry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/compiler.h"

static void expect_written(const char *json, const char *text)
{
    struct arena arena;
    struct config_entry entry;
    struct why why = { "" };
    struct buf out;
    struct json_writer j;
    arena_init(&arena, 0);
    buf_init(&out, 1 << 20);
    if (config_entry_read(bytes_str(json), &arena, &entry, &why) != OK)
        fail_msg("%s: %s", json, why.text);
    json_init(&j, &out);
    config_entry_write(&entry, &j);
    buf_put_u8(&out, 0);
    assert_string_equal((const char *)out.p, text);
    buf_fini(&out);
    arena_fini(&arena);
}

static void expect_refused(const char *json, const char *text)
{
    struct arena arena;
    struct config_entry entry;
    struct why why = { "" };
    arena_init(&arena, 0);
    assert_int_not_equal(config_entry_read(bytes_str(json), &arena, &entry, &why), OK);
    assert_string_equal(why.text, text);
    arena_fini(&arena);
}

static void names_are_taken_in_both_forms(void **state)
{
    static const char is[] =
        "{\"Kind\":\"service-resolver\",\"Name\":\"web\",\"DefaultSubset\":\"v1\",\"Subsets\":{"
        "\"v1\":{\"OnlyPassing\":true}},\"ConnectTimeout\":\"1m30s\"}";
    expect_written("{\"Kind\":\"service-resolver\",\"Name\":\"web\",\"DefaultSubset\":\"v1\","
                   "\"Subsets\":{\"v1\":{\"OnlyPassing\":true}},\"ConnectTimeout\":\"90s\"}",
                   is);
    expect_written("{\"kind\":\"service-resolver\",\"name\":\"web\",\"default_subset\":\"v1\","
                   "\"subsets\":{\"v1\":{\"only_passing\":true}},\"connect_timeout\":90000000000}",
                   is);
    expect_written(is, is);
}

static void structs_that_go_has_no_pointer_to_are_never_left_out(void **state)
{
    expect_written("{\"Kind\":\"service-defaults\",\"Name\":\"web\"}",
                   "{\"Kind\":\"service-defaults\",\"Name\":\"web\",\"TransparentProxy\":{},"
                   "\"MeshGateway\":{},\"Expose\":{}}");
    expect_written("{\"Kind\":\"proxy-defaults\",\"Name\":\"global\",\"AccessLogs\":null}",
                   "{\"Kind\":\"proxy-defaults\",\"Name\":\"global\",\"TransparentProxy\":{},"
                   "\"MeshGateway\":{},\"Expose\":{},\"AccessLogs\":{}}");
}

static void every_interpreted_kind_comes_back(void **state)
{
    static const char *const entries[] = {
        "{\"Kind\":\"service-defaults\",\"Name\":\"web\",\"Meta\":{\"a\":\"b\"},\"Protocol\":"
        "\"http\",\"TransparentProxy\":{\"DialedDirectly\":true},\"MeshGateway\":{\"Mode\":"
        "\"local\"},\"Expose\":{},\"MaxInboundConnections\":5}",
        "{\"Kind\":\"proxy-defaults\",\"Name\":\"global\",\"Config\":{\"protocol\":\"http\","
        "\"x_y\":1.50},\"TransparentProxy\":{},\"MeshGateway\":{},\"Expose\":{},\"AccessLogs\":{},"
        "\"FailoverPolicy\":{\"Mode\":\"order-by-locality\"}}",
        "{\"Kind\":\"service-router\",\"Name\":\"web\",\"Routes\":[{\"Match\":{\"HTTP\":{"
        "\"PathPrefix\":\"/a\",\"CaseInsensitive\":true,\"Header\":[{\"Name\":\"x\",\"Exact\":"
        "\"1\",\"Invert\":true}],\"QueryParam\":[{\"Name\":\"q\",\"Present\":true}],\"Methods\":["
        "\"GET\"]}},\"Destination\":{\"Service\":\"admin\",\"PrefixRewrite\":\"/\","
        "\"RequestTimeout\":\"5s\",\"NumRetries\":3,\"RetryOnStatusCodes\":[500,503],"
        "\"RequestHeaders\":{\"Add\":{\"a\":\"1\"},\"Remove\":[\"b\"]}}}]}",
        "{\"Kind\":\"service-splitter\",\"Name\":\"web\",\"Splits\":[{\"Weight\":99.99,"
        "\"ServiceSubset\":\"v1\"},{\"Weight\":0.01,\"Service\":\"alt\"}]}",
        "{\"Kind\":\"service-resolver\",\"Name\":\"web\",\"Failover\":{\"*\":{\"Targets\":[{"
        "\"Service\":\"b\",\"Datacenter\":\"dc2\"}]}},\"LoadBalancer\":{\"Policy\":\"ring_hash\","
        "\"RingHashConfig\":{\"MinimumRingSize\":8},\"HashPolicies\":[{\"Field\":\"cookie\","
        "\"FieldValue\":\"c\",\"CookieConfig\":{\"TTL\":3600000000000,\"Path\":\"/\"},\"Terminal\":"
        "true}]}}",
        "{\"Kind\":\"service-intentions\",\"Name\":\"api\",\"Sources\":[{\"Name\":\"web\","
        "\"Permissions\":[{\"Action\":\"allow\",\"HTTP\":{\"PathExact\":\"/\",\"Methods\":["
        "\"GET\"]}}],\"Precedence\":9,\"Type\":\"consul\"}]}",
        "{\"Kind\":\"ingress-gateway\",\"Name\":\"in\",\"Listeners\":[{\"Port\":80,\"Protocol\":"
        "\"http\",\"TLS\":{\"Enabled\":false,\"SDS\":{\"ClusterName\":\"c\",\"CertResource\":\"r\"}"
        "},"
        "\"Services\":[{\"Name\":\"web\",\"Hosts\":[\"a.b\"],\"TLS\":{\"SDS\":{\"ClusterName\":"
        "\"c\"}},"
        "\"RequestHeaders\":{\"Set\":{\"x\":\"y\"}},\"MaxConnections\":5,\"PassiveHealthCheck\":{"
        "\"MaxFailures\":10}}]}]}",
        "{\"Kind\":\"terminating-gateway\",\"Name\":\"out\",\"Services\":[{\"Name\":\"web\","
        "\"CAFile\":\"a\",\"CertFile\":\"b\",\"KeyFile\":\"c\",\"SNI\":\"d\","
        "\"DisableAutoHostRewrite\":true},{\"Name\":\"*\"}]}",
    };
    for (size_t i = 0; i < ARRAY_LEN(entries); i++)
        expect_written(entries[i], entries[i]);
}

static void indexes_are_not_kept(void **state)
{
    expect_written("{\"Kind\":\"service-router\",\"Name\":\"web\",\"CreateIndex\":5,"
                   "\"ModifyIndex\":6,\"Hash\":7}",
                   "{\"Kind\":\"service-router\",\"Name\":\"web\"}");
}

static void numbers_in_quotes_are_numbers(void **state)
{
    expect_written("{\"Kind\":\"service-splitter\",\"Name\":\"web\",\"Splits\":{\"Weight\":"
                   "\"100\"}}",
                   "{\"Kind\":\"service-splitter\",\"Name\":\"web\",\"Splits\":[{\"Weight\":100}"
                   "]}");
}

static void other_kinds_come_back_as_they_came(void **state)
{
    expect_written("{\"kind\":\"api-gateway\",\"name\":\"in\",\"tls\":{\"enabled\":true},"
                   "\"Listeners\":[{\"Port\":1}],\"some_thing\":null}",
                   "{\"Kind\":\"api-gateway\",\"Name\":\"in\",\"TLS\":{\"enabled\":true},"
                   "\"Listeners\":[{\"Port\":1}],\"SomeThing\":null}");
}

static void unknown_names_are_all_said(void **state)
{
    expect_refused("{\"Kind\":\"service-splitter\",\"Name\":\"web\",\"Splits\":[{\"Weihgt\":1}]}",
                   "1 error occurred:\n\t* invalid config key \"Splits[0].Weihgt\"\n\n");
    expect_refused("{\"Kind\":\"service-router\",\"Name\":\"web\",\"x\":1,\"Namespace\":\"a\"}",
                   "2 errors occurred:\n\t* invalid config key \"x\"\n\t* invalid config key "
                   "\"Namespace\", namespaces are a consul enterprise feature\n\n");
}

static void what_is_no_entry_is_refused(void **state)
{
    expect_refused("{\"Kind\":\"service-x\",\"Name\":\"web\"}",
                   "invalid config entry kind: service-x");
    expect_refused("{\"Name\":\"web\"}",
                   "Payload does not contain a kind/Kind key at the top level");
    expect_refused("{\"Kind\":5}", "Kind value in payload is not a string");
    expect_refused("", "EOF");
}

static void what_does_not_fit_is_named(void **state)
{
    expect_refused("{\"Kind\":\"service-resolver\",\"Name\":\"w\",\"ConnectTimeout\":\"1x\"}",
                   "1 error(s) decoding:\n\n* error decoding 'ConnectTimeout': time: invalid "
                   "duration \"1x\"");
    expect_refused("{\"Kind\":\"service-splitter\",\"Name\":\"w\",\"Splits\":[{\"Weight\":[]}]}",
                   "1 error(s) decoding:\n\n* 'Splits[0].Weight' expected type 'float32', got "
                   "unconvertible type '[]interface {}'");
}

static enum err read_routes(size_t n)
{
    struct arena arena;
    struct config_entry entry;
    struct why why;
    struct buf json;
    arena_init(&arena, 0);
    buf_init(&json, 1 << 20);
    buf_put_str(&json, "{\"Kind\":\"service-router\",\"Name\":\"w\",\"Routes\":[");
    for (size_t i = 0; i < n; i++)
        buf_put_str(&json, i == 0 ? "{}" : ",{}");
    buf_put_str(&json, "]}");
    enum err e = config_entry_read(buf_bytes(&json), &arena, &entry, &why);
    buf_fini(&json);
    arena_fini(&arena);
    return e;
}

static void lists_have_an_end(void **state)
{
    assert_int_equal(read_routes(SHAPE_LIST_MAX), OK);
    assert_int_equal(read_routes(SHAPE_LIST_MAX + 1), ERR_TOO_BIG);
}

/* N arrays in one another. */
static enum err read_deep(const char *before, size_t n)
{
    struct arena arena;
    struct config_entry entry;
    struct why why;
    struct buf json;
    arena_init(&arena, 0);
    buf_init(&json, 10000);
    buf_put_str(&json, before);
    for (size_t i = 0; i < 2 * n; i++)
        buf_put_u8(&json, i < n ? '[' : ']');
    buf_put_str(&json, "}");
    enum err e = config_entry_read(buf_bytes(&json), &arena, &entry, &why);
    buf_fini(&json);
    arena_fini(&arena);
    return e;
}

static void what_is_kept_as_sent_has_a_depth(void **state)
{
    static const char known[] = "{\"Kind\":\"service-defaults\",\"Name\":\"w\",\"Expose\":";
    static const char other[] = "{\"Kind\":\"mesh\",\"x\":";
    assert_int_equal(read_deep(known, SHAPE_ANY_DEPTH_MAX), OK);
    assert_int_equal(read_deep(known, SHAPE_ANY_DEPTH_MAX + 1), ERR_TOO_BIG);
    assert_int_equal(read_deep(other, SHAPE_ANY_DEPTH_MAX - 1), OK);
    assert_int_equal(read_deep(other, SHAPE_ANY_DEPTH_MAX), ERR_TOO_BIG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_taken_in_both_forms),
        cmocka_unit_test(structs_that_go_has_no_pointer_to_are_never_left_out),
        cmocka_unit_test(every_interpreted_kind_comes_back),
        cmocka_unit_test(indexes_are_not_kept),
        cmocka_unit_test(numbers_in_quotes_are_numbers),
        cmocka_unit_test(other_kinds_come_back_as_they_came),
        cmocka_unit_test(unknown_names_are_all_said),
        cmocka_unit_test(what_is_no_entry_is_refused),
        cmocka_unit_test(what_does_not_fit_is_named),
        cmocka_unit_test(lists_have_an_end),
        cmocka_unit_test(what_is_kept_as_sent_has_a_depth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
