/* Checks on a loop: when they run, what is told of them, how they come and go. */
#include "health/runner.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "health/schedule.h"
#include "test/lib/httpd.h"
#include "test/lib/target.h"

struct world {
    struct loop *loop;
    struct prober *prober;
    struct runner *runner;
    struct httpd *d;
    struct target *silent;
    unsigned told_n;
    bool is_told;
    char id[100], output[300];
    enum status status;
    bool removes; /* the sink removes what it is told of */
};

static void on_told(void *ctx, struct bytes id, enum status status, struct bytes output)
{
    struct world *w = ctx;
    w->told_n++;
    w->is_told = true;
    w->status = status;
    snprintf(w->id, sizeof(w->id), "%.*s", (int)id.n, (const char *)id.p);
    snprintf(w->output, sizeof(w->output), "%.*s", (int)output.n, (const char *)output.p);
    if (w->removes)
        runner_remove(w->runner, bytes_str(w->id));
}

static void serve_silence(struct target *t, int fd)
{
    (void)t;
    target_hold(fd);
}

/* With a seed by which check "soon" runs in the first 20 ms of its second. */
static uint64_t find_seed(void)
{
    uint64_t seed = 0;
    while (schedule_first(bytes_str("soon"), seed, 1000, 0) > 20)
        seed++;
    return seed;
}

static void start_runner(struct world *w, unsigned at_once)
{
    w->runner = runner_new(&(struct runner_options){ .loop = w->loop,
                                                     .prober = w->prober,
                                                     .seed = find_seed(),
                                                     .at_once = at_once,
                                                     .sink = on_told,
                                                     .ctx = w });
}

static int set_up(void **state)
{
    static struct world w;
    w = (struct world){ 0 };
    assert_int_equal(loop_new("test", &w.loop), OK);
    const struct prober_options options = { .loop = w.loop };
    assert_int_equal(prober_new(&options, &w.prober, NULL), OK);
    w.d = httpd_start(1, NULL);
    w.silent = target_start(serve_silence, NULL);
    start_runner(&w, 0);
    *state = &w;
    return 0;
}

static bool is_over(void *ctx)
{
    return prober_count(ctx) == 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    runner_free(w->runner);
    prober_stop(w->prober);
    assert_true(loops_run_until(w->loop, is_over, w->prober, LOOPS_DEADLINE_MS));
    prober_free(w->prober);
    loop_free(w->loop);
    httpd_free(w->d);
    target_stop(w->silent);
    return 0;
}

static struct check_definition tcp_check(uint16_t port)
{
    static char target[40];
    snprintf(target, sizeof(target), "127.0.0.1:%u", port);
    struct check_definition d = { .tcp = bytes_str(target), .interval_ms = 1000 };
    assert_int_equal(check_settle(&d, NULL), OK);
    return d;
}

static struct check_definition ttl_check(uint64_t ttl_ms)
{
    struct check_definition d = { .ttl_ms = ttl_ms };
    assert_int_equal(check_settle(&d, NULL), OK);
    return d;
}

static void set(struct world *w, const char *id, struct check_definition d, enum status status)
{
    runner_set(w->runner, bytes_str(id), &d, status, (struct bytes){ 0 });
}

static struct runner_counts counts(const struct world *w)
{
    struct runner_counts c;
    runner_counts(w->runner, &c);
    return c;
}

static void wait_told(struct world *w)
{
    w->is_told = false;
    assert_true(loops_run_until_set(w->loop, &w->is_told, LOOPS_DEADLINE_MS));
}

/* -- at intervals ------------------------------------------------------------------------------ */

static void change_of_status_is_told(void **state)
{
    struct world *w = *state;
    set(w, "soon", tcp_check(w->d->port), STATUS_DOWN);
    wait_told(w);
    assert_string_equal(w->id, "soon");
    assert_int_equal(w->status, STATUS_UP);
    assert_non_null(strstr(w->output, ": Success"));
}

static bool has_run_twice(void *ctx)
{
    struct runner_counts c = counts(ctx);
    return c.runs >= 2 && c.under_way == 0;
}

static void status_that_stays_is_not_told(void **state)
{
    struct world *w = *state;
    const struct check_definition d = tcp_check(w->d->port);
    runner_set(w->runner, bytes_str("soon"), &d, STATUS_UP, bytes_str("as before"));
    assert_true(loops_run_until(w->loop, has_run_twice, w, LOOPS_DEADLINE_MS));
    assert_int_equal(w->told_n, 0);
}

static bool is_under_way(void *ctx)
{
    return counts(ctx).under_way > 0;
}

static struct check_definition hanging_check(const struct world *w)
{
    struct check_definition d = tcp_check(target_port(w->silent));
    d.tls = true;
    return d;
}

static void check_is_replaced_and_removed_while_it_runs(void **state)
{
    struct world *w = *state;
    set(w, "soon", hanging_check(w), STATUS_UP);
    assert_true(loops_run_until(w->loop, is_under_way, w, LOOPS_DEADLINE_MS));
    set(w, "soon", tcp_check(w->d->port), STATUS_DOWN);
    assert_int_equal(counts(w).under_way, 0);
    assert_int_equal(counts(w).checks, 1);
    wait_told(w);
    assert_int_equal(w->status, STATUS_UP);
    set(w, "soon", hanging_check(w), STATUS_UP);
    assert_true(loops_run_until(w->loop, is_under_way, w, LOOPS_DEADLINE_MS));
    runner_remove(w->runner, bytes_str("soon"));
    assert_int_equal(counts(w).under_way, 0);
    assert_int_equal(counts(w).checks, 0);
    runner_remove(w->runner, bytes_str("soon")); /* harmless */
}

static void same_definition_again_changes_nothing(void **state)
{
    struct world *w = *state;
    set(w, "soon", hanging_check(w), STATUS_UP);
    assert_true(loops_run_until(w->loop, is_under_way, w, LOOPS_DEADLINE_MS));
    set(w, "soon", hanging_check(w), STATUS_DOWN);
    assert_int_equal(counts(w).under_way, 1);
}

static void external_checks_are_not_run(void **state)
{
    struct world *w = *state;
    struct check_definition d = tcp_check(w->d->port);
    set(w, "soon", d, STATUS_UP);
    assert_int_equal(counts(w).checks, 1);
    d.is_external = true;
    set(w, "soon", d, STATUS_UP);
    assert_int_equal(counts(w).checks, 0);
}

static bool has_skipped(void *ctx)
{
    return counts(ctx).skipped > 0;
}

static void check_never_overlaps_itself(void **state)
{
    struct world *w = *state;
    set(w, "soon", hanging_check(w), STATUS_UP);
    assert_true(loops_run_until(w->loop, has_skipped, w, LOOPS_DEADLINE_MS));
    assert_int_equal(counts(w).under_way, 1);
    assert_int_equal(counts(w).runs, 1);
}

static bool has_waiting(void *ctx)
{
    return counts(ctx).waiting > 0;
}

static void probes_above_the_limit_wait(void **state)
{
    struct world *w = *state;
    runner_free(w->runner);
    start_runner(w, 1);
    set(w, "soon", hanging_check(w), STATUS_UP);
    assert_true(loops_run_until(w->loop, is_under_way, w, LOOPS_DEADLINE_MS));
    set(w, "other", tcp_check(w->d->port), STATUS_DOWN);
    assert_true(loops_run_until(w->loop, has_waiting, w, LOOPS_DEADLINE_MS));
    assert_int_equal(counts(w).under_way, 1);
    runner_remove(w->runner, bytes_str("soon"));
    wait_told(w);
    assert_string_equal(w->id, "other");
}

static void sink_may_remove_what_it_is_told_of(void **state)
{
    struct world *w = *state;
    w->removes = true;
    set(w, "soon", tcp_check(w->d->port), STATUS_DOWN);
    wait_told(w);
    assert_int_equal(counts(w).checks, 0);
    set(w, "t", ttl_check(10), STATUS_UP);
    wait_told(w);
    assert_int_equal(counts(w).checks, 0);
}

/* -- TTL, alias -------------------------------------------------------------------------------- */

static void ttl_expires(void **state)
{
    struct world *w = *state;
    set(w, "t", ttl_check(20), STATUS_UP);
    wait_told(w);
    assert_int_equal(w->status, STATUS_DOWN);
    assert_string_equal(w->output, "TTL expired");
}

static void ttl_that_expires_shows_its_last_output(void **state)
{
    struct world *w = *state;
    set(w, "t", ttl_check(20), STATUS_DOWN);
    assert_int_equal(runner_note(w->runner, bytes_str("t"), STATUS_SUSPECT, bytes_str("hm")), OK);
    assert_int_equal(w->status, STATUS_SUSPECT);
    wait_told(w);
    assert_int_equal(w->status, STATUS_DOWN);
    assert_string_equal(w->output, "TTL expired (last output before timeout follows): hm");
}

static bool has_passed_60_ms(void *ctx)
{
    struct world *w = ctx;
    static uint64_t begun;
    if (begun == 0)
        begun = loop_now_ms(w->loop);
    assert_int_equal(runner_note(w->runner, bytes_str("t"), STATUS_UP, (struct bytes){ 0 }), OK);
    return loop_now_ms(w->loop) > begun + 60;
}

static void each_pass_gives_a_ttl_its_time_again(void **state)
{
    struct world *w = *state;
    set(w, "t", ttl_check(10 * 1000), STATUS_UP);
    set(w, "u", ttl_check(50), STATUS_UP); /* keeps the loop turning, and expires */
    assert_true(loops_run_until(w->loop, has_passed_60_ms, w, LOOPS_DEADLINE_MS));
    assert_int_equal(w->told_n, 1);
    assert_string_equal(w->id, "u");
}

static void ttl_that_is_critical_does_not_expire_again(void **state)
{
    struct world *w = *state;
    set(w, "t", ttl_check(1), STATUS_DOWN);
    set(w, "u", ttl_check(30), STATUS_UP);
    wait_told(w);
    assert_string_equal(w->id, "u");
    assert_int_equal(w->told_n, 1);
}

static void only_ttl_and_alias_are_noted(void **state)
{
    struct world *w = *state;
    struct check_definition alias = { .is_alias = true, .alias_service = bytes_str("web") };
    assert_int_equal(check_settle(&alias, NULL), OK);
    set(w, "a", alias, STATUS_DOWN);
    set(w, "soon", tcp_check(w->d->port), STATUS_UP);
    const struct bytes none = { 0 };
    assert_int_equal(runner_note(w->runner, bytes_str("a"), STATUS_UP, none), OK);
    assert_string_equal(w->id, "a");
    assert_int_equal(runner_note(w->runner, bytes_str("soon"), STATUS_UP, none), ERR_INVALID);
    assert_int_equal(runner_note(w->runner, bytes_str("no"), STATUS_UP, none), ERR_NOT_FOUND);
}

#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(change_of_status_is_told),
        WORLD_TEST(status_that_stays_is_not_told),
        WORLD_TEST(check_is_replaced_and_removed_while_it_runs),
        WORLD_TEST(same_definition_again_changes_nothing),
        WORLD_TEST(external_checks_are_not_run),
        WORLD_TEST(check_never_overlaps_itself),
        WORLD_TEST(probes_above_the_limit_wait),
        WORLD_TEST(sink_may_remove_what_it_is_told_of),
        WORLD_TEST(ttl_expires),
        WORLD_TEST(ttl_that_expires_shows_its_last_output),
        WORLD_TEST(each_pass_gives_a_ttl_its_time_again),
        WORLD_TEST(ttl_that_is_critical_does_not_expire_again),
        WORLD_TEST(only_ttl_and_alias_are_noted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
