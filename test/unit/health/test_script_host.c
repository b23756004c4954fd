/* The process that runs scripts, and the server's end of it. */
#include "health/script_host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "health/script_client.h"
#include "test/lib/loops.h"

struct world {
    struct loop *loop;
    struct script_client *client;
    pid_t pid;
    bool is_done;
    unsigned done_n, wanted;
    enum script_end end;
    int code;
    uint64_t total;
    char output[200];
};

static int set_up(void **state)
{
    static struct world w;
    struct why why = { "" };
    int fd;
    w = (struct world){ .wanted = 1 };
    if (script_host_start(&fd, &w.pid, &why) != OK)
        fail_msg("%s", why.text);
    assert_int_equal(loop_new("test", &w.loop), OK);
    assert_int_equal(script_client_new(w.loop, fd, &w.client), OK);
    *state = &w;
    return 0;
}

static bool has_stopped(void *ctx)
{
    return script_client_is_stopped(ctx);
}

static int tear_down(void **state)
{
    struct world *w = *state;
    int status;
    script_client_stop(w->client);
    assert_true(loops_run_until(w->loop, has_stopped, w->client, LOOPS_DEADLINE_MS));
    script_client_free(w->client);
    loop_free(w->loop);
    assert_int_equal(waitpid(w->pid, &status, 0), w->pid); /* it ends by itself */
    return 0;
}

static void on_done(void *ctx, const struct script_outcome *o)
{
    struct world *w = ctx;
    w->is_done = ++w->done_n == w->wanted;
    w->end = o->end;
    w->code = o->code;
    w->total = o->total;
    snprintf(w->output, sizeof(w->output), "%.*s", (int)o->output.n, (const char *)o->output.p);
}

enum { TIMEOUT_MS = 10000, OUTPUT_MAX = 100 };

static struct script_run *start(struct world *w, const struct bytes *args, size_t n,
                                uint64_t timeout_ms)
{
    return script_start(w->client, args, n, timeout_ms, OUTPUT_MAX, on_done, w);
}

static void wait_for(struct world *w)
{
    assert_true(loops_run_until_set(w->loop, &w->is_done, LOOPS_DEADLINE_MS));
}

/* A line for the shell, to its end. */
static void run(struct world *w, const char *line, uint64_t timeout_ms)
{
    const struct bytes args[] = { bytes_str("/bin/sh"), bytes_str("-c"), bytes_str(line) };
    w->is_done = false;
    w->done_n = 0;
    start(w, args, 3, timeout_ms);
    wait_for(w);
}

static void code_and_output_are_told(void **state)
{
    struct world *w = *state;
    run(w, "echo out; echo err >&2; exit 3", TIMEOUT_MS);
    assert_int_equal(w->end, SCRIPT_EXITED);
    assert_int_equal(w->code, 3);
    assert_string_equal(w->output, "out\nerr\n");
    assert_int_equal(w->total, 8);
    run(w, "kill -TERM $$", TIMEOUT_MS);
    assert_int_equal(w->end, SCRIPT_SIGNALED);
    assert_int_equal(w->code, SIGTERM);
}

static void arguments_are_not_for_a_shell(void **state)
{
    struct world *w = *state;
    const struct bytes args[] = { bytes_str("echo"), bytes_str("a  b; exit 1"),
                                  bytes_str("$HOME") };
    start(w, args, 3, TIMEOUT_MS);
    wait_for(w);
    assert_string_equal(w->output, "a  b; exit 1 $HOME\n");
}

static void program_that_is_not_there_is_said(void **state)
{
    struct world *w = *state;
    const struct bytes args[] = { bytes_str("/nowhere/at/all") };
    start(w, args, 1, TIMEOUT_MS);
    wait_for(w);
    assert_int_equal(w->code, 127);
    assert_non_null(strstr(w->output, "No such file"));
}

static void output_above_the_limit_is_counted(void **state)
{
    struct world *w = *state;
    run(w, "head -c 1000000 /dev/zero | tr '\\0' x", TIMEOUT_MS);
    assert_int_equal(w->end, SCRIPT_EXITED);
    assert_int_equal(strlen(w->output), OUTPUT_MAX);
    assert_int_equal(w->total, 1000000);
}

static void input_is_empty_and_no_file_is_inherited(void **state)
{
    struct world *w = *state;
    run(w, "cat; ls /proc/self/fd | wc -l", TIMEOUT_MS);
    assert_string_equal(w->output, "4\n"); /* 0, 1, 2 and the directory that ls reads */
}

/* The script's own shell may be slow to start: a longer timeout is tried until it has said who is
 * there. A process that was killed is gone, or nobody has buried it yet. */
static void timeout_kills_the_whole_group(void **state)
{
    struct world *w = *state;
    long grandchild = 0;
    for (uint64_t ms = 200; grandchild == 0 && ms < LOOPS_DEADLINE_MS; ms *= 2) {
        run(w, "sh -c 'echo $$; exec sleep 1000' & wait", ms);
        assert_int_equal(w->end, SCRIPT_TIMED_OUT);
        grandchild = strtol(w->output, NULL, 10);
    }
    assert_true(grandchild > 1);
    char line[100];
    snprintf(line, sizeof(line),
             "while test -d /proc/%ld && ! grep -q Z /proc/%ld/stat; do :; done", grandchild,
             grandchild);
    run(w, line, TIMEOUT_MS);
    assert_int_equal(w->end, SCRIPT_EXITED);
}

/* A child that holds the pipe open holds nobody up, and does not stay. */
static void what_a_script_leaves_behind_is_killed(void **state)
{
    struct world *w = *state;
    run(w, "sleep 1000 & echo started", TIMEOUT_MS);
    assert_int_equal(w->end, SCRIPT_EXITED);
    assert_string_equal(w->output, "started\n");
}

static void more_than_may_run_wait_their_turn(void **state)
{
    struct world *w = *state;
    const struct bytes args[] = { bytes_str("/bin/true") };
    w->wanted = 3 * SCRIPTS_AT_ONCE;
    for (unsigned i = 0; i < w->wanted; i++)
        start(w, args, 1, TIMEOUT_MS);
    wait_for(w);
    assert_int_equal(w->end, SCRIPT_EXITED);
    assert_int_equal(w->code, 0);
}

static void canceled_scripts_make_room(void **state)
{
    struct world *w = *state;
    const struct bytes sleeps[] = { bytes_str("/bin/sleep"), bytes_str("1000") };
    struct script_run *runs[SCRIPTS_AT_ONCE];
    for (size_t i = 0; i < SCRIPTS_AT_ONCE; i++)
        runs[i] = start(w, sleeps, 2, 1000 * 1000);
    loops_run_turns(w->loop, 3);
    for (size_t i = 0; i < SCRIPTS_AT_ONCE; i++)
        script_cancel(runs[i]);
    run(w, "exit 5", TIMEOUT_MS);
    assert_int_equal(w->code, 5);
    assert_int_equal(w->done_n, 1);
}

static void end_of_the_process_ends_all_scripts(void **state)
{
    struct world *w = *state;
    const struct bytes sleeps[] = { bytes_str("/bin/sleep"), bytes_str("1000") };
    w->wanted = 2;
    start(w, sleeps, 2, 1000 * 1000);
    start(w, sleeps, 2, 1000 * 1000);
    loops_run_turns(w->loop, 3);
    kill(w->pid, SIGKILL);
    wait_for(w);
    assert_int_equal(w->end, SCRIPT_NOT_STARTED);
    w->is_done = false;
    w->done_n = 0;
    w->wanted = 1;
    start(w, sleeps, 2, 1000 * 1000); /* and of those that come later */
    assert_false(w->is_done);
    wait_for(w);
    assert_int_equal(w->end, SCRIPT_NOT_STARTED);
}

#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(code_and_output_are_told),
        WORLD_TEST(arguments_are_not_for_a_shell),
        WORLD_TEST(program_that_is_not_there_is_said),
        WORLD_TEST(output_above_the_limit_is_counted),
        WORLD_TEST(input_is_empty_and_no_file_is_inherited),
        WORLD_TEST(timeout_kills_the_whole_group),
        WORLD_TEST(what_a_script_leaves_behind_is_killed),
        WORLD_TEST(more_than_may_run_wait_their_turn),
        WORLD_TEST(canceled_scripts_make_room),
        WORLD_TEST(end_of_the_process_ends_all_scripts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
