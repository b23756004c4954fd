#include "traffic/config_entry.h"
#include "traffic/config_entry_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/compiler.h"

#define ROUTER(rest) "{\"Kind\":\"service-router\",\"Name\":\"w\",\"Routes\":[{" rest "}]}"
#define HTTP(rest) ROUTER("\"Match\":{\"HTTP\":{" rest "}}")
#define SPLITS(rest) "{\"Kind\":\"service-splitter\",\"Name\":\"w\",\"Splits\":[" rest "]}"
#define RESOLVER(rest) "{\"Kind\":\"service-resolver\",\"Name\":\"w\"," rest "}"
#define FAILOVER(rest) RESOLVER("\"Failover\":{\"*\":{" rest "}}")
#define HASH(rest) \
    RESOLVER("\"LoadBalancer\":{\"Policy\":\"maglev\",\"HashPolicies\":[{" rest "}]}")
#define SOURCES(rest) "{\"Kind\":\"service-intentions\",\"Name\":\"w\",\"Sources\":[" rest "]}"
#define PERMISSION(rest) SOURCES("{\"Name\":\"a\",\"Permissions\":[{" rest "}]}")
#define PERMISSION_HTTP(rest) PERMISSION("\"Action\":\"allow\",\"HTTP\":{" rest "}")

static const struct {
    const char *entry, *text; /* "": it may stand */
} cases[] = {
    { "{\"Kind\":\"service-resolver\"}", "Name is required" },
    { "{\"Kind\":\"proxy-defaults\"}", "" },
    { "{\"Kind\":\"proxy-defaults\",\"Name\":\"x\"}",
      "invalid name (\"x\"), only \"global\" is supported" },
    { "{\"Kind\":\"mesh\"}", "" },
    { "{\"Kind\":\"service-defaults\",\"Name\":\"w\",\"MeshGateway\":{\"Mode\":\"x\"}}",
      "Invalid Mesh Gateway Mode: \"x\"" },
    { "{\"Kind\":\"service-defaults\",\"Name\":\"w\",\"BalanceInboundConnections\":\"x\"}",
      "invalid value for balance_inbound_connections: x" },

    { SPLITS(""), "no splits configured" },
    { SPLITS("{\"Weight\":99.5}"), "the sum of all split weights must be 100, not 99.500000" },
    { SPLITS("{\"Weight\":60},{\"Weight\":40,\"Service\":\"w\"}"),
      "split destination occurs more than once: service=\"w\", subset=\"\", namespace=\"\", "
      "partition=\"\"" },
    { SPLITS("{\"Weight\":99.999,\"Service\":\"a\"},{\"Weight\":0.001,\"Service\":\"b\"}"), "" },

    { HTTP("\"PathPrefix\":\"x\""), "Route[0] PathPrefix doesn't start with '/': \"x\"" },
    { HTTP("\"PathExact\":\"x\""), "Route[0] PathExact doesn't start with '/': \"x\"" },
    { HTTP("\"PathExact\":\"/\",\"PathRegex\":\"x\""),
      "Route[0] should only contain at most one of PathExact, PathPrefix, or PathRegex" },
    { HTTP("\"Header\":[{\"Exact\":\"1\"}]"), "Route[0] Header[0] missing required Name field" },
    { HTTP("\"Header\":[{\"Name\":\"x\"}]"),
      "Route[0] Header[0] should only contain one of Present, Exact, Prefix, Suffix, or Regex" },
    { HTTP("\"QueryParam\":[{\"Exact\":\"1\"}]"),
      "Route[0] QueryParam[0] missing required Name field" },
    { HTTP("\"QueryParam\":[{\"Name\":\"x\",\"Exact\":\"1\",\"Regex\":\"2\"}]"),
      "Route[0] QueryParam[0] should only contain one of Present, Exact, or Regex" },
    { HTTP("\"Methods\":[\"GOT\"]"), "Route[0] Methods contains an invalid method \"GOT\"" },
    { HTTP("\"Methods\":[\"GET\",\"GET\"]"), "Route[0] Methods contains \"GET\" more than once" },
    { ROUTER("\"Destination\":{\"PrefixRewrite\":\"/\"}"),
      "Route[0] cannot make use of PrefixRewrite without configuring either PathExact or "
      "PathPrefix" },
    { ROUTER("\"Destination\":{\"RetryOn\":[\"5yy\"]}"),
      "Route[0] contains an invalid retry condition: \"5yy\"" },

    { RESOLVER("\"Subsets\":{\"\":{}}"), "Subset defined with empty name" },
    { RESOLVER("\"Subsets\":{\"V1\":{}}"),
      "Subset \"V1\" is invalid: must be 63 characters or fewer, begin or end with lower case "
      "alphanumeric characters, and contain lower case alphanumeric characters or '-' in between" },
    { RESOLVER("\"DefaultSubset\":\"v1\""), "DefaultSubset \"v1\" is not a valid subset" },
    { RESOLVER("\"Redirect\":{}"), "Redirect is empty" },
    { RESOLVER("\"Redirect\":{\"Service\":\"a\"},\"Failover\":{\"*\":{\"Service\":\"b\"}}"),
      "Redirect and Failover cannot both be set" },
    { RESOLVER("\"Redirect\":{\"ServiceSubset\":\"a\"}"),
      "Redirect.ServiceSubset defined without Redirect.Service" },
    { RESOLVER("\"Redirect\":{\"Service\":\"w\",\"ServiceSubset\":\"a\"}"),
      "Redirect.ServiceSubset \"a\" is not a valid subset of \"w\"" },
    { RESOLVER("\"Redirect\":{\"Peer\":\"p\"}"), "Redirect.Peer defined without Redirect.Service" },
    { RESOLVER("\"Redirect\":{\"Service\":\"a\",\"Peer\":\"p\",\"Datacenter\":\"d\"}"),
      "Redirect.Peer cannot be set with Redirect.Datacenter" },
    { RESOLVER("\"Redirect\":{\"Service\":\"a\",\"Peer\":\"p\",\"ServiceSubset\":\"d\"}"),
      "Redirect.Peer cannot be set with Redirect.ServiceSubset" },
    { RESOLVER("\"Failover\":{\"v1\":{\"Service\":\"b\"}}"),
      "Bad Failover[\"v1\"]: not a valid subset" },
    { FAILOVER(""),
      "Bad Failover[\"*\"]: one of Service, ServiceSubset, Namespace, Targets, SamenessGroup, or "
      "Datacenters is required" },
    { FAILOVER("\"ServiceSubset\":\"a\""),
      "Bad Failover[\"*\"]: ServiceSubset \"a\" is not a valid subset of \"\"" },
    { FAILOVER("\"Datacenters\":[\"\"]"),
      "Bad Failover[\"*\"].Datacenters: found empty datacenter" },
    { FAILOVER("\"Datacenters\":[\"a\"],\"Targets\":[{\"Service\":\"b\"}]"),
      "Bad Failover[\"*\"]: Targets cannot be set with Datacenters" },
    { FAILOVER("\"Targets\":[{\"Peer\":\"b\",\"Datacenter\":\"c\"}]"),
      "Bad Failover[\"*\"].Targets[0]: Peer cannot be set with Datacenter" },
    { FAILOVER("\"Targets\":[{\"Peer\":\"b\",\"ServiceSubset\":\"c\"}]"),
      "Bad Failover[\"*\"].Targets[0]: Peer cannot be set with ServiceSubset" },
    { FAILOVER("\"Targets\":[{\"ServiceSubset\":\"c\"}]"),
      "Bad Failover[\"*\"].Targets[0]: ServiceSubset \"c\" is not a valid subset of \"w\"" },
    { RESOLVER("\"ConnectTimeout\":\"-1s\""), "Bad ConnectTimeout '-1s', must be >= 0" },
    { RESOLVER("\"RequestTimeout\":-1000000000"), "Bad RequestTimeout '-1s', must be >= 0" },
    { RESOLVER("\"LoadBalancer\":{\"Policy\":\"x\"}"),
      "Bad LoadBalancer policy: \"x\" is not supported" },
    { RESOLVER("\"LoadBalancer\":{\"RingHashConfig\":{}}"),
      "Bad LoadBalancer configuration. RingHashConfig specified for incompatible load balancing "
      "policy \"\"" },
    { RESOLVER("\"LoadBalancer\":{\"LeastRequestConfig\":{}}"),
      "Bad LoadBalancer configuration. LeastRequestConfig specified for incompatible load "
      "balancing policy \"\"" },
    { RESOLVER("\"LoadBalancer\":{\"HashPolicies\":[{}]}"),
      "Bad LoadBalancer configuration: HashPolicies specified for non-hash-based Policy: \"\"" },
    { HASH("\"Field\":\"x\""), "Bad LoadBalancer HashPolicy[0]: \"x\" is not a supported field" },
    { HASH("\"Field\":\"header\",\"SourceIP\":true"),
      "Bad LoadBalancer HashPolicy[0]: A single hash policy cannot hash both a source address and "
      "a \"header\"" },
    { HASH("\"FieldValue\":\"x\",\"SourceIP\":true"),
      "Bad LoadBalancer HashPolicy[0]: A FieldValue cannot be specified when hashing SourceIP" },
    { HASH("\"Field\":\"header\""),
      "Bad LoadBalancer HashPolicy[0]: Field \"header\" was specified without a FieldValue" },
    { HASH("\"FieldValue\":\"x\""),
      "Bad LoadBalancer HashPolicy[0]: FieldValue requires a Field to apply to" },
    { HASH("\"Field\":\"header\",\"FieldValue\":\"x\",\"CookieConfig\":{}"),
      "Bad LoadBalancer HashPolicy[0]: cookie_config provided for \"header\"" },
    { HASH("\"Field\":\"cookie\",\"FieldValue\":\"x\",\"CookieConfig\":{\"Session\":true,\"TTL\":"
           "\"1s\"}"),
      "Bad LoadBalancer HashPolicy[0]: a session cookie cannot have an associated TTL" },

    { SOURCES(""), "At least one source is required" },
    { SOURCES("{\"Action\":\"allow\"}"), "Sources[0].Name is required" },
    { SOURCES("{\"Name\":\"a*\",\"Action\":\"allow\"}"),
      "Sources[0].Name: wildcard character '*' cannot be used with partial values" },
    { SOURCES("{\"Name\":\"a\"}"), "Sources[0].Action must be set to 'allow' or 'deny'" },
    { SOURCES("{\"Name\":\"a\",\"Action\":\"allow\",\"Type\":\"x\"}"),
      "Sources[0].Type must be set to 'consul'" },
    { SOURCES("{\"Name\":\"a\",\"Action\":\"allow\"},{\"Name\":\"a\",\"Action\":\"deny\"}"),
      "Sources[1] defines \"a\" more than once" },
    { SOURCES("{\"Name\":\"a\",\"Action\":\"allow\",\"Permissions\":[{}]}"),
      "Sources[0].Action must be omitted if Permissions are specified" },
    { "{\"Kind\":\"service-intentions\",\"Name\":\"*\",\"Sources\":[{\"Name\":\"a\","
      "\"Permissions\":[{}]}]}",
      "Sources[0].Permissions cannot be specified on intentions with wildcarded destinations" },
    { "{\"Kind\":\"service-intentions\",\"Name\":\"a*\",\"Sources\":[{\"Name\":\"a\"}]}",
      "Name: wildcard character '*' cannot be used with partial values" },
    { PERMISSION(""), "Sources[0].Permissions[0].Action must be set to 'allow' or 'deny'" },
    { PERMISSION("\"Action\":\"deny\""), "Sources[0].Permissions[0].HTTP is required" },
    { PERMISSION_HTTP(""), "Sources[0].Permissions[0].HTTP should not be empty" },
    { PERMISSION_HTTP("\"PathExact\":\"x\""),
      "Sources[0].Permissions[0].HTTP.PathExact doesn't start with '/': \"x\"" },
    { PERMISSION_HTTP("\"PathPrefix\":\"x\""),
      "Sources[0].Permissions[0].HTTP.PathPrefix doesn't start with '/': \"x\"" },
    { PERMISSION_HTTP("\"PathExact\":\"/\",\"PathPrefix\":\"/\""),
      "Sources[0].Permissions[0].HTTP should only contain at most one of PathExact, PathPrefix, "
      "or PathRegex" },
    { PERMISSION_HTTP("\"Header\":[{}]"),
      "Sources[0].Permissions[0].HTTP.Header[0] missing required Name field" },
    { PERMISSION_HTTP("\"Header\":[{\"Name\":\"x\"}]"),
      "Sources[0].Permissions[0].HTTP.Header[0] should only contain one of Present, Exact, "
      "Prefix, Suffix, or Regex" },
    { PERMISSION_HTTP("\"Methods\":[\"x\"]"),
      "Sources[0].Permissions[0].HTTP.Methods contains an invalid method \"X\"" },
    { PERMISSION_HTTP("\"Methods\":[\"get\",\"GET\"]"),
      "Sources[0].Permissions[0].HTTP.Methods contains \"GET\" more than once" },
    { PERMISSION_HTTP("\"Methods\":[\"get\"]"), "" },
};

static void entries_say_what_they_may(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena arena;
        struct config_entry entry;
        struct why why = { "" };
        arena_init(&arena, 0);
        if (config_entry_read(bytes_str(cases[i].entry), &arena, &entry, &why) != OK)
            fail_msg("%s: %s", cases[i].entry, why.text);
        enum err e = config_entry_check(&entry, &arena, &why);
        if (strcmp(why.text, cases[i].text) != 0 || (e == OK) != (cases[i].text[0] == 0))
            fail_msg("%s: %s\nnot %s", cases[i].entry, why.text, cases[i].text);
        arena_fini(&arena);
    }
}

static void a_bad_filter_is_named(void **state)
{
    struct arena arena;
    struct config_entry entry;
    struct why why = { "" };
    static const char start[] = "Filter for subset \"v1\" is not a valid expression: ";
    arena_init(&arena, 0);
    assert_int_equal(
        config_entry_read(bytes_str(RESOLVER("\"Subsets\":{\"v1\":{\"Filter\":\"a b\"}}")), &arena,
                          &entry, &why),
        OK);
    assert_int_equal(config_entry_check(&entry, &arena, &why), ERR_INVALID);
    assert_memory_equal(why.text, start, strlen(start));
    assert_true(strlen(why.text) > strlen(start));
    arena_fini(&arena);
}

static enum err check_meta(size_t n, size_t name_n, size_t value_n)
{
    struct arena arena;
    struct config_entry entry;
    struct why why;
    struct buf json;
    arena_init(&arena, 0);
    buf_init(&json, 1 << 20);
    buf_put_str(&json, "{\"Kind\":\"service-router\",\"Name\":\"w\",\"Meta\":{");
    for (size_t i = 0; i < n; i++)
        buf_printf(&json, "%s\"%0*zu\":\"%0*d\"", i == 0 ? "" : ",", (int)name_n, i, (int)value_n,
                   0);
    buf_put_str(&json, "}}");
    assert_int_equal(config_entry_read(buf_bytes(&json), &arena, &entry, &why), OK);
    enum err e = config_entry_check(&entry, &arena, &why);
    buf_fini(&json);
    arena_fini(&arena);
    return e;
}

static void meta_has_limits(void **state)
{
    assert_int_equal(check_meta(64, 128, 512), OK);
    assert_int_equal(check_meta(65, 5, 5), ERR_INVALID);
    assert_int_equal(check_meta(1, 129, 5), ERR_INVALID);
    assert_int_equal(check_meta(1, 5, 513), ERR_INVALID);
}

static void weights_are_rounded_to_hundredths(void **state)
{
    struct arena arena;
    struct config_entry entry;
    struct why why = { "" };
    arena_init(&arena, 0);
    assert_int_equal(config_entry_read(bytes_str(SPLITS("{\"Weight\":99.999,\"Service\":\"a\"},"
                                                        "{\"Weight\":0.001,\"Service\":\"b\"}")),
                                       &arena, &entry, &why),
                     OK);
    assert_int_equal(config_entry_check(&entry, &arena, &why), OK);
    assert_true(((struct entry_split *)entry.splitter.splits.all)[0].weight == 100);
    assert_true(((struct entry_split *)entry.splitter.splits.all)[1].weight == 0);
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_say_what_they_may),
        cmocka_unit_test(a_bad_filter_is_named),
        cmocka_unit_test(meta_has_limits),
        cmocka_unit_test(weights_are_rounded_to_hundredths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
