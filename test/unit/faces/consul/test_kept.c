/* Answers that are kept while nothing changes. */
#include "faces/consul/call/kept.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "net/grpc_gzip.h"
#include "rig.h"

static void register_web(void **state, int port)
{
    char body[200];
    snprintf(body, sizeof body, "{\"Name\":\"web\",\"Tags\":[\"a\"],\"Port\":%d}", port);
    rig_expect(*state, "PUT /v1/agent/service/register", body, 200, "");
}

static int setup(void **state)
{
    rig_setup(state);
    register_web(state, 80);
    return 0;
}

static void asked_again_it_is_the_same_and_after_a_change_the_new(void **state)
{
    static const char path[] = "GET /v1/health/service/web";
    rig_expect_part(*state, path, NULL, 200, "\"Port\":80,");
    char *first = strdup(rig_body(*state)), *index = strdup(rig_header(*state, "x-consul-index"));
    rig_expect(*state, path, NULL, 200, first);
    assert_string_equal(rig_header(*state, "x-consul-index"), index);
    register_web(state, 81);
    rig_expect_part(*state, path, NULL, 200, "\"Port\":81,");
    assert_string_not_equal(rig_header(*state, "x-consul-index"), index);
    free(first);
    free(index);
}

static void cached_question_says_whether_it_was_asked_before(void **state)
{
    static const char path[] = "GET /v1/health/service/web?cached";
    rig_expect_part(*state, path, NULL, 200, "\"web\"");
    assert_string_equal(rig_header(*state, "x-cache"), "MISS");
    assert_string_equal(rig_header(*state, "age"), "");
    rig_expect_part(*state, path, NULL, 200, "\"web\"");
    assert_string_equal(rig_header(*state, "x-cache"), "HIT");
    assert_string_equal(rig_header(*state, "age"), "0");
    register_web(state, 82);
    rig_expect_part(*state, path, NULL, 200, "\"web\"");
    assert_string_equal(rig_header(*state, "x-cache"), "MISS");
}

static void other_parameters_are_other_questions(void **state)
{
    rig_expect_part(*state, "GET /v1/catalog/service/web?tag=a", NULL, 200, "\"web\"");
    rig_expect(*state, "GET /v1/catalog/service/web?tag=b", NULL, 200, "[]");
    rig_expect_part(*state, "GET /v1/catalog/service/web?tag=a&index=1&wait=60s", NULL, 200,
                    "\"web\"");
    rig_expect_part(*state, "GET /v1/catalog/service/web?tag=a&pretty", NULL, 200, "\": \"web\"");
    rig_expect_part(*state, "GET /v1/health/service/web?tag=a", NULL, 200, "\"Checks\":");
}

static size_t packed_answer(void **state, struct buf *plain)
{
    struct rig *rig = *state;
    rig_ask(rig, "GET /v1/health/service/web?pretty", NULL, "Accept-Encoding: gzip\r\n");
    assert_string_equal(rig_header(rig, "content-encoding"), "gzip");
    const char *body = rig_body(rig);
    size_t n = rig->answer.n - 1 - (size_t)(body - (const char *)rig->answer.p);
    buf_clear(plain, SIZE_MAX);
    assert_int_equal(grpc_gunzip(bytes_of(body, n), plain), OK);
    return n;
}

static void packed_and_plain_are_the_same(void **state)
{
    struct buf plain;
    buf_init(&plain, 1 << 20);
    rig_ask(*state, "GET /v1/health/service/web?pretty", NULL, "");
    char *body = strdup(rig_body(*state));
    size_t first = packed_answer(state, &plain);
    assert_true(bytes_is(buf_bytes(&plain), body));
    assert_int_equal(packed_answer(state, &plain), first);
    assert_true(bytes_is(buf_bytes(&plain), body));
    rig_expect(*state, "GET /v1/health/service/web?pretty", NULL, 200, body);
    buf_fini(&plain);
    free(body);
}

static void more_questions_than_are_kept_are_answered_too(void **state)
{
    char path[100];
    for (int i = 0; i < CONSUL_KEPT_MAX + 2; i++) {
        snprintf(path, sizeof path, "GET /v1/catalog/service/s%d", i);
        rig_expect(*state, path, NULL, 200, "[]");
    }
    rig_expect(*state, "GET /v1/catalog/service/s0", NULL, 200, "[]");
}

static void questions_and_answers_too_long_to_keep_are_answered(void **state)
{
    char path[2 * CONSUL_KEPT_QUESTION_MAX];
    int n = snprintf(path, sizeof path, "GET /v1/catalog/service/web?x=");
    memset(path + n, 'y', CONSUL_KEPT_QUESTION_MAX);
    path[n + CONSUL_KEPT_QUESTION_MAX] = 0;
    for (int i = 0; i < 2; i++)
        rig_expect_part(*state, path, NULL, 200, "\"web\"");
    static char body[20000];
    for (int i = 0; i < 40; i++) {
        int at = snprintf(body, sizeof body, "{\"ID\":\"b%d\",\"Name\":\"big\",\"Tags\":[\"t\"", i);
        for (int k = 0; k < 60; k++)
            at += snprintf(body + at, sizeof body - (size_t)at, ",\"%0200d\"", k);
        snprintf(body + at, sizeof body - (size_t)at, "]}");
        rig_expect(*state, "PUT /v1/agent/service/register", body, 200, "");
    }
    for (int i = 0; i < 2; i++) {
        rig_expect_part(*state, "GET /v1/catalog/service/big", NULL, 200, "\"b39\"");
        assert_true(strlen(rig_body(*state)) > CONSUL_KEPT_BODY_MAX);
        assert_string_equal(rig_header(*state, "transfer-encoding"), "chunked");
    }
}

#define ROOT "11111111-1111-4111-8111-111111111111"

static void with_access_on_nobody_gets_anothers_answer(void **state)
{
    static const struct gate_options closed = { .is_on = true };
    static const char root[] = "X-Consul-Token: " ROOT "\r\n";
    struct rig *rig = rig_new();
    rig->k.hub_options.gate = &closed;
    rig_start(rig);
    assert_int_equal(
        rig_ask(rig, "PUT /v1/acl/bootstrap", "{\"BootstrapSecret\":\"" ROOT "\"}", ""), 200);
    assert_int_equal(rig_ask(rig, "PUT /v1/agent/service/register", "{\"Name\":\"web\"}", root),
                     200);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(rig_ask(rig, "GET /v1/catalog/service/web", NULL, root), 200);
        assert_non_null(strstr(rig_body(rig), "\"web\""));
        rig_expect(rig, "GET /v1/catalog/service/web", NULL, 200, "[]");
    }
    rig_free(rig);
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, setup, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        EACH(asked_again_it_is_the_same_and_after_a_change_the_new),
        EACH(cached_question_says_whether_it_was_asked_before),
        EACH(other_parameters_are_other_questions),
        EACH(packed_and_plain_are_the_same),
        EACH(more_questions_than_are_kept_are_answered_too),
        EACH(questions_and_answers_too_long_to_keep_are_answered),
        EACH(with_access_on_nobody_gets_anothers_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
