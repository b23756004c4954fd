/* Services registered through the agent. */
#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void put(void **state, const char *path, const char *body)
{
    char request[300];
    snprintf(request, sizeof request, "PUT %s", path);
    rig_expect(*state, request, body, 200, "");
}

static void assert_holds(void **state, const char *part)
{
    if (strstr(rig_body(*state), part) == NULL)
        fail_msg("%s\nis not in %s", part, rig_body(*state));
}

static void assert_lacks(void **state, const char *part)
{
    if (strstr(rig_body(*state), part) != NULL)
        fail_msg("%s\nis in %s", part, rig_body(*state));
}

/* -- registering --------------------------------------------------------------------------------
 */

static void register_makes_service_and_checks(void **state)
{
    put(state, "/v1/agent/service/register",
        "{\"ID\":\"web1\",\"Name\":\"web\",\"Tags\":[\"v1\"],\"Port\":80,\"Address\":\"10.0.0.9\","
        "\"Meta\":{\"a\":\"b\"},\"Check\":{\"TTL\":\"10s\"}}");
    rig_expect(
        *state, "GET /v1/agent/services", NULL, 200,
        "{\"web1\":{\"ID\":\"web1\",\"Service\":\"web\",\"Tags\":[\"v1\"],\"Meta\":{\"a\":"
        "\"b\"},\"Port\":80,\"Address\":\"10.0.0.9\",\"TaggedAddresses\":{\"lan_ipv4\":{"
        "\"Address\":\"10.0.0.9\",\"Port\":80},\"wan_ipv4\":{\"Address\":\"10.0.0.9\","
        "\"Port\":80}},\"Weights\":{\"Passing\":1,\"Warning\":1},\"EnableTagOverride\":false,"
        "\"Datacenter\":\"dc1\"}}");
    rig_expect_part(
        *state, "GET /v1/agent/checks", NULL, 200,
        "{\"service:web1\":{\"Node\":\"n1\",\"CheckID\":\"service:web1\",\"Name\":"
        "\"Service 'web' check\",\"Status\":\"critical\",\"Notes\":\"\",\"Output\":\"\","
        "\"ServiceID\":\"web1\",\"ServiceName\":\"web\",\"ServiceTags\":[\"v1\"],"
        "\"Type\":\"ttl\",\"Interval\":\"\",\"Timeout\":\"\",\"ExposedPort\":0,"
        "\"Definition\":{},");
}

static void fields_of_a_service_are_taken_in_each_spelling(void **state)
{
    static const char *const fields[] = {
        "\"id\":\"w\"",
        "\"ID\":\"w\"",
        "\"TAGS\":[\"a\"]",
        "\"Tags\":null",
        "\"Meta\":null",
        "\"EnableTagOverride\":true",
        "\"enable_tag_override\":true",
        "\"tagged_addresses\":{\"lan\":{\"address\":\"x\",\"port\":1}}",
        "\"SocketPath\":\"/s\"",
        "\"SocketPath\":\"/s\",\"Port\":1",
        "\"Token\":\"\"",
        "\"Kind\":\"\"",
        "\"Kind\":\"typical\"",
        "\"Proxy\":null",
        "\"Connect\":null",
        "\"Connect\":{\"Unknown\":1}", /* it is not read so strictly */
        "\"Locality\":{\"Region\":\"r\",\"Zone\":\"z\"}",
        "\"Check\":null",
        "\"Checks\":null",
        "\"Ports\":[{\"Name\":\"p\",\"Port\":1,\"Default\":true}]", /* of clients from 2.0 on */
    };
    char body[300];
    for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
        snprintf(body, sizeof body, "{\"name\":\"w\",%s} and what follows", fields[i]);
        int status = rig_ask(*state, "PUT /v1/agent/service/register", body,
                             "Content-Type: application/x-www-form-urlencoded\r\n");
        if (status != 200)
            fail_msg("%s: %d %s", fields[i], status, rig_body(*state));
    }
    rig_expect_part(*state, "GET /v1/agent/service/w", NULL, 200, "\"ID\":\"w\"");
}

static void literal_address_is_tagged_with_its_family(void **state)
{
    put(state, "/v1/agent/service/register",
        "{\"Name\":\"six\",\"Address\":\"2001:db8::1\",\"Port\":80,\"tagged_addresses\":{"
        "\"wan_ipv6\":{\"Address\":\"2001:db8::2\",\"Port\":8}}}");
    rig_expect_part(*state, "GET /v1/agent/service/six", NULL, 200,
                    "\"TaggedAddresses\":{\"lan_ipv6\":{\"Address\":\"2001:db8::1\",\"Port\":80},"
                    "\"wan_ipv6\":{\"Address\":\"2001:db8::2\",\"Port\":8}}");
    put(state, "/v1/agent/service/register", "{\"Name\":\"named\",\"Address\":\"host.local\"}");
    rig_expect_part(*state, "GET /v1/agent/service/named", NULL, 200,
                    "\"Address\":\"host.local\",\"Weights\"");
}

static void names_that_dns_cannot_say_are_taken(void **state)
{
    put(state, "/v1/agent/service/register", "{\"Name\":\"a_b.c d\",\"Tags\":[\"x y\",\"_\"]}");
    put(state, "/v1/agent/service/register",
        "{\"Name\":\"0123456789012345678901234567890123456789012345678901234567890123\"}");
    rig_expect_part(*state, "GET /v1/health/service/a_b.c%20d?tag=x%20y", NULL, 200,
                    "\"Service\":\"a_b.c d\"");
}

static void name_with_a_slash_is_asked_for_by_its_escape(void **state)
{
    put(state, "/v1/agent/service/register",
        "{\"ID\":\"a/1\",\"Name\":\"a/b\",\"Check\":{\"TTL\":\"1h\"}}");
    put(state, "/v1/agent/check/pass/service:a%2F1", NULL);
    rig_expect_part(*state, "GET /v1/health/service/a%2Fb?passing", NULL, 200, "\"ID\":\"a/1\"");
    rig_expect_part(*state, "GET /v1/agent/service/a%2f1", NULL, 200, "\"Service\":\"a/b\"");
    rig_expect(*state, "GET /v1/health/service/a%252Fb", NULL, 200, "[]"); /* decoded once */
    put(state, "/v1/agent/service/deregister/a%2F1", NULL);
    rig_expect(*state, "GET /v1/agent/services", NULL, 200, "{}");
}

/* As agents before 1.0 did, and as python-consul 0.7 still asks. */
static void what_changes_something_is_not_asked_by_get(void **state)
{
    static const char *const paths[] = {
        "service/register", "service/deregister/w", "service/maintenance/w",
        "check/register",   "check/deregister/c",   "check/pass/c",
        "check/warn/c",     "check/fail/c",         "check/update/c",
        "join/h",           "force-leave/n",        "leave",
        "reload",           "maintenance"
    };
    char request[100];
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        snprintf(request, sizeof request, "GET /v1/agent/%s", paths[i]);
        rig_expect(*state, request, NULL, 405, "method GET not allowed");
        assert_string_equal(rig_header(*state, "allow"), "OPTIONS,PUT");
    }
}

static void check_that_is_an_empty_object_is_none(void **state)
{
    put(state, "/v1/agent/service/register", "{\"Name\":\"web\",\"Check\":{}}");
    rig_expect(*state, "GET /v1/agent/checks", NULL, 200, "{}");
    put(state, "/v1/agent/service/register",
        "{\"Name\":\"web\",\"Check\":{},\"Checks\":[{\"TTL\":\"10s\"}]}");
    rig_expect_part(*state, "GET /v1/agent/checks", NULL, 200, "{\"service:web\":");
}

/* The API gives nothing for a time that was not said here, and "0s" for a check of its own. */
static void times_of_a_check_are_shown_as_they_were_said(void **state)
{
    put(state, "/v1/agent/service/register",
        "{\"Name\":\"web\",\"Checks\":[{\"TCP\":\"x:1\",\"Interval\":\"90s\"},{\"TCP\":\"x:1\","
        "\"Interval\":\"1m\",\"Timeout\":\"5s\"}]}");
    put(state, "/v1/agent/check/register",
        "{\"Name\":\"own\",\"TCP\":\"x:1\",\"Interval\":\"1m\"}");
    put(state, "/v1/agent/check/register", "{\"Name\":\"ttl\",\"TTL\":\"1m\"}");
    rig_ask(*state, "GET /v1/agent/checks", NULL, "");
    assert_holds(state, "\"Interval\":\"1m30s\",\"Timeout\":\"\"");
    assert_holds(state, "\"Interval\":\"1m0s\",\"Timeout\":\"5s\"");
    assert_holds(state, "\"Interval\":\"1m0s\",\"Timeout\":\"0s\"");
    assert_holds(state, "\"Type\":\"ttl\",\"Interval\":\"0s\",\"Timeout\":\"0s\"");
}

static void several_checks_are_numbered(void **state)
{
    put(state, "/v1/agent/service/register",
        "{\"name\":\"web\",\"CHECK\":{\"ttl\":\"10s\"},\"Checks\":[{\"HTTP\":\"http://x/\","
        "\"Interval\":\"10s\",\"Status\":\"passing\"},{\"CheckID\":\"own\",\"TCP\":\"x:1\","
        "\"Interval\":1000000000}]}");
    rig_expect_part(*state, "GET /v1/agent/checks", NULL, 200, "\"service:web:1\":");
    assert_holds(state, "\"service:web:2\":{\"Node\":\"n1\",\"CheckID\":\"service:web:2\",\"Name\":"
                        "\"Service 'web' check\",\"Status\":\"passing\"");
    assert_holds(state, "\"own\":");
    assert_holds(state, "\"Type\":\"http\",\"Interval\":\"10s\"");
}

static void registering_again_keeps_status_and_moves_no_index(void **state)
{
    static const char body[] = "{\"Name\":\"web\",\"Check\":{\"TTL\":\"10s\"}}";
    put(state, "/v1/agent/service/register", body);
    put(state, "/v1/agent/check/pass/service:web?note=fine", NULL);
    rig_ask(*state, "GET /v1/health/service/web", NULL, "");
    char *index = strdup(rig_header(*state, "x-consul-index"));
    put(state, "/v1/agent/service/register", body);
    rig_expect_part(*state, "GET /v1/health/service/web?passing", NULL, 200,
                    "\"Status\":\"passing\",\"Notes\":\"\",\"Output\":\"fine\"");
    assert_string_equal(rig_header(*state, "x-consul-index"), index);
    free(index);
}

static void replacing_checks_drops_those_not_named(void **state)
{
    put(state, "/v1/agent/service/register",
        "{\"Name\":\"web\",\"Checks\":[{\"CheckID\":\"a\",\"TTL\":\"10s\"},{\"CheckID\":\"b\","
        "\"TTL\":\"10s\"}]}");
    put(state, "/v1/agent/service/register",
        "{\"Name\":\"web\",\"Check\":{\"CheckID\":\"b\",\"TTL\":\"10s\"}}");
    rig_expect_part(*state, "GET /v1/agent/checks", NULL, 200, "\"a\":{");
    put(state, "/v1/agent/service/register?replace-existing-checks",
        "{\"Name\":\"web\",\"Check\":{\"CheckID\":\"b\",\"TTL\":\"10s\"}}");
    rig_expect_part(*state, "GET /v1/agent/checks", NULL, 200, "\"b\":{");
    assert_lacks(state, "\"a\":{");
}

static void same_id_takes_another_name(void **state)
{
    put(state, "/v1/agent/service/register", "{\"ID\":\"x\",\"Name\":\"old\"}");
    put(state, "/v1/agent/service/register", "{\"ID\":\"x\",\"Name\":\"new\"}");
    rig_expect(*state, "GET /v1/catalog/services", NULL, 200, "{\"consul\":[],\"new\":[]}");
}

static void sidecar_comes_and_goes_with_its_service(void **state)
{
    static const char body[] = "{\"ID\":\"w1\",\"Name\":\"web\",\"Tags\":[\"v1\"],\"Port\":80,"
                               "\"Connect\":{\"SidecarService\":{\"Proxy\":{\"Upstreams\":[{"
                               "\"DestinationName\":\"db\",\"LocalBindPort\":9191}]}}}}";
    put(state, "/v1/agent/service/register", body);
    rig_expect_part(*state, "GET /v1/agent/service/w1", NULL, 200, "\"ID\":\"w1\"");
    assert_lacks(state, "\"Connect\""); /* only those who speak it themselves say so */
    rig_expect_part(*state, "GET /v1/agent/service/w1-sidecar-proxy", NULL, 200,
                    "{\"Kind\":\"connect-proxy\",\"ID\":\"w1-sidecar-proxy\",\"Service\":"
                    "\"web-sidecar-proxy\",\"Tags\":[\"v1\"],\"Meta\":{},\"Port\":21000,");
    assert_holds(state,
                 "\"Proxy\":{\"DestinationServiceName\":\"web\",\"DestinationServiceID\":"
                 "\"w1\",\"LocalServiceAddress\":\"127.0.0.1\",\"LocalServicePort\":80,"
                 "\"Upstreams\":[{\"DestinationType\":\"service\",\"DestinationName\":\"db\","
                 "\"LocalBindPort\":9191,\"MeshGateway\":{}}],\"MeshGateway\":{},\"Expose\":{}}");
    rig_expect_part(*state, "GET /v1/agent/checks", NULL, 200,
                    "\"Name\":\"Connect Sidecar Listening\"");
    assert_holds(state, "\"Name\":\"Connect Sidecar Aliasing w1\"");
    put(state, "/v1/agent/service/register", body);
    put(state, "/v1/agent/service/register",
        "{\"ID\":\"w2\",\"Name\":\"web\",\"Connect\":{\"SidecarService\":{}}}");
    rig_expect_part(*state, "GET /v1/agent/service/w1-sidecar-proxy", NULL, 200, "\"Port\":21000,");
    rig_expect_part(*state, "GET /v1/agent/service/w2-sidecar-proxy", NULL, 200, "\"Port\":21001,");
    rig_expect_part(*state, "GET /v1/health/connect/web", NULL, 200, "w2-sidecar-proxy");
    put(state, "/v1/agent/service/deregister/w1", NULL);
    rig_expect(*state, "GET /v1/agent/service/w1-sidecar-proxy", NULL, 404,
               "unknown service ID: w1-sidecar-proxy");
    rig_expect_part(*state, "GET /v1/agent/services", NULL, 200, "w2-sidecar-proxy");
}

/* -- bad input ----------------------------------------------------------------------------------
 */

static const struct {
    const char *body;
    int status;
    const char *text;
} bad[] = {
    { "", 400, "Request decode failed: EOF" },
    { "{", 400, "Request decode failed: unexpected EOF" },
    { "{\"Port\":1}", 400, "Missing service name" },
    { "{\"Name\":\"w\",\"Bogus\":1}", 400, "Request decode failed: json: unknown field \"Bogus\"" },
    { "{\"Name\":\"w\",\"Namespace\":\"x\"}", 400,
      "Request decode failed: json: unknown field \"Namespace\" - Namespaces are a Consul "
      "Enterprise feature" },
    { "{\"Name\":\"w\",\"Port\":\"x\"}", 400,
      "Request decode failed: json: cannot unmarshal string into Go struct field "
      "ServiceDefinition.Port of type int" },
    { "{\"Name\":\"w\",\"Port\":70000}", 400,
      "Validation failed: Port 70000 is outside 0 to 65535" },
    { "{\"Name\":\"w\",\"Port\":-1}", 400, "Validation failed: Port -1 is outside 0 to 65535" },
    { "{\"Name\":\"w\",\"Address\":\"0.0.0.0\"}", 400, "Invalid service address" },
    { "{\"Name\":\"w\",\"Address\":\"[::]\"}", 400, "Invalid service address" },
    { "{\"Name\":\"w\",\"Weights\":{\"Passing\":0}}", 400,
      "Invalid Weights: Passing must be greater than 0" },
    { "{\"Name\":\"w\",\"Weights\":{\"Passing\":65536}}", 400,
      "Invalid Weights: DNS Weight must be between 0 and 65535" },
    { "{\"Name\":\"w\",\"Meta\":{\"a b\":\"x\"}}", 400,
      "Invalid Service Meta: Couldn't load metadata pair ('a b', 'x'): Key contains invalid "
      "characters" },
    { "{\"Name\":\"w\",\"Meta\":{\"consul-x\":\"x\"}}", 400,
      "Invalid Service Meta: Couldn't load metadata pair ('consul-x', 'x'): Key prefix 'consul-' "
      "is "
      "reserved for internal use" },
    { "{\"Name\":\"w\",\"Check\":{\"Name\":\"c\"}}", 400,
      "Invalid check: TTL must be > 0 for TTL checks" },
    { "{\"Name\":\"w\",\"Checks\":[{}]}", 400, "Invalid check: TTL must be > 0 for TTL checks" },
    { "{\"Name\":\"w\",\"Check\":{\"AliasNode\":\"n\",\"TTL\":\"1s\"}}", 400,
      "Invalid check: TTL must be not be set for Alias checks" },
    { "{\"Name\":\"w\",\"Check\":{\"AliasNode\":\"n\",\"TCP\":\"x:1\",\"Interval\":\"1s\"}}", 400,
      "Invalid check: Interval cannot be set for Alias checks" },
    { "{\"Name\":\"w\",\"Check\":{\"TCP\":\"x:1\",\"Interval\":\"1s\",\"FailuresBeforeWarning\":3,"
      "\"FailuresBeforeCritical\":1}}",
      400, "Invalid check: FailuresBeforeWarning can't be higher than FailuresBeforeCritical" },
    { "{\"Name\":\"w\",\"Check\":{\"TCP\":\"x:1\",\"Interval\":\"1s\",\"OutputMaxSize\":-1}}", 400,
      "Invalid check: MaxOutputMaxSize must be positive" },
    { "{\"Name\":\"w\",\"Address\":\"::\"}", 400, "Invalid service address" },
    { "{\"Name\":\"w\",\"Weights\":{\"Passing\":1,\"Warning\":-1}}", 400,
      "Invalid Weights: Warning must be greater or equal than 0" },
    { "{\"Name\":\"w\",\"Meta\":{\"\":\"x\"}}", 400,
      "Invalid Service Meta: Couldn't load metadata pair ('', 'x'): Key cannot be blank" },
    { "{\"Name\":\"w\",\"Check\":{\"HTTP\":\"http://x\"}}", 400,
      "Invalid check: Interval must be > 0 for Script, HTTP, H2PING, TCP, UDP or OSService "
      "checks" },
    { "{\"Name\":\"w\",\"Check\":{\"HTTP\":\"http://x\",\"Interval\":\"-1s\"}}", 400,
      "Invalid check: Interval must be > 0 for Script, HTTP, H2PING, TCP, UDP or OSService "
      "checks" },
    { "{\"Name\":\"w\",\"Check\":{\"Interval\":\"1s\",\"TTL\":\"1s\"}}", 400,
      "Invalid check: Interval and TTL cannot both be specified" },
    { "{\"Name\":\"w\",\"Check\":{\"TTL\":\"soon\"}}", 400,
      "Request decode failed: time: invalid duration \"soon\"" },
    { "{\"Name\":\"w\",\"Check\":{\"TTL\":\"1s\",\"Status\":\"fine\"}}", 400,
      "Status for checks must 'passing', 'warning', 'critical'" },
    { "{\"Name\":\"w\",\"Check\":{\"Script\":\"x\"}}", 400,
      "Request decode failed: json: unknown field \"Script\"" },
    { "{\"Name\":\"w\",\"Check\":{\"Args\":[\"x\"],\"Interval\":\"1s\"}}", 500,
      "Scripts are disabled on this agent from remote calls; to enable, configure "
      "'enable_script_checks' to true" },
    { "{\"Name\":\"w\",\"Kind\":\"connect-proxy\",\"Port\":1}", 400,
      "Validation failed: 1 error occurred:\n\t* Proxy.DestinationServiceName must be non-empty "
      "for "
      "Connect proxy services\n\n" },
    { "{\"Name\":\"w\",\"Kind\":\"other\"}", 400,
      "Validation failed: Kind \"other\" is none there is" },
    { "{\"Name\":\"w\",\"Connect\":{\"SidecarService\":{\"Bogus\":1}}}", 400,
      "Request decode failed: json: unknown field \"Bogus\"" },
    { "{\"Name\":\"w\",\"Connect\":{\"SidecarService\":{\"Port\":70000}}}", 400,
      "Validation failed: Port 70000 is outside 0 to 65535" },
    { "{\"Name\":\"w\",\"Connect\":{\"SidecarService\":{\"ID\":\"x\",\"Connect\":{"
      "\"SidecarService\":{}}}}}",
      400,
      "Validation failed: 2 errors occurred:\n\t* A SidecarService cannot specify an ID as this is "
      "managed by the agent\n\t* A SidecarService cannot have a nested SidecarService\n\n" },
};

static void bad_registrations_are_refused_in_consuls_words_and_leave_nothing(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        rig_expect(*state, "PUT /v1/agent/service/register", bad[i].body, bad[i].status,
                   bad[i].text);
    rig_expect(*state, "GET /v1/agent/services", NULL, 200, "{}");
    rig_expect(*state, "GET /v1/agent/checks", NULL, 200, "{}");
    rig_expect(*state, "GET /v1/catalog/services", NULL, 200, "{\"consul\":[]}");
}

static void weights_end_at_their_limits(void **state)
{
    put(state, "/v1/agent/service/register",
        "{\"Name\":\"w\",\"Weights\":{\"Passing\":65535,\"Warning\":0}}");
    rig_expect_part(*state, "GET /v1/agent/service/w", NULL, 200,
                    "\"Weights\":{\"Passing\":65535,\"Warning\":0}");
    rig_expect(*state, "PUT /v1/agent/service/register",
               "{\"Name\":\"w\",\"Weights\":{\"Passing\":1,\"Warning\":65536}}", 400,
               "Invalid Weights: DNS Weight must be between 0 and 65535");
    rig_expect(*state, "PUT /v1/agent/service/register",
               "{\"Name\":\"w\",\"Weights\":{\"Passing\":0,\"Warning\":1}}", 400,
               "Invalid Weights: Passing must be greater than 0");
}

/* What is kept as it came is shown to all: one of a wrong type would break every typed client. */
static void parts_of_a_wrong_type_are_refused(void **state)
{
    static const char *const parts[] = {
        "\"Locality\":\"x\"",
        "\"Locality\":{\"Region\":1}",
        "\"Connect\":\"x\"",
        "\"Connect\":{\"Native\":\"x\"}",
        "\"Connect\":{\"SidecarService\":[]}",
        "\"Proxy\":\"x\"",
        "\"Proxy\":{\"Mode\":1}",
        "\"Proxy\":{\"LocalServicePort\":\"x\"}",
        "\"Proxy\":{\"local_service_port\":\"x\"}",
        "\"Proxy\":{\"Config\":\"x\"}",
        "\"Proxy\":{\"Upstreams\":[1]}",
        "\"Proxy\":{\"Upstreams\":{}}",
        "\"Proxy\":{\"Upstreams\":[{\"LocalBindPort\":\"1\"}]}",
        "\"Proxy\":{\"Upstreams\":[{\"Config\":[]}]}",
        "\"Proxy\":{\"MeshGateway\":\"local\"}",
        "\"Proxy\":{\"Expose\":{\"Paths\":[{\"ListenerPort\":\"1\"}]}}",
        "\"Proxy\":{\"TransparentProxy\":{\"OutboundListenerPort\":true}}",
        "\"Proxy\":{\"EnvoyExtensions\":{}}",
        "\"Proxy\":{\"AccessLogs\":1}",
        "\"Connect\":{\"SidecarService\":{\"Proxy\":{\"Config\":1}}}"
    };
    char body[300];
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        snprintf(body, sizeof body, "{\"Name\":\"w\",\"Port\":1,%s}", parts[i]);
        rig_expect_part(*state, "PUT /v1/agent/service/register", body, 400,
                        "Request decode failed: json: cannot unmarshal ");
        snprintf(body, sizeof body,
                 "{\"Node\":\"m\",\"Address\":\"1\",\"Service\":{\"Service\":\"w\",\"Port\":1,%s}}",
                 parts[i]);
        if (strstr(parts[i], "SidecarService\":{") == NULL) /* only agents register them */
            rig_expect_part(*state, "PUT /v1/catalog/register", body, 500,
                            "Request decode failed: json: cannot unmarshal ");
    }
    rig_expect(*state, "GET /v1/catalog/services", NULL, 200, "{\"consul\":[]}");
    put(state, "/v1/agent/service/register",
        "{\"Name\":\"w\",\"Kind\":\"connect-proxy\",\"Port\":1,\"Proxy\":{"
        "\"DestinationServiceName\":"
        "\"v\",\"Config\":{\"a\":[1,\"x\",{}]},\"Upstreams\":null,\"Expose\":null,\"Later\":1}}");
}

static void metadata_ends_at_its_limits(void **state)
{
    char body[3000], value[514];
    for (int n = 512; n <= 513; n++) {
        memset(value, 'x', (size_t)n);
        value[n] = 0;
        snprintf(body, sizeof body, "{\"Name\":\"w\",\"Meta\":{\"k\":\"%s\"}}", value);
        assert_int_equal(rig_ask(*state, "PUT /v1/agent/service/register", body, ""),
                         n == 512 ? 200 : 400);
    }
    assert_holds(state, "Value is too long (limit: 512 characters)");
    for (int n = 64; n <= 65; n++) {
        int at = snprintf(body, sizeof body, "{\"Name\":\"w\",\"Meta\":{\"k0\":\"\"");
        for (int i = 1; i < n; i++)
            at += snprintf(body + at, sizeof body - (size_t)at, ",\"k%d\":\"\"", i);
        snprintf(body + at, sizeof body - (size_t)at, "}}");
        assert_int_equal(rig_ask(*state, "PUT /v1/agent/service/register", body, ""),
                         n == 64 ? 200 : 400);
    }
    assert_holds(state, "Node metadata cannot contain more than 64 key/value pairs");
}

static void value_of_ten_mebibytes_is_refused_unread(void **state)
{
    struct rig *rig = *state;
    struct client *c = client_tcp(rig->port);
    char head[200];
    snprintf(head, sizeof head,
             "PUT /v1/agent/service/register HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: "
             "%d\r\n\r\n{\"Name\":\"w\",\"Meta\":{\"k\":\"",
             10 << 20);
    client_send_str(c, head);
    assert_int_equal(rig_end(rig, c), 413);
    rig_expect(rig, "GET /v1/agent/services", NULL, 200, "{}");
}

static int register_with_checks(void **state, int checks)
{
    static char body[100000];
    int at = snprintf(body, sizeof body, "{\"Name\":\"w\",\"Checks\":[");
    for (int i = 0; i < checks; i++)
        at += snprintf(body + at, sizeof body - (size_t)at,
                       "%s{\"CheckID\":\"c%d\",\"TTL\":\"1m\"}", i == 0 ? "" : ",", i);
    snprintf(body + at, sizeof body - (size_t)at, "]}");
    return rig_ask(*state, "PUT /v1/agent/service/register", body, "");
}

static void change_ends_at_1024_operations(void **state)
{
    assert_int_equal(register_with_checks(state, 1024), 413);
    assert_string_equal(rig_body(*state), "more than 1024 changes at once");
    rig_expect(*state, "GET /v1/agent/services", NULL, 200, "{}");
    assert_int_equal(register_with_checks(state, 1023), 200);
}

static void tagged_addresses_end_at_62(void **state)
{
    char body[8000];
    for (int n = 62; n <= 63; n++) {
        int at = snprintf(body, sizeof body, "{\"Name\":\"w\",\"TaggedAddresses\":{");
        for (int i = 0; i < n; i++)
            at += snprintf(body + at, sizeof body - (size_t)at, "%s\"t%d\":{\"Address\":\"a\"}",
                           i == 0 ? "" : ",", i);
        snprintf(body + at, sizeof body - (size_t)at, "}}");
        assert_int_equal(rig_ask(*state, "PUT /v1/agent/service/register", body, ""),
                         n == 62 ? 200 : 400);
    }
    assert_string_equal(rig_body(*state), "Validation failed: more than 62 tagged addresses");
}

/* -- reading ------------------------------------------------------------------------------------
 */

static void registered_services_are_listed_by_id(void **state)
{
    rig_expect(*state, "GET /v1/agent/services", NULL, 200, "{}");
    put(state, "/v1/agent/service/register", "{\"ID\":\"b\",\"Name\":\"web\",\"Tags\":[\"x\"]}");
    put(state, "/v1/agent/service/register", "{\"ID\":\"a\",\"Name\":\"web\"}");
    rig_expect_part(*state, "GET /v1/agent/services", NULL, 200,
                    "{\"a\":{\"ID\":\"a\",\"Service\":");
    assert_holds(state, "\"b\":{\"ID\":\"b\"");
    rig_expect_part(*state, "GET /v1/agent/services?filter=x%20in%20Tags", NULL, 200,
                    "{\"b\":{\"ID\":\"b\"");
    assert_lacks(state, "\"a\":{");
    rig_expect_part(*state, "GET /v1/agent/services?filter=Bogus%20==%20x", NULL, 500,
                    "Failed to create boolean expression evaluator: ");
}

#define PORTS                                                                              \
    "\"Ports\":[{\"Name\":\"http\",\"Port\":8080,\"Default\":true},{\"Name\":\"metrics\"," \
    "\"Port\":9090,\"Default\":false}]"

/* Who knows of no names gets the default one. */
static void ports_have_names_and_one_is_the_default(void **state)
{
    rig_expect(*state, "PUT /v1/agent/service/register",
               "{\"Name\":\"multi\",\"Ports\":[{\"Name\":\"http\",\"Port\":8080,\"Default\":true},{"
               "\"Name\":"
               "\"metrics\",\"Port\":9090}]}",
               200, "");
    rig_expect_part(*state, "GET /v1/agent/services", NULL, 200, "\"Port\":8080," PORTS);
    rig_expect_part(*state, "GET /v1/health/service/multi", NULL, 200, "\"Port\":8080," PORTS);
    rig_expect_part(*state, "GET /v1/catalog/service/multi", NULL, 200,
                    "\"ServicePort\":8080,\"ServicePorts\":[{\"Name\":\"http\"");
    rig_expect(*state, "PUT /v1/catalog/register",
               "{\"Node\":\"x\",\"Address\":\"10.0.0.9\",\"Service\":{\"Service\":\"other\"," PORTS
               "}}",
               200, "true");
    rig_expect_part(*state, "GET /v1/catalog/node-services/x", NULL, 200, "\"Port\":8080," PORTS);
}

static void ports_that_are_none_are_refused(void **state)
{
    static const char *const rows[][2] = {
        { "[{\"Name\":\" \",\"Port\":1,\"Default\":true}]", "Ports.Name cannot be empty" },
        { "[{\"Name\":\"a\",\"Default\":true}]", "Ports.Port must be non-zero" },
        { "[{\"Name\":\"a\",\"Port\":65536,\"Default\":true}]", "Ports.Port 65536 is above 65535" },
        { "[{\"Name\":\"a\",\"Port\":1,\"Default\":true},{\"Name\":\"a\",\"Port\":2}]",
          "Ports.Name \"a\" has to be unique" },
        { "[{\"Name\":\"a\",\"Port\":1,\"Default\":true},{\"Name\":\"b\",\"Port\":2,\"Default\":"
          "true}]",
          "only one port can be marked as default" },
        { "[{\"Name\":\"a\",\"Port\":1}]", "one of the Ports must be marked as Default" },
        { "{}", "Ports is no list" },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char body[300], text[200];
        snprintf(body, sizeof body, "{\"Name\":\"bad\",\"Ports\":%s}", rows[i][0]);
        snprintf(text, sizeof text, "Validation failed: %s", rows[i][1]);
        rig_expect(*state, "PUT /v1/agent/service/register", body, 400, text);
    }
    rig_expect(
        *state, "PUT /v1/agent/service/register",
        "{\"Name\":\"bad\",\"Port\":7,\"Ports\":[{\"Name\":\"a\",\"Port\":1,\"Default\":true}]}",
        400, "Validation failed: Port is 7, the default of Ports is 1");
    rig_expect(*state, "PUT /v1/agent/service/register",
               "{\"Name\":\"none\",\"Port\":7,\"Ports\":[]}", 200, "");
}

/* Of 64 and of 65. */
static void service_has_64_ports_and_no_more(void **state)
{
    for (int most = 64; most <= 65; most++) {
        char body[8000];
        int n = snprintf(body, sizeof body, "{\"Name\":\"many\",\"Ports\":[");
        for (int i = 1; i <= most; i++)
            n += snprintf(body + n, sizeof body - (size_t)n,
                          "%s{\"Name\":\"p%d\",\"Port\":%d,\"Default\":%s}", i > 1 ? "," : "", i, i,
                          i == 1 ? "true" : "false");
        snprintf(body + n, sizeof body - (size_t)n, "]}");
        assert_int_equal(rig_ask(*state, "PUT /v1/agent/service/register", body, ""),
                         most == 64 ? 200 : 400);
    }
}

/* What hashstructure gives for this service: the test of Consul's Go client compares it. */
static void hash_is_consuls(void **state)
{
    rig_expect(*state, "PUT /v1/agent/service/register",
               "{\"Name\":\"foo\",\"Tags\":[\"bar\",\"baz\"],\"Port\":8000}", 200, "");
    rig_expect_part(*state, "GET /v1/agent/service/foo", NULL, 200,
                    "\"ContentHash\":\"c4bb6737c185ed93\"");
    assert_string_equal(rig_header(*state, "x-consul-contenthash"), "c4bb6737c185ed93");
}

static void one_service_waits_by_its_hash(void **state)
{
    char request[200];
    struct client *waiting;
    rig_expect(*state, "GET /v1/agent/service/web", NULL, 404, "unknown service ID: web");
    put(state, "/v1/agent/service/register", "{\"Name\":\"web\",\"Port\":1}");
    rig_expect_part(*state, "GET /v1/agent/service/web", NULL, 200, "\"ContentHash\":\"");
    snprintf(request, sizeof request, "GET /v1/agent/service/web?hash=%s&wait=60s",
             rig_header(*state, "x-consul-contenthash"));
    waiting = rig_begin(*state, request, NULL);
    put(state, "/v1/agent/service/register", "{\"Name\":\"other\"}");
    put(state, "/v1/agent/service/register", "{\"Name\":\"web\",\"Port\":2}");
    assert_int_equal(rig_end(*state, waiting), 200);
    assert_holds(state, "\"Port\":2,");
    rig_expect_part(*state, "GET /v1/agent/service/web?hash=stale", NULL, 200, "\"Port\":2,");
    snprintf(request, sizeof request, "GET /v1/agent/service/web?hash=%s&wait=60s",
             rig_header(*state, "x-consul-contenthash"));
    waiting = rig_begin(*state, request, NULL);
    rig_await_blocking(*state, 1);
    put(state, "/v1/agent/service/deregister/web", NULL);
    assert_int_equal(rig_end(*state, waiting), 404);
    assert_string_equal(rig_body(*state), "unknown service ID: web");
}

/* -- leaving ------------------------------------------------------------------------------------
 */

static void deregister_takes_the_checks_too(void **state)
{
    put(state, "/v1/agent/service/register", "{\"Name\":\"web\",\"Check\":{\"TTL\":\"10s\"}}");
    put(state, "/v1/agent/service/deregister/web", NULL);
    rig_expect(*state, "GET /v1/agent/services", NULL, 200, "{}");
    rig_expect(*state, "GET /v1/agent/checks", NULL, 200, "{}");
    rig_expect(*state, "GET /v1/health/service/web", NULL, 200, "[]");
    rig_expect(*state, "PUT /v1/agent/service/deregister/web", NULL, 404,
               "Unknown service ID \"web\". Ensure that the service ID is passed, not the service "
               "name.");
    rig_expect(
        *state, "PUT /v1/agent/service/deregister/", NULL, 404,
        "Unknown service ID \"\". Ensure that the service ID is passed, not the service name.");
}

static void maintenance_is_a_critical_check(void **state)
{
    put(state, "/v1/agent/service/register", "{\"ID\":\"web1\",\"Name\":\"web\"}");
    rig_expect(*state, "PUT /v1/agent/service/maintenance/web1", NULL, 400,
               "Missing value for enable");
    rig_expect(*state, "PUT /v1/agent/service/maintenance/web1?enable=x", NULL, 400,
               "Invalid value for enable: \"x\"");
    put(state, "/v1/agent/service/maintenance/web1?enable=true&reason=disk", NULL);
    rig_expect_part(*state, "GET /v1/health/service/web", NULL, 200,
                    "\"CheckID\":\"_service_maintenance:web1\",\"Name\":\"Service Maintenance "
                    "Mode\",\"Status\":\"critical\",\"Notes\":\"disk\"");
    rig_expect(*state, "GET /v1/health/service/web?passing", NULL, 200, "[]");
    put(state, "/v1/agent/service/maintenance/web1?enable=true&reason=other", NULL);
    rig_expect_part(*state, "GET /v1/health/service/web", NULL, 200, "\"Notes\":\"disk\"");
    put(state, "/v1/agent/service/maintenance/web1?enable=false", NULL);
    rig_expect_part(*state, "GET /v1/health/service/web?passing", NULL, 200, "\"ID\":\"web1\"");
    assert_int_equal(
        rig_ask(*state, "PUT /v1/agent/service/maintenance/none?enable=true", NULL, ""), 404);
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, rig_setup, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        EACH(register_makes_service_and_checks),
        EACH(fields_of_a_service_are_taken_in_each_spelling),
        EACH(literal_address_is_tagged_with_its_family),
        EACH(names_that_dns_cannot_say_are_taken),
        EACH(name_with_a_slash_is_asked_for_by_its_escape),
        EACH(what_changes_something_is_not_asked_by_get),
        EACH(check_that_is_an_empty_object_is_none),
        EACH(times_of_a_check_are_shown_as_they_were_said),
        EACH(several_checks_are_numbered),
        EACH(registering_again_keeps_status_and_moves_no_index),
        EACH(replacing_checks_drops_those_not_named),
        EACH(same_id_takes_another_name),
        EACH(sidecar_comes_and_goes_with_its_service),
        EACH(bad_registrations_are_refused_in_consuls_words_and_leave_nothing),
        EACH(weights_end_at_their_limits),
        EACH(parts_of_a_wrong_type_are_refused),
        EACH(metadata_ends_at_its_limits),
        EACH(value_of_ten_mebibytes_is_refused_unread),
        EACH(change_ends_at_1024_operations),
        EACH(tagged_addresses_end_at_62),
        EACH(registered_services_are_listed_by_id),
        EACH(one_service_waits_by_its_hash),
        EACH(hash_is_consuls),
        EACH(ports_have_names_and_one_is_the_default),
        EACH(ports_that_are_none_are_refused),
        EACH(service_has_64_ports_and_no_more),
        EACH(deregister_takes_the_checks_too),
        EACH(maintenance_is_a_critical_check),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
