/* Answers that go on: the log, and figures. */
#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/log.h"

/* Begins a request and reads its head: from then on lines come. */
static struct client *follow(struct rig *rig, const char *request)
{
    struct client *c = rig_begin(rig, request, NULL);
    assert_true(client_read_until(c, "\r\n\r\n"));
    assert_true(client_has(c, "HTTP/1.1 200"));
    return c;
}

static void log_is_streamed(void **state)
{
    struct rig *rig = *state;
    struct client *c = follow(rig, "GET /v1/agent/monitor");
    log_debug("test: not shown");
    log_info("test: happened x=%d", 7);
    assert_true(client_read_until(c, " [INFO]  test: happened x=7\n"));
    log_error("test: broke");
    assert_true(client_read_until(c, " [ERROR] test: broke\n"));
    assert_false(client_has(c, "not shown"));
    client_close(c);
}

/* What Consul's own client listens for. */
static void requests_are_seen_at_debug_without_their_query(void **state)
{
    struct rig *rig = *state;
    struct client *c = follow(rig, "GET /v1/agent/monitor?loglevel=DEBUG");
    rig_expect(rig, "PUT /v1/kv/a?token=secret", "x", 200, "true");
    assert_true(client_read_until(c,
                                  " [DEBUG] consul: request was answered method=PUT url=/v1/kv/a "
                                  "from=127.0.0.1:"));
    assert_false(client_has(c, "secret"));
    client_close(c);
}

static void log_is_streamed_as_json(void **state)
{
    struct rig *rig = *state;
    struct client *c = follow(rig, "GET /v1/agent/monitor?loglevel=warn&logjson");
    log_info("test: not shown");
    log_warn("test: \"odd\"");
    assert_true(client_read_until(c, "{\"@level\":\"warn\",\"@message\":\"test: \\\"odd\\\"\","
                                     "\"@module\":\"test\",\"@timestamp\":\""));
    assert_true(client_read_until(c, "\"}\n"));
    assert_false(client_has(c, "not shown"));
    client_close(c);
}

static void unknown_level_is_refused(void **state)
{
    rig_expect(*state, "GET /v1/agent/monitor?loglevel=loud", NULL, 400, "Unknown log level: loud");
}

static void who_has_gone_is_not_written_to(void **state)
{
    struct rig *rig = *state;
    struct client *c = follow(rig, "GET /v1/agent/monitor?loglevel=debug");
    client_reset(c);
    while (log_wants(LOG_DEBUG)) /* until it is seen that he has gone */
        rig_expect_part(rig, "GET /v1/status/leader", NULL, 200, "8300");
    log_info("test: to nobody");
}

/* Reads FD until TEXT comes, and keeps nothing else. */
static bool comes_at_last(int fd, const char *text)
{
    static char window[2 * 65536];
    size_t kept = 0, n = strlen(text);
    for (;;) {
        ssize_t got = read(fd, window + kept, 65536);
        if (got <= 0)
            return false;
        size_t all = kept + (size_t)got;
        if (memmem(window, all, text, n) != NULL)
            return true;
        kept = all < n ? all : n;
        memmove(window, window + all - kept, kept);
    }
}

/* Lines that come faster than they are read are counted, and the count is told. */
static void slow_reader_is_told_what_was_dropped(void **state)
{
    enum { LINES = 30000 };
    struct rig *rig = *state;
    char text[400];
    int room = 128 * 1024; /* the kernel would take all of it else */
    struct client *c = follow(rig, "GET /v1/agent/monitor");
    assert_int_equal(setsockopt(client_fd(c), SOL_SOCKET, SO_RCVBUF, &room, sizeof room), 0);
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = 0;
    for (int i = 0; i < LINES; i++)
        log_info("test: %s", text);
    assert_true(comes_at_last(
        client_fd(c),
        "[WARN]  monitor: lines were dropped, they came faster than they were read n="));
    client_close(c);
}

static void figures_come_as_lines(void **state)
{
    struct rig *rig = *state;
    char host[200] = "", name[300];
    assert_int_equal(gethostname(host, sizeof host - 1), 0);
    struct client *c = follow(rig, "GET /v1/agent/metrics/stream");
    snprintf(name, sizeof name, "{\"Name\":\"consul.%s.runtime.alloc_bytes\",\"Value\":", host);
    assert_true(client_read_until(c, name));
    snprintf(name, sizeof name, "{\"Name\":\"consul.%s.runtime.num_goroutines\",\"Value\":", host);
    assert_true(client_read_until(c, name));
    assert_true(client_read_until(c, "\"Samples\":[]}\n"));
    client_close(c);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)
    const struct CMUnitTest tests[] = {
        TEST(log_is_streamed),
        TEST(requests_are_seen_at_debug_without_their_query),
        TEST(log_is_streamed_as_json),
        TEST(unknown_level_is_refused),
        TEST(who_has_gone_is_not_written_to),
        TEST(slow_reader_is_told_what_was_dropped),
        TEST(figures_come_as_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
