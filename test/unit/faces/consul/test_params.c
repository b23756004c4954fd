/* What every request may say beside its path: who asks, how long he waits. */
#include "faces/consul/call/params.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "faces/consul/call/core.h"
#include "rig.h"

/* -- waiting ------------------------------------------------------------------------------------
 */

#define SECOND INT64_C(1000000000)

static void wait_is_as_asked_with_a_default_a_limit_and_up_to_a_sixteenth_more(void **state)
{
    const struct consul_options *o = &((struct rig *)*state)->face->options;
    static const struct {
        int64_t asked_ns;
        uint64_t least_ms, most_ms;
    } rows[] = {
        { 0, 300000, 318750 }, /* "wait=0s" is no "do not wait" */
        { -5 * SECOND, 300000, 318750 },
        { 16 * SECOND, 16000, 17000 },
        { SECOND / 2000, 1, 1 },
        { 600 * SECOND, 600000, 637500 },
        { 601 * SECOND, 600000, 637500 },
        { INT64_MAX, 600000, 637500 },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        uint64_t room = rows[i].least_ms / 16;
        assert_int_equal(consul_wait_ms(o, rows[i].asked_ns, 0), rows[i].least_ms);
        assert_int_equal(consul_wait_ms(o, rows[i].asked_ns, room), rows[i].most_ms);
        assert_int_equal(consul_wait_ms(o, rows[i].asked_ns, room + 1), rows[i].least_ms);
        assert_true(consul_wait_ms(o, rows[i].asked_ns, UINT64_MAX) <= rows[i].most_ms);
    }
}

static void wait_is_a_duration_with_its_unit(void **state)
{
    static const char *const good[] = { "10s", "5m", "120000ms", "1.5s", "1h2m", "0s", "", "-1s" };
    static const char *const bad[] = { "10", "s", "5 s", "1x", "1s2" };
    char request[100];
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        snprintf(request, sizeof request, "GET /v1/catalog/nodes?wait=%s", good[i]);
        rig_expect_part(*state, request, NULL, 200, "\"n1\"");
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        snprintf(request, sizeof request, "GET /v1/catalog/nodes?wait=%.1s%s%s", bad[i],
                 bad[i][1] == ' ' ? "%20" : "", bad[i] + 1 + (bad[i][1] == ' '));
        rig_expect(*state, request, NULL, 400, "Invalid wait time");
    }
}

/* -- how fresh ----------------------------------------------------------------------------------
 */

static void flags_count_by_being_there(void **state)
{
    static const struct {
        const char *query, *level;
    } rows[] = {
        { "stale", "stale" },        { "stale=", "stale" },
        { "stale=false", "stale" },  { "consistent=0", "consistent" },
        { "max_stale=5s", "stale" }, { "max_stale=", "leader" }, /* a duration that is not said */
        { "leader", "leader" },      { "", "leader" },
    };
    char request[100];
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        snprintf(request, sizeof request, "GET /v1/catalog/nodes?%s", rows[i].query);
        assert_int_equal(rig_ask(*state, request, NULL, ""), 200);
        if (strcmp(rig_header(*state, "x-consul-effective-consistency"), rows[i].level) != 0)
            fail_msg("%s is not %s", rows[i].query, rows[i].level);
    }
}

/* -- who ----------------------------------------------------------------------------------------
 */

#define ROOT "11111111-1111-4111-8111-111111111111"
#define TOKEN(n) "22222222-2222-4222-8222-00000000000" #n

static int set_up_closed(void **state)
{
    static const struct gate_options closed = { .is_on = true };
    struct rig *rig = rig_new();
    rig->k.hub_options.gate = &closed;
    rig->options.default_token = TOKEN(4);
    rig_start(rig);
    *state = rig;
    rig_ask(rig, "PUT /v1/acl/bootstrap", "{\"BootstrapSecret\":\"" ROOT "\"}", "");
    for (int n = '1'; n <= '4'; n++) {
        char body[200];
        snprintf(body, sizeof body, "{\"SecretID\":\"%.35s%c\",\"Description\":\"token %c\"}",
                 TOKEN(0), n, n);
        assert_int_equal(rig_ask(rig, "PUT /v1/acl/token", body, "X-Consul-Token: " ROOT "\r\n"),
                         200);
    }
    return 0;
}

static void first_place_that_names_a_token_wins(void **state)
{
    static const char both[] =
        "X-Consul-Token: " TOKEN(2) "\r\nAuthorization: Bearer " TOKEN(3) "\r\n";
    static const struct {
        const char *request, *headers, *who;
    } rows[] = {
        { "GET /v1/acl/token/self?token=" TOKEN(1), both, "token 1" },
        { "GET /v1/acl/token/self?token=", both, "token 2" },
        { "GET /v1/acl/token/self", both, "token 2" },
        { "GET /v1/acl/token/self", "Authorization: Bearer " TOKEN(3) "\r\n", "token 3" },
        { "GET /v1/acl/token/self", "Authorization: bEARER  " TOKEN(3) "\r\n", "token 3" },
        { "GET /v1/acl/token/self", "Authorization: Basic " TOKEN(3) "\r\n", "token 4" },
        { "GET /v1/acl/token/self", "X-Consul-Token: \r\n", "token 4" },
        { "GET /v1/acl/token/self", "", "token 4" }, /* the agent's own */
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int status = rig_ask(*state, rows[i].request, NULL, rows[i].headers);
        if (status != 200 || strstr(rig_body(*state), rows[i].who) == NULL)
            fail_msg("%zu: %d %s is not %s", i, status, rig_body(*state), rows[i].who);
    }
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, rig_setup, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        EACH(wait_is_as_asked_with_a_default_a_limit_and_up_to_a_sixteenth_more),
        EACH(wait_is_a_duration_with_its_unit),
        EACH(flags_count_by_being_there),
        cmocka_unit_test_setup_teardown(first_place_that_names_a_token_wins, set_up_closed,
                                        rig_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
