/* /v1/txn. */
#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/compiler.h"
#include "catalog/kv_pair.h"

static const char txn[] = "PUT /v1/txn";

/* One operation on a pair, MORE being what it says beside its verb and key. */
static const char *kv(const char *verb, const char *key, const char *more)
{
    static char text[500];
    snprintf(text, sizeof text, "[{\"KV\":{\"Verb\":\"%s\",\"Key\":\"%s\"%s}}]", verb, key, more);
    return text;
}

static void expect_error(struct rig *rig, const char *body, const char *what)
{
    char expected[500];
    snprintf(expected, sizeof expected,
             "{\"Results\":null,\"Errors\":[{\"OpIndex\":0,\"What\":\"%s\"}]", what);
    rig_expect_part(rig, txn, body, 409, expected);
}

static void put(struct rig *rig, const char *request, const char *value)
{
    rig_expect(rig, request, value, 200, "true");
}

/* -- all or none ------------------------------------------------------------------------------ */

static void operations_are_done_all_or_none(void **state)
{
    rig_expect(*state, txn,
               "[{\"KV\":{\"Verb\":\"set\",\"Key\":\"a\",\"Value\":\"YmFy\",\"Flags\":3}},"
               "{\"KV\":{\"Verb\":\"get\",\"Key\":\"a\"}},"
               "{\"KV\":{\"Verb\":\"delete\",\"Key\":\"none\"}}]",
               200,
               "{\"Results\":[{\"KV\":{\"LockIndex\":0,\"Key\":\"a\",\"Flags\":3,\"Value\":null,"
               "\"CreateIndex\":2,\"ModifyIndex\":2}},{\"KV\":{\"LockIndex\":0,\"Key\":\"a\","
               "\"Flags\":3,\"Value\":\"YmFy\",\"CreateIndex\":2,\"ModifyIndex\":2}}],"
               "\"Errors\":null}");
    rig_expect(*state, txn,
               "[{\"KV\":{\"Verb\":\"set\",\"Key\":\"b\"}},"
               "{\"KV\":{\"Verb\":\"cas\",\"Key\":\"a\",\"Index\":9}},"
               "{\"KV\":{\"Verb\":\"get\",\"Key\":\"b\"}},"
               "{\"KV\":{\"Verb\":\"get\",\"Key\":\"none\"}}]",
               409,
               "{\"Results\":null,\"Errors\":[{\"OpIndex\":1,\"What\":\"failed to set key "
               "\\\"a\\\", index is stale\"},{\"OpIndex\":3,\"What\":\"key \\\"none\\\" "
               "doesn't exist\"}]}");
    rig_expect(*state, "GET /v1/kv/b", NULL, 404, "");
}

static void reads_alone_show_all_that_is_missing(void **state)
{
    put(*state, "PUT /v1/kv/t/b", "v");
    rig_expect(*state, txn,
               "[{\"KV\":{\"Verb\":\"get-tree\",\"Key\":\"t/\"}},"
               "{\"KV\":{\"Verb\":\"get-or-empty\",\"Key\":\"none\"}},"
               "{\"KV\":{\"Verb\":\"check-not-exists\",\"Key\":\"none\"}}]",
               200,
               "{\"Results\":[{\"KV\":{\"LockIndex\":0,\"Key\":\"t/b\",\"Flags\":0,\"Value\":"
               "\"dg==\",\"CreateIndex\":2,\"ModifyIndex\":2}},{\"KV\":{\"LockIndex\":0,\"Key\":"
               "\"none\",\"Flags\":0,\"Value\":null,\"CreateIndex\":0,\"ModifyIndex\":0}}],"
               "\"Errors\":null,\"Index\":2,\"LastContact\":0,\"KnownLeader\":true,"
               "\"ConsistencyLevel\":\"\",\"NotModified\":false,\"Backend\":0,"
               "\"ResultsFilteredByACLs\":false}");
    assert_string_equal(rig_header(*state, "x-consul-knownleader"), "true");
    assert_string_equal(rig_header(*state, "x-consul-lastcontact"), "0");
    assert_string_equal(rig_header(*state, "x-consul-index"), "");
    rig_expect(*state, txn,
               "[{\"KV\":{\"Verb\":\"get\",\"Key\":\"x\"}},{\"KV\":{\"Verb\":\"get\",\"Key\":"
               "\"t/b\"}},{\"KV\":{\"Verb\":\"get\",\"Key\":\"y\"}}]",
               409,
               "{\"Results\":null,\"Errors\":[{\"OpIndex\":0,\"What\":\"key \\\"x\\\" doesn't "
               "exist\"},{\"OpIndex\":2,\"What\":\"key \\\"y\\\" doesn't exist\"}],"
               "\"Index\":2,\"LastContact\":0,\"KnownLeader\":true,\"ConsistencyLevel\":\"\","
               "\"NotModified\":false,\"Backend\":0,\"ResultsFilteredByACLs\":false}");
    assert_string_equal(rig_header(*state, "x-consul-knownleader"), "true");
    rig_expect_part(*state, txn, "[]", 200, "{\"Results\":[],\"Errors\":null,");
}

/* -- verbs ------------------------------------------------------------------------------------ */

static void each_verb_says_in_its_own_words_why_not(void **state)
{
    static const char none[] = ",\"Session\":\"00000000-0000-4000-8000-000000000001\"";
    put(*state, "PUT /v1/kv/k", "v");
    expect_error(*state, kv("get", "n", ""), "key \\\"n\\\" doesn't exist");
    expect_error(*state, kv("cas", "k", ",\"Index\":1"),
                 "failed to set key \\\"k\\\", index is stale");
    expect_error(*state, kv("delete-cas", "k", ",\"Index\":1"),
                 "failed to delete key \\\"k\\\", index is stale");
    expect_error(*state, kv("check-index", "k", ",\"Index\":7"),
                 "failed index check for key \\\"k\\\", current modify index 2 != 7");
    expect_error(*state, kv("check-index", "n", ",\"Index\":7"),
                 "failed to check index, key \\\"n\\\" doesn't exist");
    expect_error(*state, kv("check-session", "k", none),
                 "failed session check for key \\\"k\\\", current session \\\"\\\" != "
                 "\\\"00000000-0000-4000-8000-000000000001\\\"");
    expect_error(*state, kv("check-session", "n", none),
                 "failed to check session, key \\\"n\\\" doesn't exist");
    expect_error(*state, kv("check-not-exists", "k", ""), "key \\\"k\\\" exists");
    expect_error(*state, kv("lock", "k", none),
                 "invalid session \\\"00000000-0000-4000-8000-000000000001\\\"");
    expect_error(*state, kv("lock", "k", ",\"Session\":\"x\""), "invalid session \\\"x\\\"");
    expect_error(*state, kv("lock", "k", ""), "missing session");
    expect_error(*state, kv("unlock", "k", none),
                 "failed to unlock key \\\"k\\\", lock isn't held, or is held by another session");
    expect_error(*state, kv("set", "", ""), "Must provide key");
    expect_error(*state, kv("swap", "k", ""), "unknown KV verb \\\"swap\\\"");
    expect_error(*state, "[{}]", "no operation specified");
}

static void locks_are_taken_and_refused(void **state)
{
    char a[100], b[100];
    char *const more[] = { a, b };
    for (int i = 0; i < 2; i++) {
        rig_expect_part(*state, "PUT /v1/session/create", NULL, 200, "ID");
        snprintf(more[i], 100, ",\"Session\":%.38s", rig_body(*state) + 6);
    }
    rig_expect_part(*state, txn, kv("lock", "k", a), 200, "{\"KV\":{\"LockIndex\":1,\"Key\":\"k\"");
    expect_error(*state, kv("lock", "k", b), "failed to lock key \\\"k\\\", lock is already held");
    rig_expect_part(*state, txn, kv("check-session", "k", a), 200, "\"Value\":null,\"Session\":\"");
    rig_expect_part(*state, txn, kv("unlock", "k", a), 200, "\"LockIndex\":1");
    rig_expect_part(*state, txn, kv("check-session", "k", ""), 200, "\"LockIndex\":1");
    rig_expect_part(*state, txn, kv("lock", "k", b), 200, "\"LockIndex\":2");
}

static void lock_delay_refuses(void **state)
{
    char a[100], path[100];
    rig_expect_part(*state, "PUT /v1/session/create", NULL, 200, "ID");
    snprintf(a, sizeof a, ",\"Session\":%.38s", rig_body(*state) + 6);
    snprintf(path, sizeof path, "PUT /v1/session/destroy/%.36s", rig_body(*state) + 7);
    rig_expect_part(*state, txn, kv("lock", "k", a), 200, "\"LockIndex\":1");
    rig_expect(*state, path, NULL, 200, "true");
    expect_error(*state, kv("lock", "k", a), "failed to lock key \\\"k\\\" due to lock delay");
}

static void trees_are_removed(void **state)
{
    put(*state, "PUT /v1/kv/t/b", "v");
    put(*state, "PUT /v1/kv/u", "v");
    rig_expect(*state, txn, kv("delete-tree", "t/", ""), 200, "{\"Results\":[],\"Errors\":null}");
    rig_expect(*state, "GET /v1/kv/?keys", NULL, 200, "[\"u\"]");
    rig_expect(*state, txn, kv("delete-cas", "u", ",\"Index\":3"), 200,
               "{\"Results\":[],\"Errors\":null}");
    rig_expect(*state, "GET /v1/kv/?keys", NULL, 200, "[]");
}

/* -- nodes, services, checks ------------------------------------------------------------------ */

static void what_is_registered_in_a_transaction_is_shown(void **state)
{
    rig_expect_part(
        *state, txn,
        "[{\"KV\":{\"Verb\":\"set\",\"Key\":\"k\"}},"
        "{\"Node\":{\"Verb\":\"set\",\"Node\":{\"Node\":\"n2\",\"Address\":\"10.0.0.2\","
        "\"Meta\":{\"m\":\"1\"}}}},"
        "{\"Service\":{\"Verb\":\"set\",\"Node\":\"n2\",\"Service\":{\"ID\":\"s1\","
        "\"Service\":\"web\",\"Port\":80,\"Tags\":[\"t\"]}}},"
        "{\"Check\":{\"Verb\":\"set\",\"Check\":{\"Node\":\"n2\",\"CheckID\":\"c1\","
        "\"ServiceID\":\"s1\",\"Status\":\"passing\",\"Definition\":{\"TCP\":\"a:1\"}}}}]",
        200, "{\"Results\":[{\"KV\":{\"LockIndex\":0,\"Key\":\"k\"");
    const char *body = rig_body(*state);
    const char *node = strstr(body, "{\"Node\":{"), *service = strstr(body, "{\"Service\":{");
    const char *check = strstr(body, "{\"Check\":{");
    assert_true(node != NULL && service > node && check > service);
    assert_non_null(strstr(node, "\"Node\":\"n2\",\"Address\":\"10.0.0.2\""));
    assert_non_null(strstr(service, "\"ID\":\"s1\",\"Service\":\"web\",\"Tags\":[\"t\"]"));
    assert_non_null(strstr(check, "\"CheckID\":\"c1\""));
    assert_non_null(strstr(check, "\"ServiceTags\":[\"t\"],\"Type\":\"tcp\""));
    assert_non_null(strstr(check, "\"CreateIndex\":2,\"ModifyIndex\":2"));
    rig_expect_part(*state, "GET /v1/health/service/web?passing", NULL, 200, "\"Port\":80");
    rig_expect_part(
        *state, txn,
        "[{\"Service\":{\"Verb\":\"get\",\"Node\":\"n2\",\"Service\":{\"ID\":\"s1\"}}},"
        "{\"Node\":{\"Verb\":\"get\",\"Node\":{\"Node\":\"n1\"}}},"
        "{\"Check\":{\"Verb\":\"get\",\"Check\":{\"Node\":\"n2\",\"CheckID\":\"c1\"}}}]",
        200, "{\"Results\":[{\"Service\":{\"ID\":\"s1\"");
}

static void what_is_registered_is_changed_at_its_index_and_removed(void **state)
{
    static const char check[] = "[{\"Check\":{\"Verb\":\"%s\",\"Check\":{\"Node\":\"n2\","
                                "\"CheckID\":\"c1\",\"ServiceID\":\"s1\",\"Status\":\"warning\","
                                "\"ModifyIndex\":%d}}}]";
    static const char gone[] = "{\"Results\":[],\"Errors\":null}";
    char body[300];
    what_is_registered_in_a_transaction_is_shown(state);
    snprintf(body, sizeof body, check, "cas", 1);
    expect_error(*state, body, "failed to set check \\\"c1\\\" on node \\\"n2\\\", index is stale");
    snprintf(body, sizeof body, check, "cas", 2);
    rig_expect_part(*state, txn, body, 200, "\"Status\":\"warning\"");
    snprintf(body, sizeof body, check, "delete-cas", 2);
    expect_error(*state, body,
                 "failed to delete check \\\"c1\\\" on node \\\"n2\\\", index is stale");
    /* whose service is not said */
    rig_expect(*state, txn,
               "[{\"Check\":{\"Verb\":\"delete-cas\",\"Check\":{\"Node\":\"n2\",\"CheckID\":\"c1\","
               "\"ModifyIndex\":3}}}]",
               200, gone);
    rig_expect(*state, txn,
               "[{\"Service\":{\"Verb\":\"delete\",\"Node\":\"n2\",\"Service\":{\"ID\":\"s1\"}}},"
               "{\"Node\":{\"Verb\":\"delete\",\"Node\":{\"Node\":\"n2\"}}}]",
               200, gone);
    rig_expect(*state, "GET /v1/catalog/service/web", NULL, 200, "[]");
}

static void member_takes_services_and_is_itself_what_it_is(void **state)
{
    rig_expect_part(
        *state, txn,
        "[{\"Node\":{\"Verb\":\"set\",\"Node\":{\"Node\":\"N1\",\"Address\":\"h\"}}},"
        "{\"Service\":{\"Verb\":\"set\",\"Node\":\"n1\",\"Service\":{\"Service\":\"s\"}}}]",
        200, "\"Node\":\"n1\",\"Address\":\"10.0.0.1\"");
    rig_expect_part(*state, "GET /v1/health/service/s", NULL, 200, "\"Address\":\"10.0.0.1\"");
    rig_expect_part(*state, txn, "[{\"Node\":{\"Verb\":\"set\",\"Node\":{\"Node\":\"n1\"}}}]", 200,
                    "\"Address\":\"10.0.0.1\"");
}

static void what_is_not_registered_is_an_error(void **state)
{
    expect_error(*state, "[{\"Node\":{\"Verb\":\"get\",\"Node\":{\"Node\":\"n9\"}}}]",
                 "node \\\"n9\\\" doesn't exist");
    expect_error(*state,
                 "[{\"Service\":{\"Verb\":\"get\",\"Node\":\"n1\",\"Service\":{\"ID\":\"s\"}}}]",
                 "service \\\"s\\\" on node \\\"n1\\\" doesn't exist");
    expect_error(*state,
                 "[{\"Check\":{\"Verb\":\"get\",\"Check\":{\"Node\":\"n1\",\"CheckID\":\"c\"}}}]",
                 "check \\\"c\\\" on node \\\"n1\\\" doesn't exist");
    expect_error(
        *state,
        "[{\"Service\":{\"Verb\":\"set\",\"Node\":\"n9\",\"Service\":{\"Service\":\"s\"}}}]",
        "Missing node registration");
    expect_error(*state,
                 "[{\"Check\":{\"Verb\":\"set\",\"Check\":{\"Node\":\"n1\",\"CheckID\":\"c\","
                 "\"ServiceID\":\"s\"}}}]",
                 "Missing service registration");
    expect_error(*state, "[{\"Node\":{\"Verb\":\"lock\",\"Node\":{\"Node\":\"n1\"}}}]",
                 "unknown Node verb \\\"lock\\\"");
    expect_error(*state, "[{\"Node\":{\"Verb\":\"set\",\"Node\":{}}}]", "Must provide node");
    expect_error(*state, "[{\"Node\":{\"Verb\":\"set\",\"Node\":{\"Node\":\"n9\",\"ID\":\"x\"}}}]",
                 "Bad node ID: uuid string is wrong length");
    expect_error(*state,
                 "[{\"Service\":{\"Verb\":\"set\",\"Node\":\"n1\",\"Service\":{\"ID\":\"s\"}}}]",
                 "Must provide service name (Service.Service) when service ID is provided");
}

static void names_that_nothing_can_have_are_refused(void **state)
{
    static const char *const operations[] = {
        "{\"Node\":{\"Verb\":\"delete\",\"Node\":{\"Node\":\"a\\u0000\"}}}",
        "{\"Service\":{\"Verb\":\"delete\",\"Node\":\"a\\u0000\",\"Service\":{\"ID\":\"s\"}}}",
        "{\"Service\":{\"Verb\":\"delete\",\"Node\":\"n1\",\"Service\":{\"ID\":\"s\\u0000\"}}}",
        "{\"Check\":{\"Verb\":\"delete\",\"Check\":{\"Node\":\"a\\u0000\",\"CheckID\":\"c\"}}}",
        "{\"Check\":{\"Verb\":\"delete\",\"Check\":{\"Node\":\"n1\",\"CheckID\":\"c\\u0000\"}}}",
        "{\"Check\":{\"Verb\":\"delete\",\"Check\":{\"Node\":\"n1\",\"CheckID\":\"\"}}}",
        "{\"Check\":{\"Verb\":\"set\",\"Check\":{\"Node\":\"a\\u0000\",\"CheckID\":\"c\","
        "\"Name\":\"c\"}}}",
    };
    char body[200];
    for (size_t i = 0; i < ARRAY_LEN(operations); i++) {
        snprintf(body, sizeof body, "[%s]", operations[i]);
        expect_error(*state, body, "a name is missing, too long, or holds a zero byte");
    }
}

/* -- bodies ----------------------------------------------------------------------------------- */

static void body_that_is_no_list_of_operations_is_refused(void **state)
{
    rig_expect(*state, txn, "[", 400, "Failed to parse body: unexpected EOF");
    rig_expect(*state, txn, NULL, 400, "Failed to parse body: EOF");
    rig_expect(*state, txn, "{}", 400,
               "Failed to parse body: json: cannot unmarshal object into Go value of type "
               "api.TxnOps");
    rig_expect(*state, txn, "[{\"KV\":{\"Verb\":\"get\",\"Kez\":\"a\"}}]", 400,
               "Failed to parse body: json: unknown field \"Kez\"");
    rig_expect_part(*state, txn, "[{\"KV\":{\"Value\":\"!\"}}]", 400, "Failed to parse body: ");
    rig_expect(*state, txn, "[{\"Session\":{\"Verb\":\"delete\"}}]", 400,
               "Failed to parse body: json: unknown field \"Session\"");
    rig_expect(*state, txn, "[{\"Intention\":{\"Verb\":\"delete\"}}]", 400,
               "Failed to parse body: json: unknown field \"Intention\"");
}

/* N operations, the first of which sets "k" to VALUE. */
static char *operations(size_t n, const char *value)
{
    size_t room = n * 64 + strlen(value) + 100, at;
    char *text = malloc(room);
    at = (size_t)snprintf(text, room, "[{\"KV\":{\"Verb\":\"set\",\"Key\":\"k\",\"Value\":\"%s\"}}",
                          value);
    for (size_t i = 1; i < n; i++)
        at += (size_t)snprintf(text + at, room - at,
                               ",{\"KV\":{\"Verb\":\"delete\",\"Key\":\"%zu\"}}", i);
    snprintf(text + at, room - at, "]");
    return text;
}

static void transaction_has_at_most_128_operations(void **state)
{
    char *most = operations(128, ""), *more = operations(129, "");
    rig_expect_part(*state, txn, most, 200, "\"Errors\":null");
    rig_expect(*state, txn, more, 413, "Transaction contains too many operations (129 > 128)");
    free(most);
    free(more);
}

static void value_ends_at_half_a_mebibyte(void **state)
{
    enum { TEXT = (KV_VALUE_MAX + 2) / 3 * 4 };
    char *value = calloc(1, TEXT + 1);
    memset(value, 'A', TEXT);
    value[TEXT - 1] = '='; /* of the last three bytes two are there */
    char *most = operations(1, value);
    rig_expect_part(*state, txn, most, 200, "\"Errors\":null");
    value[TEXT - 1] = 'A';
    char *more = operations(1, value);
    rig_expect(*state, txn, more, 413, "Value for key \"k\" is too large (524289 > 524288 bytes)");
    free(value);
    free(most);
    free(more);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, rig_setup, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(operations_are_done_all_or_none),
        TEST(reads_alone_show_all_that_is_missing),
        TEST(each_verb_says_in_its_own_words_why_not),
        TEST(locks_are_taken_and_refused),
        TEST(lock_delay_refuses),
        TEST(trees_are_removed),
        TEST(what_is_registered_in_a_transaction_is_shown),
        TEST(what_is_registered_is_changed_at_its_index_and_removed),
        TEST(member_takes_services_and_is_itself_what_it_is),
        TEST(what_is_not_registered_is_an_error),
        TEST(names_that_nothing_can_have_are_refused),
        TEST(body_that_is_no_list_of_operations_is_refused),
        TEST(transaction_has_at_most_128_operations),
        TEST(value_ends_at_half_a_mebibyte),
    };
    return cmocka_run_group_tests_name("txn", tests, NULL, NULL);
}
