/* /v1/session, and locks on pairs. */
#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/uuid.h"

struct id {
    char text[UUID_TEXT + 1];
};

/* A session of BODY (NULL: none). */
static struct id create(struct rig *rig, const char *body)
{
    struct id id = { "" };
    struct uuid uuid;
    rig_expect_part(rig, "PUT /v1/session/create", body, 200, "{\"ID\":\"");
    memcpy(id.text, rig_body(rig) + 7, UUID_TEXT);
    assert_true(uuid_parse(bytes_str(id.text), &uuid));
    assert_string_equal(rig_body(rig) + 7 + UUID_TEXT, "\"}");
    return id;
}

/* "PUT /v1/kv/a?acquire=" and the like, with the id at its end. */
static const char *with(const char *request, const struct id *id)
{
    static char text[200];
    snprintf(text, sizeof text, "%s%s", request, id->text);
    return text;
}

static void expect(struct rig *rig, const char *request, const struct id *id, const char *body,
                   int status, const char *text)
{
    rig_expect(rig, with(request, id), body, status, text);
}

/* What is answered for ID holds PART. */
static void expect_info(struct rig *rig, const struct id *id, const char *part)
{
    rig_expect_part(rig, with("GET /v1/session/info/", id), NULL, 200, part);
}

/* -- creating --------------------------------------------------------------------------------- */

static void session_is_created_with_what_it_says(void **state)
{
    char expected[500];
    struct id id = create(*state, "{\"name\":\"lock\",\"LockDelay\":\"1m\",\"behavior\":\"delete\","
                                  "\"TTL\":\"30s\",\"ServiceChecks\":[],\"Unknown\":1}");
    snprintf(expected, sizeof expected,
             "[{\"ID\":\"%s\",\"Name\":\"lock\",\"Node\":\"n1\",\"LockDelay\":60000000000,"
             "\"Behavior\":\"delete\",\"TTL\":\"30s\",\"NodeChecks\":[\"serfHealth\"],"
             "\"ServiceChecks\":null,\"CreateIndex\":2,\"ModifyIndex\":2}]",
             id.text);
    expect(*state, "GET /v1/session/info/", &id, NULL, 200, expected);
    assert_string_equal(rig_header(*state, "x-consul-index"), "2");
    assert_string_equal(rig_header(*state, "x-consul-knownleader"), "true");
}

static void session_without_a_body_has_the_defaults(void **state)
{
    struct id id = create(*state, NULL);
    expect_info(*state, &id,
                "\"Name\":\"\",\"Node\":\"n1\",\"LockDelay\":15000000000,\"Behavior\":\"release\","
                "\"TTL\":\"\",\"NodeChecks\":[\"serfHealth\"],\"ServiceChecks\":null,");
}

static void either_list_of_checks_takes_the_place_of_the_default(void **state)
{
    struct id id = create(*state, "{\"Checks\":[]}");
    expect_info(*state, &id, "\"NodeChecks\":[],");
    id = create(*state, "{\"NodeChecks\":[]}");
    expect_info(*state, &id, "\"NodeChecks\":[],");
    id = create(*state, "{\"Checks\":[\"serfHealth\"]}");
    expect_info(*state, &id, "\"NodeChecks\":[\"serfHealth\"],");
    id = create(*state, "{\"NodeChecks\":null,\"Node\":\"N1\"}");
    expect_info(*state, &id, "\"Node\":\"N1\",");
    expect_info(*state, &id, "\"NodeChecks\":[\"serfHealth\"],");
}

static void small_lock_delays_are_seconds_and_long_ones_a_minute(void **state)
{
    static const struct {
        const char *body, *delay;
    } rows[] = {
        { "{\"LockDelay\":5}", "\"LockDelay\":5000000000," },
        { "{\"LockDelay\":2000}", "\"LockDelay\":2000," },
        { "{\"lockdelay\":\"1500ms\"}", "\"LockDelay\":1500000000," },
        { "{\"LockDelay\":0}", "\"LockDelay\":0," },
        { "{\"LockDelay\":1.5e10}", "\"LockDelay\":15000000000," },
        { "{\"LockDelay\":\"2h\"}", "\"LockDelay\":60000000000," },
        { "{\"LockDelay\":-7}", "\"LockDelay\":0," },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct id id = create(*state, rows[i].body);
        expect_info(*state, &id, rows[i].delay);
    }
    rig_expect(*state, "PUT /v1/session/create", "{\"LockDelay\":\"x\"}", 400,
               "Request decode failed: time: invalid duration \"x\"");
}

static void what_a_session_cannot_be_is_refused(void **state)
{
    static const char create_path[] = "PUT /v1/session/create";
    rig_expect(*state, create_path, "{\"TTL\":\"9s\"}", 500,
               "Invalid Session TTL '9000000000', must be between [10s=24h0m0s]");
    rig_expect(*state, create_path, "{\"TTL\":\"24h1s\"}", 500,
               "Invalid Session TTL '86401000000000', must be between [10s=24h0m0s]");
    rig_expect(*state, create_path, "{\"TTL\":\"x\"}", 500,
               "Session TTL 'x' invalid: time: invalid duration \"x\"");
    rig_expect(*state, create_path, "{\"Behavior\":\"keep\"}", 500,
               "Invalid Behavior setting 'keep'");
    rig_expect(*state, create_path, "{\"Node\":\"\"}", 500, "Must provide Node");
    rig_expect(*state, create_path, "{\"Node\":\"other\"}", 500,
               "apply failed: Missing node registration");
    rig_expect(*state, create_path, "{\"NodeChecks\":[\"none\"]}", 500,
               "apply failed: Missing check 'none' registration");
    rig_expect(*state, create_path, "{\"Name\":", 400, "Request decode failed: unexpected EOF");
    rig_expect(*state, create_path, "{\"NodeChecks\":[\"\"]}", 400,
               "Request decode failed: a name is empty or too long, or there are too many checks");
    rig_expect(*state, "GET /v1/session/list", NULL, 200, "[]");
}

static void ttl_is_between_ten_seconds_and_a_day(void **state)
{
    struct id id = create(*state, "{\"TTL\":\"10s\"}");
    expect_info(*state, &id, "\"TTL\":\"10s\"");
    id = create(*state, "{\"TTL\":\"24h\"}");
    expect_info(*state, &id, "\"TTL\":\"24h\"");
    id = create(*state, "{\"TTL\":\"0s\"}");
    expect_info(*state, &id, "\"TTL\":\"0s\"");
}

/* -- reading and renewing --------------------------------------------------------------------- */

static void sessions_are_listed_by_node(void **state)
{
    rig_expect(*state, "GET /v1/session/list", NULL, 200, "[]");
    assert_string_equal(rig_header(*state, "x-consul-index"), "1");
    struct id id = create(*state, NULL);
    rig_expect_part(*state, "GET /v1/session/list", NULL, 200, id.text);
    assert_string_equal(rig_header(*state, "x-consul-index"), "2");
    rig_expect_part(*state, "GET /v1/session/node/N1", NULL, 200, id.text);
    rig_expect(*state, "GET /v1/session/node/n2", NULL, 200, "[]");
    rig_expect(*state, "GET /v1/session/node/", NULL, 400, "Missing node name");
}

static void session_that_is_not_there_is_an_empty_list(void **state)
{
    rig_expect(*state, "GET /v1/session/info/00000000-0000-4000-8000-000000000001", NULL, 200,
               "[]");
    rig_expect(*state, "GET /v1/session/info/x", NULL, 200, "[]");
    rig_expect(*state, "GET /v1/session/info/", NULL, 400, "Missing session");
}

static void renewed_session_is_answered_in_a_list(void **state)
{
    struct id id = create(*state, "{\"TTL\":\"15s\"}"), plain = create(*state, NULL);
    rig_expect_part(*state, with("PUT /v1/session/renew/", &id), NULL, 200, "[{\"ID\":\"");
    assert_non_null(strstr(rig_body(*state), "\"TTL\":\"15s\""));
    rig_expect_part(*state, with("PUT /v1/session/renew/", &plain), NULL, 200, plain.text);
    expect(*state, "PUT /v1/session/destroy/", &id, NULL, 200, "true");
    char expected[100];
    snprintf(expected, sizeof expected, "Session id '%s' not found", id.text);
    expect(*state, "PUT /v1/session/renew/", &id, NULL, 404, expected);
    rig_expect(*state, "PUT /v1/session/renew/", NULL, 400, "Missing session");
}

static void query_waits_for_sessions(void **state)
{
    struct rig *rig = *state;
    struct id id = create(rig, NULL);
    struct client *c = rig_begin(rig, "GET /v1/session/list?index=2&wait=30s", NULL);
    rig_expect(rig, "PUT /v1/kv/a", "v", 200, "true");
    expect(rig, "PUT /v1/session/destroy/", &id, NULL, 200, "true");
    assert_int_equal(rig_end(rig, c), 200);
    assert_string_equal(rig_body(rig), "[]");
    assert_string_equal(rig_header(rig, "x-consul-index"), "4");
}

/* -- locks ------------------------------------------------------------------------------------ */

static void lock_is_held_by_one_at_a_time(void **state)
{
    struct id a = create(*state, NULL), b = create(*state, NULL);
    char held[100];
    expect(*state, "PUT /v1/kv/k?acquire=", &a, "1", 200, "true");
    snprintf(held, sizeof held,
             "[{\"LockIndex\":1,\"Key\":\"k\",\"Flags\":0,\"Value\":\"MQ==\","
             "\"Session\":\"%s\"",
             a.text);
    rig_expect_part(*state, "GET /v1/kv/k", NULL, 200, held);
    expect(*state, "PUT /v1/kv/k?acquire=", &b, "2", 200, "false");
    expect(*state, "PUT /v1/kv/k?acquire=", &a, "3", 200, "true");
    rig_expect_part(*state, "GET /v1/kv/k", NULL, 200, "\"LockIndex\":1,");
    expect(*state, "PUT /v1/kv/k?release=", &b, "4", 200, "false");
    rig_expect(*state, "PUT /v1/kv/k", "5", 200, "true"); /* locks are advisory, and stay */
    rig_expect_part(*state, "GET /v1/kv/k", NULL, 200, a.text);
    expect(*state, "PUT /v1/kv/k?release=", &a, "6", 200, "true");
    rig_expect_part(*state, "GET /v1/kv/k", NULL, 200, "\"Value\":\"Ng==\",\"CreateIndex\"");
    expect(*state, "PUT /v1/kv/k?acquire=", &b, "7", 200, "true");
    rig_expect_part(*state, "GET /v1/kv/k", NULL, 200, "\"LockIndex\":2,");
    expect(*state, "PUT /v1/kv/none?release=", &b, "8", 200, "false");
}

static void lock_needs_a_session(void **state)
{
    rig_expect(*state, "PUT /v1/kv/k?acquire=x", "v", 500,
               "raft apply failed: invalid session \"x\"");
    rig_expect(*state, "PUT /v1/kv/k?acquire=00000000-0000-4000-8000-000000000001", "v", 500,
               "raft apply failed: invalid session \"00000000-0000-4000-8000-000000000001\"");
    rig_expect(*state, "PUT /v1/kv/k?acquire", "v", 500, "raft apply failed: missing session");
    rig_expect(*state, "PUT /v1/kv/k?release=x", "v", 200, "false");
    rig_expect(*state, "GET /v1/kv/k", NULL, 404, "");
}

static void destroyed_session_lets_its_locks_go(void **state)
{
    struct id a = create(*state, NULL), b = create(*state, NULL);
    expect(*state, "PUT /v1/kv/k?acquire=", &a, "1", 200, "true");
    expect(*state, "PUT /v1/session/destroy/", &a, NULL, 200, "true");
    rig_expect_part(*state, "GET /v1/kv/k", NULL, 200, "\"Value\":\"MQ==\",\"CreateIndex\"");
    expect(*state, "PUT /v1/kv/k?acquire=", &b, "2", 200, "false"); /* its lock-delay */
    expect(*state, "PUT /v1/session/destroy/", &a, NULL, 200, "true");
    rig_expect(*state, "PUT /v1/session/destroy/x", NULL, 200, "true");
    rig_expect(*state, "PUT /v1/session/destroy/", NULL, 400, "Missing session");
}

static void session_of_a_lease_takes_its_pairs_with_it(void **state)
{
    struct rig *rig = *state;
    struct id a = create(rig, "{\"TTL\":\"10s\",\"Behavior\":\"delete\",\"LockDelay\":0}");
    struct id b = create(rig, NULL);
    expect(rig, "PUT /v1/kv/k?acquire=", &a, "1", 200, "true");
    struct client *c = rig_begin(rig, "GET /v1/kv/k?index=4&wait=30s", NULL);
    expect(rig, "PUT /v1/session/destroy/", &a, NULL, 200, "true");
    assert_int_equal(rig_end(rig, c), 404);
    expect(rig, "GET /v1/session/info/", &a, NULL, 200, "[]");
    expect(rig, "PUT /v1/kv/k?acquire=", &b, "2", 200, "true"); /* without a lock-delay */
}

/* -- ending --------------------------------------------------------------------------------------
 */

static void register_check(struct rig *rig, const char *id)
{
    char body[100];
    snprintf(body, sizeof body, "{\"Name\":\"%s\",\"TTL\":\"1h\",\"Status\":\"passing\"}", id);
    rig_expect(rig, "PUT /v1/agent/check/register", body, 200, "");
}

static void critical_check_ends_the_sessions_bound_to_it(void **state)
{
    register_check(*state, "disk");
    struct id bound = create(*state, "{\"NodeChecks\":[\"disk\"]}");
    struct id other = create(*state, "{\"NodeChecks\":[\"serfHealth\"]}");
    expect(*state, "PUT /v1/kv/k?acquire=", &bound, "1", 200, "true");
    rig_expect(*state, "PUT /v1/agent/check/warn/disk", NULL, 200, "");
    expect_info(*state, &bound, bound.text); /* a warning is none of its affairs */
    rig_expect(*state, "PUT /v1/agent/check/fail/disk", NULL, 200, "");
    expect(*state, "GET /v1/session/info/", &bound, NULL, 200, "[]");
    expect_info(*state, &other, other.text);
    rig_expect_part(*state, "GET /v1/kv/k", NULL, 200, "\"Value\":\"MQ==\",\"CreateIndex\"");
    expect(*state, "PUT /v1/kv/k?acquire=", &other, "2", 200, "false"); /* its lock-delay */
    rig_expect(*state, "PUT /v1/session/create", "{\"NodeChecks\":[\"disk\"]}", 500,
               "apply failed: Check 'disk' is in critical state");
}

static void check_that_goes_ends_the_sessions_bound_to_it(void **state)
{
    register_check(*state, "disk");
    struct id id =
        create(*state, "{\"Checks\":[\"disk\"],\"Behavior\":\"delete\",\"LockDelay\":\"0s\"}");
    expect(*state, "PUT /v1/kv/k?acquire=", &id, "1", 200, "true");
    rig_expect(*state, "PUT /v1/agent/check/deregister/disk", NULL, 200, "");
    expect(*state, "GET /v1/session/info/", &id, NULL, 200, "[]");
    rig_expect(*state, "GET /v1/kv/k", NULL, 404, "");
}

static void check_of_a_service_is_bound_by_its_id(void **state)
{
    rig_expect(*state, "PUT /v1/agent/service/register",
               "{\"Name\":\"web\",\"Check\":{\"TTL\":\"1h\",\"Status\":\"passing\"}}", 200, "");
    struct id id = create(*state, "{\"ServiceChecks\":[{\"ID\":\"service:web\"}]}");
    expect_info(*state, &id, "\"ServiceChecks\":[{\"ID\":\"service:web\",\"Namespace\":\"\"}]");
    rig_expect(*state, "PUT /v1/agent/check/fail/service:web", NULL, 200, "");
    expect(*state, "GET /v1/session/info/", &id, NULL, 200, "[]");
    rig_expect(*state, "PUT /v1/session/create", "{\"ServiceChecks\":[{\"ID\":\"none\"}]}", 500,
               "apply failed: Missing check 'none' registration");
}

static void node_that_goes_takes_its_sessions_and_their_queries_with_it(void **state)
{
    char body[200];
    rig_expect(*state, "PUT /v1/catalog/register", "{\"Node\":\"m2\",\"Address\":\"1\"}", 200,
               "true");
    struct id id = create(*state, "{\"Node\":\"m2\",\"NodeChecks\":[]}");
    snprintf(body, sizeof body,
             "{\"Name\":\"q\",\"Session\":\"%s\",\"Service\":{\"Service\":\"web\"}}", id.text);
    rig_expect_part(*state, "POST /v1/query", body, 200, "{\"ID\":\"");
    rig_expect_part(*state, "GET /v1/query", NULL, 200, id.text);
    rig_expect(*state, "PUT /v1/catalog/deregister", "{\"Node\":\"m2\"}", 200, "true");
    expect(*state, "GET /v1/session/info/", &id, NULL, 200, "[]");
    rig_expect(*state, "GET /v1/query", NULL, 200, "[]");
}

/* Locks are advisory: who deletes does not ask for them. */
static void locked_pair_is_deleted_and_written_by_anybody(void **state)
{
    struct id id = create(*state, NULL);
    expect(*state, "PUT /v1/kv/k?acquire=", &id, "1", 200, "true");
    rig_ask(*state, "GET /v1/kv/k", NULL, "");
    char *index = strdup(rig_header(*state, "x-consul-index"));
    expect(*state, "PUT /v1/kv/k?acquire=", &id, "1", 200, "true"); /* as it is */
    rig_expect_part(*state, "GET /v1/kv/k", NULL, 200, "\"LockIndex\":1,");
    assert_string_equal(rig_header(*state, "x-consul-index"), index);
    free(index);
    rig_expect(*state, "DELETE /v1/kv/k", NULL, 200, "true");
    rig_expect(*state, "GET /v1/kv/k", NULL, 404, "");
    expect(*state, "PUT /v1/kv/k?acquire=", &id, "1", 200, "true"); /* no lock-delay */
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, rig_setup, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(session_is_created_with_what_it_says),
        TEST(session_without_a_body_has_the_defaults),
        TEST(either_list_of_checks_takes_the_place_of_the_default),
        TEST(small_lock_delays_are_seconds_and_long_ones_a_minute),
        TEST(what_a_session_cannot_be_is_refused),
        TEST(ttl_is_between_ten_seconds_and_a_day),
        TEST(sessions_are_listed_by_node),
        TEST(session_that_is_not_there_is_an_empty_list),
        TEST(renewed_session_is_answered_in_a_list),
        TEST(query_waits_for_sessions),
        TEST(lock_is_held_by_one_at_a_time),
        TEST(lock_needs_a_session),
        TEST(destroyed_session_lets_its_locks_go),
        TEST(session_of_a_lease_takes_its_pairs_with_it),
        TEST(critical_check_ends_the_sessions_bound_to_it),
        TEST(check_that_goes_ends_the_sessions_bound_to_it),
        TEST(check_of_a_service_is_bound_by_its_id),
        TEST(node_that_goes_takes_its_sessions_and_their_queries_with_it),
        TEST(locked_pair_is_deleted_and_written_by_anybody),
    };
    return cmocka_run_group_tests_name("session", tests, NULL, NULL);
}
