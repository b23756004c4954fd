/* Checks of the agent. */
#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "hub/core.h"
#include "loop/loop.h"
#include "test/lib/stall_fs.h"

static void register_binds_to_node_or_service(void **state)
{
    rig_expect(*state, "PUT /v1/agent/service/register", "{\"ID\":\"w1\",\"Name\":\"web\"}", 200,
               "");
    rig_expect(*state, "PUT /v1/agent/check/register",
               "{\"Name\":\"disk\",\"TTL\":\"1m\",\"Notes\":\"n\"}", 200, "");
    rig_expect(*state, "PUT /v1/agent/check/register",
               "{\"ID\":\"h\",\"Name\":\"http\",\"ServiceID\":\"w1\",\"HTTP\":\"http://x\","
               "\"Interval\":\"5s\",\"Timeout\":\"1s\",\"Status\":\"warning\"}",
               200, "");
    rig_expect_part(
        *state, "GET /v1/health/service/web", NULL, 200,
        "{\"Node\":\"n1\",\"CheckID\":\"disk\",\"Name\":\"disk\",\"Status\":\"critical\","
        "\"Notes\":\"n\",\"Output\":\"\",\"ServiceID\":\"\",\"ServiceName\":\"\",");
    assert_non_null(strstr(rig_body(*state),
                           "{\"Node\":\"n1\",\"CheckID\":\"h\",\"Name\":\"http\",\"Status\":"
                           "\"warning\",\"Notes\":\"\",\"Output\":\"\",\"ServiceID\":\"w1\","
                           "\"ServiceName\":\"web\",\"ServiceTags\":[],\"Type\":\"http\","
                           "\"Interval\":\"5s\",\"Timeout\":\"1s\","));
}

static void bad_checks_are_refused_in_consuls_words(void **state)
{
    rig_expect(*state, "PUT /v1/agent/check/register", "{\"TTL\":\"1m\"}", 400,
               "Missing check name");
    rig_expect(*state, "PUT /v1/agent/check/register",
               "{\"Name\":\"x\",\"TTL\":\"1m\",\"Status\":\"odd\"}", 400, "Bad check status");
    rig_expect(*state, "PUT /v1/agent/check/register", "{\"Name\":\"x\"}", 400,
               "Invalid check: TTL must be > 0 for TTL checks");
    rig_expect(*state, "PUT /v1/agent/check/register",
               "{\"Name\":\"x\",\"TTL\":\"1m\",\"ServiceID\":\"no\"}", 404,
               "ServiceID \"no\" does not exist");
    rig_expect(*state, "PUT /v1/agent/check/register",
               "{\"Name\":\"x\",\"DockerContainerID\":\"d\",\"Interval\":\"1s\"}", 400,
               "Invalid check: Docker checks are not run by this server: a script check can run "
               "docker exec");
    rig_expect(*state, "GET /v1/agent/checks", NULL, 200, "{}");
}

/* Case is nothing; snake_case is taken where Consul takes it. */
static void fields_of_a_check_are_taken_in_each_spelling(void **state)
{
    static const char *const fields[] = { "\"CheckID\":\"x\"",
                                          "\"checkid\":\"x\"",
                                          "\"ID\":\"x\"",
                                          "\"Notes\":\"x\"",
                                          "\"ServiceID\":\"w\"",
                                          "\"service_id\":\"w\"",
                                          "\"Token\":\"x\"",
                                          "\"Status\":\"passing\"",
                                          "\"Shell\":\"x\"",
                                          "\"Method\":\"PUT\"",
                                          "\"Header\":{\"a\":[\"b\"]}",
                                          "\"Body\":\"x\"",
                                          "\"DisableRedirects\":true",
                                          "\"disable_redirects\":true",
                                          "\"TCPUseTLS\":true",
                                          "\"tcp_use_tls\":true",
                                          "\"GRPCUseTLS\":true",
                                          "\"grpc_use_tls\":true",
                                          "\"H2PingUseTLS\":false",
                                          "\"h2ping_use_tls\":false",
                                          "\"TLSServerName\":\"x\"",
                                          "\"tls_server_name\":\"x\"",
                                          "\"TLSSkipVerify\":true",
                                          "\"tls_skip_verify\":true",
                                          "\"Timeout\":\"1s\"",
                                          "\"TIMEOUT\":1000000000",
                                          "\"DeregisterCriticalServiceAfter\":\"1m\"",
                                          "\"deregister_critical_service_after\":\"1m\"",
                                          "\"SuccessBeforePassing\":1",
                                          "\"success_before_passing\":1",
                                          "\"FailuresBeforeCritical\":1",
                                          "\"failures_before_critical\":1",
                                          "\"FailuresBeforeWarning\":0",
                                          "\"failures_before_warning\":0",
                                          "\"OutputMaxSize\":1",
                                          "\"output_max_size\":1" };
    static const char *const targets[] = { "\"HTTP\":\"http://x\"", "\"http\":\"http://x\"",
                                           "\"TCP\":\"x:1\"",       "\"UDP\":\"x:1\"",
                                           "\"GRPC\":\"x:1/s\"",    "\"H2PING\":\"x:1\"",
                                           "\"H2Ping\":\"x:1\"" };
    char body[300];
    rig_expect(*state, "PUT /v1/agent/service/register", "{\"Name\":\"w\"}", 200, "");
    for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
        snprintf(body, sizeof body, "{\"Name\":\"n\",\"TCP\":\"x:1\",\"Interval\":\"1m\",%s}",
                 fields[i]);
        rig_expect(*state, "PUT /v1/agent/check/register", body, 200, "");
    }
    for (size_t i = 0; i < ARRAY_LEN(targets); i++) {
        snprintf(body, sizeof body, "{\"Name\":\"n\",\"INTERVAL\":\"1m\",%s}", targets[i]);
        rig_expect(*state, "PUT /v1/agent/check/register", body, 200, "");
    }
    rig_expect(*state, "PUT /v1/agent/check/register", "{\"Name\":\"n\",\"ttl\":\"1.5m\"}", 200,
               "");
    rig_expect(*state, "PUT /v1/agent/check/register", "{\"Name\":\"n\",\"AliasNode\":\"x\"}", 200,
               "");
    rig_expect(*state, "PUT /v1/agent/check/register", "{\"Name\":\"n\",\"alias_service\":\"w\"}",
               200, "");
    rig_expect(*state, "PUT /v1/agent/check/register", "{\"Name\":\"n\",\"check-id\":\"x\"}", 400,
               "Request decode failed: json: unknown field \"check-id\"");
}

static void checks_are_listed_by_id(void **state)
{
    rig_expect(*state, "GET /v1/agent/checks", NULL, 200, "{}");
    rig_expect(*state, "PUT /v1/agent/check/register", "{\"Name\":\"a\",\"TTL\":\"1m\"}", 200, "");
    rig_expect(*state, "PUT /v1/agent/check/register",
               "{\"Name\":\"b\",\"TTL\":\"1m\",\"Status\":\"passing\"}", 200, "");
    rig_expect_part(*state, "GET /v1/agent/checks", NULL, 200, "{\"a\":{\"Node\":\"n1\",");
    rig_expect_part(*state, "GET /v1/agent/checks?filter=Status==passing", NULL, 200,
                    "{\"b\":{\"Node\":\"n1\",");
    assert_null(strstr(rig_body(*state), "\"a\":"));
}

static void deregister_takes_one_check(void **state)
{
    rig_expect(*state, "PUT /v1/agent/check/register", "{\"Name\":\"a\",\"TTL\":\"1m\"}", 200, "");
    rig_expect(*state, "PUT /v1/agent/check/register", "{\"Name\":\"b\",\"TTL\":\"1m\"}", 200, "");
    rig_expect(*state, "PUT /v1/agent/check/deregister/a", NULL, 200, "");
    rig_expect_part(*state, "GET /v1/agent/checks", NULL, 200, "{\"b\":{");
    rig_expect(*state, "PUT /v1/agent/check/deregister/a", NULL, 404,
               "Unknown check ID \"a\". Ensure that the check ID is passed, not the check name.");
}

static void check_without_an_id_is_unknown(void **state)
{
    static const char *const verbs[] = { "deregister", "pass", "warn", "fail" };
    char request[100];
    for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
        snprintf(request, sizeof request, "PUT /v1/agent/check/%s/", verbs[i]);
        rig_expect(
            *state, request, NULL, 404,
            "Unknown check ID \"\". Ensure that the check ID is passed, not the check name.");
    }
}

static void expect_state(void **state, const char *word, const char *output)
{
    char part[200];
    snprintf(part, sizeof part, "\"Status\":\"%s\",\"Notes\":\"\",\"Output\":\"%s\"", word, output);
    rig_expect_part(*state, "GET /v1/health/checks/web", NULL, 200, part);
}

static void register_web(void **state)
{
    rig_expect(*state, "PUT /v1/agent/service/register",
               "{\"ID\":\"w1\",\"Name\":\"web\",\"Check\":{\"TTL\":\"10s\"}}", 200, "");
}

static void pass_warn_and_fail_set_status_and_output(void **state)
{
    register_web(state);
    expect_state(state, "critical", "");
    rig_expect(*state, "PUT /v1/agent/check/pass/service:w1?note=all%20well", NULL, 200, "");
    expect_state(state, "passing", "all well");
    rig_expect(*state, "PUT /v1/agent/check/warn/service:w1?note=slow", NULL, 200, "");
    expect_state(state, "warning", "slow");
    rig_expect(*state, "PUT /v1/agent/check/fail/service:w1", NULL, 200, "");
    expect_state(state, "critical", "");
    rig_expect(
        *state, "PUT /v1/agent/check/pass/none", NULL, 404,
        "Unknown check ID \"none\". Ensure that the check ID is passed, not the check name.");
}

static void update_takes_status_and_output(void **state)
{
    register_web(state);
    rig_expect(*state, "PUT /v1/agent/check/update/service:w1",
               "{\"Status\":\"passing\",\"Output\":\"ok\"}", 200, "");
    expect_state(state, "passing", "ok");
    rig_expect(*state, "PUT /v1/agent/check/update/service:w1", "{\"Status\":\"odd\"}", 400,
               "Invalid check status: 'odd'");
    expect_state(state, "passing", "ok");
}

static void only_checks_with_a_ttl_are_told(void **state)
{
    rig_expect(*state, "PUT /v1/agent/check/register",
               "{\"Name\":\"h\",\"HTTP\":\"http://x\",\"Interval\":\"5s\"}", 200, "");
    rig_expect(*state, "PUT /v1/agent/check/pass/h", NULL, 500,
               "CheckID \"h\" does not have associated TTL");
}

/* -- with checks that run ---------------------------------------------------------------------- */

static struct {
    _Atomic unsigned n;
    enum status status;
    char check[40], instance[40], output[40];
} noted;

static void copy(char *into, struct bytes text)
{
    snprintf(into, 40, "%.*s", (int)text.n, (const char *)text.p);
}

static void note(void *ctx, struct bytes instance, struct bytes check, enum status status,
                 struct bytes output)
{
    noted.status = status;
    copy(noted.check, check);
    copy(noted.instance, instance);
    copy(noted.output, output);
    atomic_fetch_add(&noted.n, 1);
}

static int rig_setup_with_checks(void **state)
{
    struct rig *rig = rig_new();
    rig->options.note_check = note;
    rig->options.runs_scripts = true;
    noted.n = 0;
    rig_start(rig);
    *state = rig;
    return 0;
}

static void report_that_changes_nothing_is_noted_and_not_written(void **state)
{
    register_web(state);
    rig_expect(*state, "PUT /v1/agent/check/pass/service:w1?note=well", NULL, 200, "");
    expect_state(state, "passing", "well");
    assert_int_equal(noted.n, 0);
    rig_expect(*state, "PUT /v1/agent/check/pass/service:w1?note=later", NULL, 200, "");
    expect_state(state, "passing", "well");
    assert_int_equal(noted.n, 1);
    assert_int_equal(noted.status, STATUS_UP);
    assert_string_equal(noted.check, "service:w1");
    assert_string_equal(noted.instance, "w1");
    assert_string_equal(noted.output, "later");
}

static void scripts_are_registered_where_they_are_run(void **state)
{
    rig_expect(*state, "PUT /v1/agent/check/register",
               "{\"Name\":\"s\",\"Args\":[\"/bin/true\"],\"Interval\":\"5s\"}", 200, "");
    rig_expect(*state, "PUT /v1/agent/service/register",
               "{\"Name\":\"w\",\"Check\":{\"Args\":[\"/bin/true\"],\"Interval\":\"5s\"}}", 200,
               "");
}

/* -- beside a registration ----------------------------------------------------------------------
 */

static int rig_setup_on_a_disk_that_stalls(void **state)
{
    struct rig *rig = rig_new();
    rig->k.replica_options.fs = stall_fs();
    rig_start(rig);
    *state = rig;
    return 0;
}

static int rig_teardown_on_a_disk_that_stalls(void **state)
{
    stall_fs_release();
    return rig_teardown(state);
}

struct waiting {
    struct rig *rig;
    uint64_t bytes;
};

static void look_at_writes(void *ctx)
{
    struct waiting *w = ctx;
    w->bytes = w->rig->k.hub->bytes_under_way;
}

/* REQUEST, once it has read its view and its command waits for the disk behind those before it. */
static struct client *send_and_await_its_write(struct rig *rig, const char *request,
                                               const char *body)
{
    struct waiting w = { .rig = rig };
    uint64_t began = clock_now_ns();
    kernel_call(&rig->k, look_at_writes, &w);
    uint64_t before = w.bytes;
    struct client *c = rig_begin(rig, request, body);
    do {
        kernel_call(&rig->k, look_at_writes, &w);
        assert_true(clock_now_ns() - began < UINT64_C(20000000000));
    } while (w.bytes == before);
    return c;
}

static void report_that_a_new_definition_overtakes_leaves_it_and_sets_the_status(void **state)
{
    struct rig *rig = *state;
    rig_expect(rig, "PUT /v1/agent/check/register",
               "{\"ID\":\"c\",\"Name\":\"disk\",\"TTL\":\"1m\",\"Notes\":\"old\"}", 200, "");
    stall_fs_stall();
    struct client *register_c = send_and_await_its_write(
        rig, "PUT /v1/agent/check/register",
        "{\"ID\":\"c\",\"Name\":\"memory\",\"TTL\":\"2m\",\"Notes\":\"new\"}");
    struct client *pass_c =
        send_and_await_its_write(rig, "PUT /v1/agent/check/pass/c?note=well", NULL);
    stall_fs_release();
    assert_int_equal(rig_end(rig, register_c), 200);
    assert_int_equal(rig_end(rig, pass_c), 200);
    rig_expect_part(rig, "GET /v1/agent/checks", NULL, 200,
                    "\"Name\":\"memory\",\"Status\":\"passing\",\"Notes\":\"new\","
                    "\"Output\":\"well\"");
}

static void report_that_a_deregistration_overtakes_is_refused_and_brings_nothing_back(void **state)
{
    struct rig *rig = *state;
    static const char *const requests[] = { "PUT /v1/agent/check/pass/c?note=well",
                                            "PUT /v1/agent/check/update/c" };
    for (size_t i = 0; i < ARRAY_LEN(requests); i++) {
        rig_expect(rig, "PUT /v1/agent/check/register", "{\"Name\":\"c\",\"TTL\":\"1m\"}", 200, "");
        stall_fs_stall();
        struct client *gone =
            send_and_await_its_write(rig, "PUT /v1/agent/check/deregister/c", NULL);
        struct client *late =
            send_and_await_its_write(rig, requests[i], i == 0 ? NULL : "{\"Status\":\"warning\"}");
        stall_fs_release();
        assert_int_equal(rig_end(rig, gone), 200);
        assert_int_equal(rig_end(rig, late), 404);
        assert_string_equal(
            rig_body(rig),
            "Unknown check ID \"c\". Ensure that the check ID is passed, not the check name.");
        rig_expect(rig, "GET /v1/agent/checks", NULL, 200, "{}");
    }
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, rig_setup, rig_teardown)

#define WITH_CHECKS(test) cmocka_unit_test_setup_teardown(test, rig_setup_with_checks, rig_teardown)

#define ON_A_DISK_THAT_STALLS(test)                                        \
    cmocka_unit_test_setup_teardown(test, rig_setup_on_a_disk_that_stalls, \
                                    rig_teardown_on_a_disk_that_stalls)

int main(void)
{
    const struct CMUnitTest tests[] = {
        EACH(register_binds_to_node_or_service),
        EACH(bad_checks_are_refused_in_consuls_words),
        EACH(fields_of_a_check_are_taken_in_each_spelling),
        EACH(checks_are_listed_by_id),
        EACH(deregister_takes_one_check),
        EACH(check_without_an_id_is_unknown),
        EACH(pass_warn_and_fail_set_status_and_output),
        EACH(update_takes_status_and_output),
        EACH(only_checks_with_a_ttl_are_told),
        WITH_CHECKS(report_that_changes_nothing_is_noted_and_not_written),
        WITH_CHECKS(scripts_are_registered_where_they_are_run),
        ON_A_DISK_THAT_STALLS(report_that_a_new_definition_overtakes_leaves_it_and_sets_the_status),
        ON_A_DISK_THAT_STALLS(
            report_that_a_deregistration_overtakes_is_refused_and_brings_nothing_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
