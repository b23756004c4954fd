/* What holds for every route: methods, paths, parameters, heads, bodies. */
#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "faces/consul/call/core.h"
#include "net/grpc_gzip.h"

/* -- routing ------------------------------------------------------------------------------------
 */

static void method_that_a_route_does_not_have_is_not_allowed(void **state)
{
    rig_expect(*state, "POST /v1/status/leader", "", 405, "method POST not allowed");
    assert_string_equal(rig_header(*state, "allow"), "OPTIONS,GET");
    assert_int_equal(rig_ask(*state, "HEAD /v1/status/leader", NULL, ""), 405);
}

static void options_are_answered_with_the_methods(void **state)
{
    rig_expect(*state, "OPTIONS /v1/status/leader", NULL, 200, "");
    assert_string_equal(rig_header(*state, "allow"), "OPTIONS,GET");
}

static void unknown_paths_are_told_apart(void **state)
{
    rig_expect(*state, "GET /v1/nothing", NULL, 404,
               "Invalid URL path: not a recognized HTTP API endpoint\n");
    rig_expect(*state, "GET /nothing", NULL, 404,
               "Invalid URL path: if attempting to use the HTTP API, ensure the path starts with "
               "'/v1/'\n");
    rig_expect_part(*state, "GET /", NULL, 200, "Consul Agent: UI disabled.");
}

/* Where it is, by the name that the client calls this machine. */
static void ui_is_the_consoles(void **state)
{
    struct rig *rig = rig_new();
    rig->options.self.native_port = 6878;
    rig_start(rig);
    assert_int_equal(rig_ask(rig, "GET /", NULL, ""), 301);
    assert_string_equal(rig_header(rig, "location"), "/ui/");
    assert_int_equal(rig_ask(rig, "GET /ui", NULL, ""), 302);
    assert_string_equal(rig_header(rig, "location"), "http://127.0.0.1:6878/ui/");
    assert_int_equal(rig_ask(rig, "GET /ui/dc1/services", NULL, ""), 302);
    assert_string_equal(rig_header(rig, "location"), "http://127.0.0.1:6878/ui/");
    assert_int_equal(rig_ask(rig, "GET /uix", NULL, ""), 404);
    rig_free(rig);
}

static void path_that_is_not_clean_is_redirected(void **state)
{
    assert_int_equal(rig_ask(*state, "GET //v1/./x/../status//leader?pretty", NULL, ""), 301);
    assert_string_equal(rig_header(*state, "location"), "/v1/status/leader?pretty");
    assert_int_equal(rig_ask(*state, "GET /v1/a%20b//c/", NULL, ""), 301);
    assert_string_equal(rig_header(*state, "location"), "/v1/a%20b/c/");
}

static void path_with_what_is_not_to_be_seen_is_refused(void **state)
{
    rig_expect(*state, "GET /v1/status/leader%01", NULL, 400, "");
    rig_expect(*state, "GET /v1/status/%ff", NULL, 400, "");
}

static void body_over_a_mebibyte_is_refused(void **state)
{
    size_t n = (1 << 20) + 1;
    char *body = malloc(n + 1);
    memset(body, ' ', n);
    body[n] = 0;
    rig_expect(*state, "GET /v1/status/leader", body, 413,
               "Request body(1048577 bytes) too large, max size: 1048576 bytes.");
    body[n - 1] = 0;
    rig_expect(*state, "GET /v1/status/leader", body, 200, "\"10.0.0.1:8300\"");
    free(body);
}

/* -- parameters ---------------------------------------------------------------------------------
 */

static void other_datacenters_are_not_reached(void **state)
{
    rig_expect(*state, "GET /v1/status/leader?dc=dc1", NULL, 200, "\"10.0.0.1:8300\"");
    rig_expect(*state, "GET /v1/status/leader?dc=dc9", NULL, 500, "No path to datacenter");
    rig_expect(*state, "GET /v1/status/leader?datacenter=dc9", NULL, 500, "No path to datacenter");
    rig_expect(*state, "GET /v1/status/leader?dc=", NULL, 200, "\"10.0.0.1:8300\"");
    assert_int_equal(rig_ask(*state, "GET /v1/agent/self?dc=dc9", NULL, ""), 200);
}

static void enterprise_parameters_are_refused_but_for_their_default(void **state)
{
    rig_expect(*state, "GET /v1/status/leader?ns=team", NULL, 400,
               "Invalid query parameter: \"ns\" - Namespaces are a Consul Enterprise feature");
    rig_expect(*state, "GET /v1/status/leader?partition=p", NULL, 400,
               "Invalid query parameter: \"partition\" - Partitions are a Consul Enterprise "
               "feature");
    assert_int_equal(rig_ask(*state, "GET /v1/status/leader", NULL, "X-Consul-Namespace: x\r\n"),
                     400);
    assert_string_equal(
        rig_body(*state),
        "Invalid header: \"X-Consul-Namespace\" - Namespaces are a Consul Enterprise feature");
    rig_expect(*state, "GET /v1/status/leader?ns=default&partition=", NULL, 200,
               "\"10.0.0.1:8300\"");
}

static void pretty_answers_have_line_ends(void **state)
{
    rig_expect(*state, "GET /v1/status/peers", NULL, 200, "[\"10.0.0.1:8300\"]");
    rig_expect(*state, "GET /v1/status/peers?pretty", NULL, 200, "[\n    \"10.0.0.1:8300\"\n]\n");
}

/* -- heads --------------------------------------------------------------------------------------
 */

static void every_answer_has_the_common_head(void **state)
{
    rig_ask(*state, "GET /v1/status/leader", NULL, "");
    assert_string_equal(rig_header(*state, "content-type"), "application/json");
    assert_string_equal(rig_header(*state, "vary"), "Accept-Encoding");
    assert_string_equal(rig_header(*state, "x-consul-default-acl-policy"), "allow");
    assert_string_equal(rig_header(*state, "x-consul-index"), "");
    rig_ask(*state, "GET /v1/nothing", NULL, "");
    assert_string_equal(rig_header(*state, "content-type"), "text/plain; charset=utf-8");
    assert_string_equal(rig_header(*state, "x-consul-default-acl-policy"), "allow");
}

static void long_answers_are_packed_for_those_who_take_it(void **state)
{
    struct rig *rig = *state;
    struct buf plain;
    rig_ask(rig, "GET /v1/agent/self?pretty", NULL, "Accept-Encoding: deflate, gzip\r\n");
    assert_string_equal(rig_header(rig, "content-encoding"), "gzip");
    const char *body = rig_body(rig);
    size_t n = rig->answer.n - 1 - (size_t)(body - (const char *)rig->answer.p);
    buf_init(&plain, 1 << 20);
    assert_int_equal(grpc_gunzip(bytes_of(body, n), &plain), OK);
    buf_put_u8(&plain, 0);
    assert_non_null(strstr((const char *)plain.p, "\"NodeName\": \"n1\""));
    buf_fini(&plain);
    rig_ask(rig, "GET /v1/agent/self?pretty", NULL, "Accept-Encoding: gzip;q=0\r\n");
    assert_string_equal(rig_header(rig, "content-encoding"), "");
    rig_ask(rig, "GET /v1/status/leader", NULL, "Accept-Encoding: gzip\r\n");
    assert_string_equal(rig_header(rig, "content-encoding"), "");
}

/* -- long answers --------------------------------------------------------------------------------
 */

/* Each about 100 KiB where it is shown. */
static void register_large_services(void **state, int n)
{
    static char body[200000];
    for (int i = 0; i < n; i++) {
        int at =
            snprintf(body, sizeof body, "{\"ID\":\"l%d\",\"Name\":\"large\",\"Tags\":[\"t\"", i);
        for (int k = 0; k < 250; k++)
            at += snprintf(body + at, sizeof body - (size_t)at, ",\"%0400d\"", k);
        snprintf(body + at, sizeof body - (size_t)at, "]}");
        rig_expect(*state, "PUT /v1/agent/service/register", body, 200, "");
    }
}

struct unsent {
    struct consul_face *face;
    size_t bytes;
};

static void read_unsent(void *ctx)
{
    struct unsent *u = ctx;
    u->bytes = u->face->unsent_bytes;
}

static size_t unsent_bytes(struct rig *rig)
{
    struct unsent u = { .face = rig->face };
    kernel_call(&rig->k, read_unsent, &u);
    return u.bytes;
}

static void long_answer_waits_for_its_client_and_ends_with_him(void **state)
{
    struct rig *rig = *state;
    register_large_services(state, 120);
    rig_expect_part(rig, "GET /v1/catalog/service/large", NULL, 200, "\"l119\"");
    assert_true(strlen(rig_body(rig)) > 10 * 1024 * 1024);
    assert_int_equal(unsent_bytes(rig), 0);
    struct client *lazy = rig_begin(rig, "GET /v1/catalog/service/large", NULL);
    while (unsent_bytes(rig) == 0)
        ;
    rig_expect(rig, "GET /v1/status/leader", NULL, 200, "\"10.0.0.1:8300\"");
    assert_true(unsent_bytes(rig) > 10 * 1024 * 1024);
    client_reset(lazy);
    while (unsent_bytes(rig) > 0)
        ;
}

static void one_long_answer_more_than_may_wait_is_refused(void **state)
{
    struct rig *rig = rig_new();
    void *other = rig;
    rig->options.unsent_max = 26 << 20; /* two of about 12 MiB */
    rig_start(rig);
    register_large_services(&other, 120);
    struct client *lazy[2];
    for (size_t i = 0; i < 2; i++) {
        size_t before = unsent_bytes(rig);
        lazy[i] = rig_begin(rig, "GET /v1/catalog/service/large", NULL);
        while (unsent_bytes(rig) == before)
            ;
    }
    rig_expect(rig, "GET /v1/catalog/service/large", NULL, 429,
               "rate limit exceeded, try again later or against a different server");
    rig_expect(rig, "GET /v1/status/leader", NULL, 200, "\"10.0.0.1:8300\"");
    client_reset(lazy[0]);
    while (unsent_bytes(rig) > 14 << 20)
        ;
    rig_expect_part(rig, "GET /v1/catalog/service/large", NULL, 200, "\"l119\"");
    client_reset(lazy[1]);
    rig_free(rig);
}

/* -- packing ---------------------------------------------------------------------------------- */

enum { PACKED_MOST = 4 << 20, LONG_VALUES = 5, VALUE_MOST = 512 * 1024, REST = 523000 };

/* Reads LONG_VALUES pairs and one whose key has KEY_N bytes in one transaction; how long the
 * answer is. */
static size_t ask_for_much(struct rig *rig, size_t key_n, const char *more)
{
    char key[4096] = { 0 };
    struct buf body;
    memset(key, 'k', key_n);
    buf_init(&body, 1 << 20);
    for (int i = 0; i < LONG_VALUES; i++)
        buf_printf(&body, "%s{\"KV\":{\"Verb\":\"get\",\"Key\":\"%d\"}}", i == 0 ? "[" : ",", i);
    buf_printf(&body, ",{\"KV\":{\"Verb\":\"get\",\"Key\":\"%s\"}}]", key);
    buf_put_u8(&body, 0);
    assert_int_equal(rig_ask(rig, "PUT /v1/txn", (const char *)body.p, more), 200);
    buf_fini(&body);
    return rig_body_bytes(rig).n;
}

static void put_value(struct rig *rig, const char *key, size_t key_n, size_t n)
{
    char request[5000];
    char *value = calloc(1, VALUE_MOST + 1);
    memset(value, 'v', n);
    snprintf(request, sizeof request, "PUT /v1/kv/%.*s", (int)key_n, key);
    rig_expect(rig, request, value, 200, "true");
    free(value);
}

static void answer_over_four_mebibytes_is_not_packed(void **state)
{
    static const char packed[] = "Accept-Encoding: gzip\r\n";
    struct rig *rig = *state;
    char keys[4096], digits[] = "01234";
    memset(keys, 'k', sizeof keys);
    for (int i = 0; i < LONG_VALUES; i++)
        put_value(rig, &digits[i], 1, VALUE_MOST);
    put_value(rig, keys, 1, REST);
    size_t short_n = ask_for_much(rig, 1, "");
    assert_true(short_n < PACKED_MOST && PACKED_MOST - short_n < sizeof keys - 2);
    size_t key_n = 1 + PACKED_MOST - short_n;
    put_value(rig, keys, key_n, REST);
    put_value(rig, keys, key_n + 1, REST);
    assert_int_equal(ask_for_much(rig, key_n, ""), PACKED_MOST);
    assert_true(ask_for_much(rig, key_n, packed) < PACKED_MOST);
    assert_string_equal(rig_header(rig, "content-encoding"), "gzip");
    assert_int_equal(ask_for_much(rig, key_n + 1, packed), PACKED_MOST + 1);
    assert_string_equal(rig_header(rig, "content-encoding"), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(method_that_a_route_does_not_have_is_not_allowed),
        cmocka_unit_test(options_are_answered_with_the_methods),
        cmocka_unit_test(unknown_paths_are_told_apart),
        cmocka_unit_test(path_that_is_not_clean_is_redirected),
        cmocka_unit_test(ui_is_the_consoles),
        cmocka_unit_test(path_with_what_is_not_to_be_seen_is_refused),
        cmocka_unit_test(body_over_a_mebibyte_is_refused),
        cmocka_unit_test(other_datacenters_are_not_reached),
        cmocka_unit_test(enterprise_parameters_are_refused_but_for_their_default),
        cmocka_unit_test(pretty_answers_have_line_ends),
        cmocka_unit_test(every_answer_has_the_common_head),
        cmocka_unit_test(long_answers_are_packed_for_those_who_take_it),
        cmocka_unit_test(long_answer_waits_for_its_client_and_ends_with_him),
        cmocka_unit_test(one_long_answer_more_than_may_wait_is_refused),
        cmocka_unit_test_setup_teardown(answer_over_four_mebibytes_is_not_packed, rig_setup,
                                        rig_teardown),
    };
    return cmocka_run_group_tests(tests, rig_setup, rig_teardown);
}
