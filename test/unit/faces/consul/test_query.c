/* Blocking queries. */
#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <cmocka.h>
#include <poll.h>

#include "faces/consul/call/kept.h"
#include "loop/loop.h"

static void put(void **state, const char *path, const char *body)
{
    char request[200];
    snprintf(request, sizeof request, "PUT %s", path);
    rig_expect(*state, request, body, 200, "");
}

static int setup(void **state)
{
    rig_setup(state);
    put(state, "/v1/agent/service/register",
        "{\"Name\":\"web\",\"Port\":80,\"Check\":{\"TTL\":\"10s\",\"Status\":\"passing\"}}");
    return 0;
}

/* PATH?index=N with the index that it has now. */
static struct client *wait_for_change(void **state, const char *path, const char *more)
{
    char request[300];
    snprintf(request, sizeof request, "GET %s", path);
    rig_ask(*state, request, NULL, "");
    snprintf(request, sizeof request, "GET %s?index=%s%s", path,
             rig_header(*state, "x-consul-index"), more);
    return rig_begin(*state, request, NULL);
}

static void change_of_the_service_answers_with_it(void **state)
{
    struct client *c = wait_for_change(state, "/v1/health/service/web", "");
    put(state, "/v1/agent/service/register", "{\"Name\":\"web\",\"Port\":81}");
    assert_int_equal(rig_end(*state, c), 200);
    assert_non_null(strstr(rig_body(*state), "\"Port\":81"));
}

static void each_kind_of_change_is_seen(void **state)
{
    static const char *const changes[] = {
        "/v1/agent/check/fail/service:web",  "/v1/agent/check/pass/service:web",
        "/v1/agent/maintenance?enable=true", "/v1/agent/maintenance?enable=false",
        "/v1/agent/service/deregister/web",
    };
    for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
        struct client *c = wait_for_change(state, "/v1/health/service/web", "&wait=60s");
        put(state, changes[i], NULL);
        assert_int_equal(rig_end(*state, c), 200);
    }
    struct client *c = wait_for_change(state, "/v1/health/service/web", "&wait=60s");
    put(state, "/v1/agent/service/register", "{\"Name\":\"web\"}");
    assert_int_equal(rig_end(*state, c), 200);
    assert_non_null(strstr(rig_body(*state), "\"ID\":\"web\""));
}

/* Another question of the same, asked when the first one waits. */
static struct client *wait_beside(void **state, const char *path, const char *more,
                                  struct client **ret_first)
{
    char request[300];
    snprintf(request, sizeof request, "GET %s", path);
    rig_ask(*state, request, NULL, "");
    snprintf(request, sizeof request, "GET %s?index=%s%s", path,
             rig_header(*state, "x-consul-index"), more);
    *ret_first = rig_begin(*state, request, NULL);
    rig_await_blocking(*state, 1);
    struct client *second = rig_begin(*state, request, NULL);
    rig_await_blocking(*state, 2);
    return second;
}

static void who_asks_the_same_as_one_who_waits_is_woken_by_the_same(void **state)
{
    static const char *const changes[] = {
        "/v1/agent/check/fail/service:web",
        "/v1/agent/maintenance?enable=true",
        "/v1/agent/service/maintenance/web?enable=true",
        "/v1/agent/service/deregister/web",
    };
    for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
        struct client *first,
            *second = wait_beside(state, "/v1/health/service/web", "&wait=60s", &first);
        put(state, changes[i], NULL);
        assert_int_equal(rig_end(*state, first), 200);
        char *body = strdup(rig_body(*state));
        assert_int_equal(rig_end(*state, second), 200);
        assert_string_equal(rig_body(*state), body);
        free(body);
    }
}

static void who_asks_the_same_as_one_who_waits_is_not_woken_by_others(void **state)
{
    struct client *first,
        *second = wait_beside(state, "/v1/health/service/web", "&wait=60s", &first);
    struct pollfd sent = { .fd = client_fd(second), .events = POLLIN };
    for (int i = 0; i < 3; i++)
        put(state, "/v1/agent/service/register", "{\"Name\":\"other\"}");
    assert_int_equal(poll(&sent, 1, 0), 0);
    put(state, "/v1/agent/service/register", "{\"Name\":\"web\",\"Port\":83}");
    assert_int_equal(rig_end(*state, first), 200);
    assert_int_equal(rig_end(*state, second), 200);
    assert_non_null(strstr(rig_body(*state), "\"Port\":83"));
}

static void who_asks_the_same_as_one_who_waits_is_answered_when_his_time_is_over(void **state)
{
    struct client *first,
        *second = wait_beside(state, "/v1/health/service/web", "&wait=200ms", &first);
    assert_int_equal(rig_end(*state, second), 200);
    assert_non_null(strstr(rig_body(*state), "\"Port\":80"));
    assert_int_equal(rig_end(*state, first), 200);
}

/* The answer is short enough to be kept; where it comes from, a range for each instance, is not. */
static void who_waits_for_more_than_is_kept_is_woken_too(void **state)
{
    enum { INSTANCES = 220, ID = 300 };
    assert_true(INSTANCES * ID > CONSUL_KEPT_RANGES_MAX);
    char text[ID + 100];
    for (int i = 0; i < INSTANCES; i++) {
        snprintf(text, sizeof text, "{\"ID\":\"%0*d\",\"Name\":\"many\"}", ID, i);
        put(state, "/v1/agent/service/register", text);
    }
    struct client *first,
        *second = wait_beside(state, "/v1/catalog/service/many", "&wait=60s", &first);
    assert_true(rig_body_bytes(*state).n < CONSUL_KEPT_BODY_MAX);
    snprintf(text, sizeof text, "PUT /v1/agent/service/deregister/%0*d", ID, 7);
    rig_expect(*state, text, NULL, 200, "");
    assert_int_equal(rig_end(*state, first), 200);
    assert_int_equal(rig_end(*state, second), 200);
    assert_null(strstr(rig_body(*state), strrchr(text, '/') + 1));
}

static void each_list_is_woken_by_what_is_in_it(void **state)
{
    static const char *const paths[] = {
        "/v1/catalog/services",    "/v1/catalog/service/web",     "/v1/catalog/node/n1",
        "/v1/health/checks/web",   "/v1/health/state/any",        "/v1/health/node/n1",
        "/v1/catalog/connect/web", "/v1/catalog/node-services/n1"
    };
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        char body[200];
        struct client *c = wait_for_change(state, paths[i], "&wait=60s");
        snprintf(body, sizeof body, "{\"Name\":\"web\",\"Port\":%zu,\"Check\":{\"TTL\":\"%zus\"}}",
                 i + 1, i + 1);
        put(state, "/v1/agent/service/register", body);
        put(state, "/v1/agent/check/warn/service:web", NULL);
        put(state, "/v1/agent/check/fail/service:web", NULL);
        if (rig_end(*state, c) != 200)
            fail_msg("%s: %s", paths[i], rig_body(*state));
    }
    struct client *c = wait_for_change(state, "/v1/catalog/nodes", "&wait=60s");
    rig_expect(*state, "PUT /v1/catalog/register", "{\"Node\":\"m2\",\"Address\":\"1.1.1.1\"}", 200,
               "true");
    assert_int_equal(rig_end(*state, c), 200);
    assert_non_null(strstr(rig_body(*state), "\"m2\""));
}

static void nothing_is_sent_while_a_question_waits(void **state)
{
    struct client *c = wait_for_change(state, "/v1/health/service/web", "&wait=60s");
    struct pollfd sent = { .fd = client_fd(c), .events = POLLIN };
    for (int i = 0; i < 3; i++) /* the face has turned: no head has come before the answer */
        put(state, "/v1/agent/service/register", "{\"Name\":\"other\"}");
    assert_int_equal(poll(&sent, 1, 0), 0);
    put(state, "/v1/agent/service/register", "{\"Name\":\"web\",\"Port\":82}");
    assert_int_equal(rig_end(*state, c), 200);
}

static void write_has_no_index_and_what_is_asked_after_it_has_seen_it(void **state)
{
    rig_expect(*state, "PUT /v1/kv/a", "1", 200, "true");
    assert_string_equal(rig_header(*state, "x-consul-index"), "");
    struct client *c = wait_for_change(state, "/v1/kv/a", "&wait=60s");
    rig_expect(*state, "PUT /v1/kv/a", "2", 200, "true");
    assert_string_equal(rig_header(*state, "x-consul-index"), "");
    assert_int_equal(rig_end(*state, c), 200);
    const char *at = strstr(rig_body(*state), "\"ModifyIndex\":");
    assert_non_null(strstr(rig_body(*state), "\"Value\":\"Mg==\""));
    assert_int_equal(strtoull(at + 14, NULL, 10),
                     strtoull(rig_header(*state, "x-consul-index"), NULL, 10));
}

static void changes_of_other_services_do_not_answer_it(void **state)
{
    rig_ask(*state, "GET /v1/health/service/web", NULL, "");
    char *index = strdup(rig_header(*state, "x-consul-index"));
    struct client *c = wait_for_change(state, "/v1/health/service/web", "&wait=300ms");
    put(state, "/v1/agent/service/register", "{\"Name\":\"other\"}");
    put(state, "/v1/agent/check/register",
        "{\"Name\":\"x\",\"ServiceID\":\"other\",\"TTL\":\"9s\"}");
    assert_int_equal(rig_end(*state, c), 200);
    assert_string_equal(rig_header(*state, "x-consul-index"), index);
    free(index);
}

static void wait_that_is_over_answers_with_what_there_is(void **state)
{
    uint64_t began = clock_now_ns();
    struct client *c = wait_for_change(state, "/v1/health/service/web", "&wait=200ms");
    assert_int_equal(rig_end(*state, c), 200);
    assert_true(clock_now_ns() - began >= UINT64_C(200000000));
    assert_non_null(strstr(rig_body(*state), "\"Port\":80"));
}

static void longest_wait_is_cut_silently(void **state)
{
    struct rig *rig = rig_new();
    void *other = rig;
    rig->options.max_query_ms = 160;
    rig_start(rig);
    uint64_t began = clock_now_ns();
    struct client *c = wait_for_change(&other, "/v1/catalog/services", "&wait=9m");
    assert_int_equal(rig_end(rig, c), 200);
    uint64_t took_ms = (clock_now_ns() - began) / 1000000;
    assert_true(took_ms >= 160);
    rig_free(rig);
}

static void index_that_is_not_reached_yet_is_answered_at_once(void **state)
{
    rig_expect_part(*state, "GET /v1/health/service/web?index=999999&wait=60s", NULL, 200,
                    "\"Port\":80");
    rig_expect_part(*state, "GET /v1/health/service/web?index=1&wait=60s", NULL, 200,
                    "\"Port\":80");
    rig_expect_part(*state, "GET /v1/health/service/web?index=0&wait=60s", NULL, 200,
                    "\"Port\":80");
    rig_expect_part(*state, "GET /v1/health/service/web?wait=60s", NULL, 200, "\"Port\":80");
}

static void bad_index_and_wait_are_refused(void **state)
{
    rig_expect(*state, "GET /v1/health/service/web?index=x", NULL, 400, "Invalid index");
    rig_expect(*state, "GET /v1/health/service/web?index=-1", NULL, 400, "Invalid index");
    rig_expect(*state, "GET /v1/health/service/web?index=18446744073709551616", NULL, 400,
               "Invalid index");
    rig_expect_part(*state, "GET /v1/health/service/web?index=18446744073709551615", NULL, 200,
                    "\"Port\":80");
    rig_expect(*state, "GET /v1/health/service/web?index=1&wait=10", NULL, 400,
               "Invalid wait time");
}

static void service_that_comes_answers_who_waits_for_it(void **state)
{
    struct client *c = wait_for_change(state, "/v1/health/service/none", "&wait=60s");
    put(state, "/v1/agent/service/register", "{\"Name\":\"none\"}");
    assert_int_equal(rig_end(*state, c), 200);
    assert_non_null(strstr(rig_body(*state), "\"ID\":\"none\""));
}

static void drain(void *ctx)
{
    consul_face_drain(((struct rig *)ctx)->face);
}

static void drain_answers_all_who_wait_and_lets_nobody_wait(void **state)
{
    struct rig *rig = *state;
    struct client *a = wait_for_change(state, "/v1/health/service/web", "&wait=60s");
    struct client *b = wait_for_change(state, "/v1/catalog/services", "&wait=60s");
    rig_ask(rig, "GET /v1/health/service/web", NULL, "");
    kernel_call(&rig->k, drain, rig);
    assert_int_equal(rig_end(rig, a), 200);
    assert_int_equal(rig_end(rig, b), 200);
    assert_int_equal(rig_end(rig, wait_for_change(state, "/v1/health/service/web", "&wait=60s")),
                     200);
}

/* Proxies count the time to the first byte, so a wait may not begin with a head. */
static void nothing_is_sent_before_the_answer(void **state)
{
    struct client *c = wait_for_change(state, "/v1/health/service/web", "&wait=60s");
    rig_await_blocking(*state, 1);
    rig_expect_part(*state, "GET /v1/health/service/web", NULL, 200, "\"Port\":80");
    char unused;
    assert_int_equal(recv(client_fd(c), &unused, 1, MSG_DONTWAIT | MSG_PEEK), -1);
    put(state, "/v1/agent/service/register", "{\"Name\":\"web\",\"Port\":81}");
    assert_int_equal(rig_end(*state, c), 200);
}

static void client_that_goes_away_is_forgotten(void **state)
{
    struct client *c = wait_for_change(state, "/v1/health/service/web", "&wait=60s");
    rig_await_blocking(*state, 1);
    client_reset(c);
    rig_await_blocking(*state, 0);
    put(state, "/v1/agent/service/register", "{\"Name\":\"web\",\"Port\":82}");
    rig_expect_part(*state, "GET /v1/health/service/web", NULL, 200, "\"Port\":82");
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, setup, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        EACH(change_of_the_service_answers_with_it),
        EACH(each_kind_of_change_is_seen),
        EACH(who_asks_the_same_as_one_who_waits_is_woken_by_the_same),
        EACH(who_asks_the_same_as_one_who_waits_is_not_woken_by_others),
        EACH(who_asks_the_same_as_one_who_waits_is_answered_when_his_time_is_over),
        EACH(who_waits_for_more_than_is_kept_is_woken_too),
        EACH(each_list_is_woken_by_what_is_in_it),
        EACH(nothing_is_sent_while_a_question_waits),
        EACH(write_has_no_index_and_what_is_asked_after_it_has_seen_it),
        EACH(changes_of_other_services_do_not_answer_it),
        EACH(wait_that_is_over_answers_with_what_there_is),
        EACH(longest_wait_is_cut_silently),
        EACH(index_that_is_not_reached_yet_is_answered_at_once),
        EACH(bad_index_and_wait_are_refused),
        EACH(service_that_comes_answers_who_waits_for_it),
        EACH(drain_answers_all_who_wait_and_lets_nobody_wait),
        EACH(nothing_is_sent_before_the_answer),
        EACH(client_that_goes_away_is_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
