/* /v1/kv: trees of more keys than are read at once. */
#include "rig.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "catalog/kv_pair.h"
#include "net/grpc_gzip.h"

#define ROOT "11111111-1111-4111-8111-111111111111"
#define AS_ROOT "X-Consul-Token: " ROOT "\r\n"

static void put(struct rig *rig, const char *request, const char *value)
{
    rig_expect(rig, request, value, 200, "true");
}

enum { AT_ONCE = 2048, MANY = 3 * AT_ONCE + 5 };

/* Pairs PREFIX00000 to N - 1, some a transaction. */
static void fill(struct rig *rig, const char *prefix, int n)
{
    struct buf body;
    buf_init(&body, 1 << 20);
    for (int i = 0; i < n;) {
        buf_clear(&body, 1 << 20);
        for (int k = 0; k < 128 && i < n; k++, i++)
            buf_printf(&body, "%s{\"KV\":{\"Verb\":\"set\",\"Key\":\"%s%05d\",\"Value\":\"dg==\"}}",
                       k == 0 ? "[" : ",", prefix, i);
        buf_put_str(&body, "]");
        buf_put_u8(&body, 0);
        assert_int_equal(rig_ask(rig, "PUT /v1/txn", (const char *)body.p, AS_ROOT), 200);
    }
    buf_fini(&body);
}

/* Of the answer's keys, each behind BEFORE: from FIRST on and in order. */
static int count_keys(struct rig *rig, const char *before, const char *prefix, int first)
{
    char key[64];
    int n = 0;
    const char *at = rig_body(rig);
    for (;; n++) {
        const char *next = strstr(at, before);
        if (next == NULL)
            return n;
        snprintf(key, sizeof key, "%s%s%05d\"", before, prefix, first + n);
        if (strncmp(next, key, strlen(key)) != 0)
            fail_msg("not %s but %.40s", key, next);
        at = next + strlen(before);
    }
}

static uint64_t index_now(struct rig *rig)
{
    return strtoull(rig_header(rig, "x-consul-index"), NULL, 10);
}

static void tree_of_what_a_turn_takes_and_one_more_is_whole(void **state)
{
    struct rig *rig = *state;
    fill(rig, "a/", AT_ONCE);
    put(rig, "PUT /v1/kv/z", "v");
    for (int more = 0; more < 2; more++) {
        assert_int_equal(rig_ask(rig, "GET /v1/kv/a/?recurse", NULL, ""), 200);
        assert_int_equal(count_keys(rig, "\"Key\":\"", "a/", 0), AT_ONCE + more);
        uint64_t index = index_now(rig);
        assert_int_equal(rig_ask(rig, "GET /v1/kv/a/?keys", NULL, ""), 200);
        assert_int_equal(count_keys(rig, "\"a", "/", 0), AT_ONCE + more);
        assert_int_equal(index_now(rig), index);
        put(rig, "PUT /v1/kv/a/02048", "v");
    }
}

static void long_tree_has_the_head_of_a_short_one(void **state)
{
    struct rig *rig = *state;
    char index[32];
    fill(rig, "a/", MANY);
    put(rig, "PUT /v1/kv/a/00007", "w");
    assert_int_equal(rig_ask(rig, "GET /v1/kv/a/00007?raw", NULL, ""), 200);
    snprintf(index, sizeof index, "%s", rig_header(rig, "x-consul-index"));
    put(rig, "PUT /v1/kv/z", "v");
    assert_int_equal(rig_ask(rig, "GET /v1/kv/a/?recurse", NULL, ""), 200);
    assert_int_equal(count_keys(rig, "\"Key\":\"", "a/", 0), MANY);
    const char *body = rig_body(rig);
    assert_memory_equal(body, "[{\"LockIndex\":0,\"Key\":\"a/00000\",\"Flags\":0,", 41);
    assert_string_equal(body + strlen(body) - 2, "}]");
    assert_string_equal(rig_header(rig, "x-consul-index"), index);
    assert_string_equal(rig_header(rig, "x-consul-knownleader"), "true");
    assert_string_equal(rig_header(rig, "x-consul-query-backend"), "blocking-query");
    assert_string_equal(rig_header(rig, "content-type"), "application/json");
    assert_string_equal(rig_header(rig, "content-encoding"), "");
    rig_expect(rig, "DELETE /v1/kv/a/?recurse", NULL, 200, "true");
    rig_expect(rig, "GET /v1/kv/a/?recurse", NULL, 404, ""); /* so many have been removed */
    assert_true(index_now(rig) > strtoull(index, NULL, 10));
    rig_expect(rig, "GET /v1/kv/a/?keys", NULL, 404, "");
}

static void long_tree_is_packed_for_who_takes_that(void **state)
{
    struct rig *rig = *state;
    struct buf plain;
    fill(rig, "a/", MANY);
    assert_int_equal(rig_ask(rig, "GET /v1/kv/a/?recurse", NULL, "Accept-Encoding: gzip\r\n"), 200);
    assert_string_equal(rig_header(rig, "content-encoding"), "gzip");
    buf_init(&plain, 64 << 20);
    assert_int_equal(grpc_gunzip(rig_body_bytes(rig), &plain), OK);
    assert_int_equal(rig_ask(rig, "GET /v1/kv/a/?recurse", NULL, ""), 200);
    assert_true(bytes_eq(buf_bytes(&plain), rig_body_bytes(rig)));
    buf_fini(&plain);
    assert_int_equal(rig_ask(rig, "GET /v1/kv/a/?recurse&pretty", NULL, ""), 200);
    assert_memory_equal(rig_body(rig), "[\n    {\n", 8);
}

static void keys_are_cut_alike_over_steps(void **state)
{
    struct rig *rig = *state;
    fill(rig, "a/", MANY);
    fill(rig, "b/c/", MANY);
    put(rig, "PUT /v1/kv/b/d", "v");
    rig_expect(rig, "GET /v1/kv/?keys&separator=/", NULL, 200, "[\"a/\",\"b/\"]");
    rig_expect(rig, "GET /v1/kv/b/?keys&separator=/", NULL, 200, "[\"b/c/\",\"b/d\"]");
}

static void values_longer_than_a_step_are_whole(void **state)
{
    struct rig *rig = *state;
    char *value = calloc(1, KV_VALUE_MAX + 1);
    memset(value, 'v', KV_VALUE_MAX);
    for (int i = 0; i < 4; i++) {
        char request[64];
        snprintf(request, sizeof request, "PUT /v1/kv/a/%05d", i);
        put(rig, request, value);
    }
    assert_int_equal(rig_ask(rig, "GET /v1/kv/a/?recurse", NULL, ""), 200);
    assert_int_equal(count_keys(rig, "\"Key\":\"", "a/", 0), 4);
    assert_true(rig_body_bytes(rig).n > 4 * KV_VALUE_MAX / 3 * 4);
    free(value);
}

static void query_of_a_long_tree_waits_and_is_woken(void **state)
{
    struct rig *rig = *state;
    char request[128];
    fill(rig, "a/", MANY);
    assert_int_equal(rig_ask(rig, "GET /v1/kv/a/?keys", NULL, ""), 200);
    uint64_t index = index_now(rig);
    snprintf(request, sizeof request, "GET /v1/kv/a/?recurse&index=%" PRIu64 "&wait=60s", index);
    struct client *c = rig_begin(rig, request, NULL);
    rig_await_blocking(rig, 1);
    put(rig, "PUT /v1/kv/b", "other");
    put(rig, "PUT /v1/kv/a/06149", "v"); /* the next of them */
    assert_int_equal(rig_end(rig, c), 200);
    assert_int_equal(count_keys(rig, "\"Key\":\"", "a/", 0), MANY + 1);
    assert_int_equal(index_now(rig), index + 2);
    rig_await_blocking(rig, 0);
}

/* Before it is looked at, while it is, or behind that: it is seen, and answers the query. */
static void change_of_a_long_tree_while_it_is_walked_is_not_missed(void **state)
{
    struct rig *rig = *state;
    char request[128];
    fill(rig, "a/", MANY);
    assert_int_equal(rig_ask(rig, "GET /v1/kv/a/?keys", NULL, ""), 200);
    uint64_t index = index_now(rig);
    for (int i = 0; i < 16; i++) {
        struct client *others[3];
        char value[16];
        snprintf(request, sizeof request, "GET /v1/kv/a/?keys&index=%" PRIu64 "&wait=60s", index);
        for (int k = 0; k < i % 4; k++) /* with three it waits for a view before */
            others[k] = rig_begin(rig, "GET /v1/kv/a/?keys", NULL);
        struct client *c = rig_begin(rig, request, NULL);
        snprintf(value, sizeof value, "%d", i);
        put(rig, "PUT /v1/kv/a/00009", value);
        assert_int_equal(rig_end(rig, c), 200);
        assert_int_equal(count_keys(rig, "\"a", "/", 0), MANY);
        assert_int_equal(index_now(rig), index + 1);
        index++;
        for (int k = 0; k < i % 4; k++)
            assert_int_equal(rig_end(rig, others[k]), 200);
    }
}

static void query_of_a_long_tree_that_waits_in_vain_is_answered(void **state)
{
    struct rig *rig = *state;
    char request[128];
    fill(rig, "a/", MANY);
    assert_int_equal(rig_ask(rig, "GET /v1/kv/a/?keys", NULL, ""), 200);
    uint64_t index = index_now(rig);
    static const char *const waits[] = { "1ms", "20ms", "300ms" }; /* during a walk, or after it */
    for (size_t i = 0; i < ARRAY_LEN(waits); i++) {
        snprintf(request, sizeof request, "GET /v1/kv/a/?keys&index=%" PRIu64 "&wait=%s", index,
                 waits[i]);
        assert_int_equal(rig_ask(rig, request, NULL, ""), 200);
        assert_int_equal(count_keys(rig, "\"a", "/", 0), MANY);
        assert_int_equal(index_now(rig), index);
    }
    struct client *others[3]; /* the third waits for a view, and so does who comes then */
    snprintf(request, sizeof request, "GET /v1/kv/a/?keys&index=%" PRIu64 "&wait=1ms", index);
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        others[i] = rig_begin(rig, "GET /v1/kv/a/?recurse", NULL);
    assert_int_equal(rig_ask(rig, request, NULL, ""), 200);
    assert_int_equal(count_keys(rig, "\"a", "/", 0), MANY);
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        assert_int_equal(rig_end(rig, others[i]), 200);
    rig_await_blocking(rig, 0);
}

/* Each ends as it can: what it took is free again, or the sanitizers say so. */
static void clients_that_go_away_from_long_trees_leave_nothing(void **state)
{
    struct rig *rig = *state;
    struct client *gone[6];
    char request[128];
    fill(rig, "a/", MANY);
    assert_int_equal(rig_ask(rig, "GET /v1/kv/a/?keys", NULL, ""), 200);
    snprintf(request, sizeof request, "GET /v1/kv/a/?recurse&index=%" PRIu64 "&wait=60s",
             index_now(rig));
    for (size_t i = 0; i < ARRAY_LEN(gone); i++) /* two walk, the others wait for a view */
        gone[i] = rig_begin(rig, i % 2 == 0 ? request : "GET /v1/kv/a/?recurse", NULL);
    assert_int_equal(rig_ask(rig, "GET /v1/kv/a/00001?raw", NULL, ""), 200);
    for (size_t i = 0; i < ARRAY_LEN(gone); i++)
        client_reset(gone[i]);
    rig_await_blocking(rig, 0);
    assert_int_equal(rig_ask(rig, "GET /v1/kv/a/?recurse", NULL, ""), 200);
    assert_int_equal(count_keys(rig, "\"Key\":\"", "a/", 0), MANY);
}

/* -- as somebody ------------------------------------------------------------------------------ */

static int set_up_closed(void **state)
{
    static const struct gate_options closed = { .is_on = true };
    struct rig *rig = rig_new();
    rig->k.hub_options.gate = &closed;
    rig_start(rig);
    *state = rig;
    return rig_ask(rig, "PUT /v1/acl/bootstrap", "{\"BootstrapSecret\":\"" ROOT "\"}", "") != 200;
}

static void make(struct rig *rig, const char *request, const char *body)
{
    assert_int_equal(rig_ask(rig, request, body, AS_ROOT), 200);
}

static void long_tree_shows_what_may_be_read(void **state)
{
    static const char as_reader[] = "X-Consul-Token: 22222222-2222-4222-8222-222222222222\r\n";
    struct rig *rig = *state;
    fill(rig, "a/", MANY);
    fill(rig, "b/", MANY);
    make(rig, "PUT /v1/acl/policy",
         "{\"Name\":\"p\",\"Rules\":\"key_prefix \\\"b/\\\" { policy = \\\"read\\\" }\"}");
    make(rig, "PUT /v1/acl/token",
         "{\"SecretID\":\"22222222-2222-4222-8222-222222222222\",\"Policies\":[{\"Name\":\"p\"}]}");
    assert_int_equal(rig_ask(rig, "GET /v1/kv/?recurse", NULL, as_reader), 200);
    assert_int_equal(count_keys(rig, "\"Key\":\"", "b/", 0), MANY);
    assert_string_equal(rig_header(rig, "x-consul-results-filtered-by-acls"), "true");
    assert_int_equal(rig_ask(rig, "GET /v1/kv/?keys", NULL, as_reader), 200);
    assert_int_equal(count_keys(rig, "\"b", "/", 0), MANY);
    assert_int_equal(rig_ask(rig, "GET /v1/kv/a/?recurse", NULL, as_reader), 404);
    assert_int_equal(rig_ask(rig, "GET /v1/kv/?recurse", NULL, AS_ROOT), 200);
    assert_string_equal(rig_header(rig, "x-consul-results-filtered-by-acls"), "");
}

/* The token ends while its query hangs on the tree, which is walked again then. */
static void token_that_is_removed_sees_no_more_of_a_long_tree(void **state)
{
    struct rig *rig = *state;
    char request[256];
    fill(rig, "a/", MANY);
    make(rig, "PUT /v1/acl/policy",
         "{\"Name\":\"p\",\"Rules\":\"key_prefix \\\"a/\\\" { policy = \\\"read\\\" }\"}");
    make(rig, "PUT /v1/acl/token",
         "{\"AccessorID\":\"33333333-3333-4333-8333-333333333333\",\"SecretID\":"
         "\"22222222-2222-4222-8222-222222222222\",\"Policies\":[{\"Name\":\"p\"}]}");
    assert_int_equal(rig_ask(rig, "GET /v1/kv/a/?keys", NULL, AS_ROOT), 200);
    snprintf(request, sizeof request,
             "GET /v1/kv/a/?recurse&token=22222222-2222-4222-8222-222222222222&wait=60s"
             "&index=%" PRIu64,
             index_now(rig));
    struct client *c = rig_begin(rig, request, NULL);
    rig_await_blocking(rig, 1);
    make(rig, "DELETE /v1/acl/token/33333333-3333-4333-8333-333333333333", NULL);
    make(rig, "PUT /v1/kv/a/06149", "v");
    assert_int_equal(rig_end(rig, c), 403);
    assert_null(strstr(rig_body(rig), "a/0"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, rig_setup, rig_teardown)
#define TEST_CLOSED(f) cmocka_unit_test_setup_teardown(f, set_up_closed, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(tree_of_what_a_turn_takes_and_one_more_is_whole),
        TEST(long_tree_has_the_head_of_a_short_one),
        TEST(long_tree_is_packed_for_who_takes_that),
        TEST(keys_are_cut_alike_over_steps),
        TEST(values_longer_than_a_step_are_whole),
        TEST(query_of_a_long_tree_waits_and_is_woken),
        TEST(change_of_a_long_tree_while_it_is_walked_is_not_missed),
        TEST(query_of_a_long_tree_that_waits_in_vain_is_answered),
        TEST(clients_that_go_away_from_long_trees_leave_nothing),
        TEST_CLOSED(long_tree_shows_what_may_be_read),
        TEST_CLOSED(token_that_is_removed_sees_no_more_of_a_long_tree),
    };
    return cmocka_run_group_tests_name("kv_tree", tests, NULL, NULL);
}
