/* Each kind of probe at targets of all sorts: what it says, and that it always says something. */
#include "health/probe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "health/script_client.h"
#include "health/script_host.h"
#include "test/lib/grpcd.h"
#include "test/lib/target.h"

struct world {
    struct loop *loop;
    struct prober *prober;
    struct script_client *scripts;
    struct httpd *d;
    pid_t pid;
    bool is_done;
    enum status status;
    char output[6000];
};

static int set_up(void **state)
{
    static struct world w;
    struct why why = { "" };
    int fd;
    w = (struct world){ 0 };
    assert_int_equal(script_host_start(&fd, &w.pid, &why), OK);
    assert_int_equal(loop_new("test", &w.loop), OK);
    assert_int_equal(script_client_new(w.loop, fd, &w.scripts), OK);
    const struct prober_options options = { .loop = w.loop, .scripts = w.scripts };
    if (prober_new(&options, &w.prober, &why) != OK)
        fail_msg("%s", why.text);
    w.d = grpcd_start(NULL, true);
    *state = &w;
    return 0;
}

static bool is_over(void *ctx)
{
    struct world *w = ctx;
    return prober_count(w->prober) == 0 && script_client_is_stopped(w->scripts);
}

static int tear_down(void **state)
{
    struct world *w = *state;
    int status;
    prober_stop(w->prober);
    script_client_stop(w->scripts);
    assert_true(loops_run_until(w->loop, is_over, w, LOOPS_DEADLINE_MS));
    prober_free(w->prober);
    script_client_free(w->scripts);
    loop_free(w->loop);
    httpd_free(w->d);
    assert_int_equal(waitpid(w->pid, &status, 0), w->pid);
    return 0;
}

static void on_done(void *ctx, enum status status, struct bytes output)
{
    struct world *w = ctx;
    assert_false(w->is_done);
    w->is_done = true;
    w->status = status;
    snprintf(w->output, sizeof(w->output), "%.*s", (int)output.n, (const char *)output.p);
}

static void settle(struct check_definition *d)
{
    struct why why = { "" };
    d->interval_ms = 1000;
    if (check_settle(d, &why) != OK)
        fail_msg("%s", why.text);
}

static void probe(struct world *w, struct check_definition d)
{
    settle(&d);
    w->is_done = false;
    probe_start(w->prober, &d, on_done, w);
    assert_false(w->is_done); /* never inside the call that asked */
    assert_true(loops_run_until_set(w->loop, &w->is_done, LOOPS_DEADLINE_MS));
}

static struct bytes at(uint16_t port, const char *before, const char *after)
{
    static char text[300];
    snprintf(text, sizeof(text), "%s127.0.0.1:%u%s", before, port, after);
    return bytes_str(text);
}

static void assert_says(const struct world *w, enum status status, const char *text)
{
    if (w->status != status || strstr(w->output, text) == NULL)
        fail_msg("%d: '%s' and not '%s'", w->status, w->output, text);
}

/* -- targets ----------------------------------------------------------------------------------- */

static void serve_text(struct target *t, int fd)
{
    if (target_read(t, fd) && target_write(fd, target_ctx(t)))
        target_hold(fd);
}

static void serve_silence(struct target *t, int fd)
{
    (void)t;
    target_hold(fd);
}

/* A byte of an answer now and then, for ever. */
static void serve_drops(struct target *t, int fd)
{
    bool goes_on = target_read(t, fd) && target_write(fd, "HTTP/1.1 200 OK\r\n");
    while (goes_on && target_wait(fd, 10))
        goes_on = target_write(fd, "a: b\r\n");
}

static void serve_circle(struct target *t, int fd)
{
    if (target_read(t, fd))
        target_write(fd, "HTTP/1.1 302 Found\r\nLocation: /again\r\n\r\n");
}

static void serve_gigabyte(struct target *t, int fd)
{
    static char piece[64 * 1024];
    memset(piece, 'x', sizeof(piece));
    bool goes_on = target_read(t, fd) && target_write(fd, "HTTP/1.1 200 OK\r\n\r\n");
    for (int i = 0; goes_on && i < 16 * 1024; i++)
        goes_on = target_write_bytes(fd, piece, sizeof(piece));
}

static void probe_http_at(struct world *w, void (*serve)(struct target *t, int fd),
                          const char *text, uint64_t timeout_ms)
{
    struct target *t = target_start(serve, text);
    probe(w, (struct check_definition){ .http = at(target_port(t), "http://", "/"),
                                        .timeout_ms = timeout_ms });
    target_stop(t);
}

/* -- HTTP -------------------------------------------------------------------------------------- */

static void status_of_http_is_judged(void **state)
{
    struct world *w = *state;
    static const struct {
        const char *line;
        enum status status;
    } rows[] = {
        { "200 OK", STATUS_UP },
        { "204 No Content", STATUS_UP },
        { "299 Odd", STATUS_UP },
        { "300 Multiple Choices", STATUS_DOWN },
        { "404 Not Found", STATUS_DOWN },
        { "429 Too Many Requests", STATUS_SUSPECT },
        { "500 Server Error", STATUS_DOWN },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char text[200];
        snprintf(text, sizeof(text), "HTTP/1.1 %s\r\nContent-Length: 0\r\n\r\n", rows[i].line);
        probe_http_at(w, serve_text, text, 0);
        assert_says(w, rows[i].status, rows[i].line);
    }
}

static void output_of_http_is_consuls(void **state)
{
    struct world *w = *state;
    char text[100];
    probe(w, (struct check_definition){ .http = at(w->d->port, "http://", "/hello") });
    snprintf(text, sizeof(text), "HTTP GET http://127.0.0.1:%u/hello: 200 OK Output: hello",
             w->d->port);
    assert_int_equal(w->status, STATUS_UP);
    assert_string_equal(w->output, text);
}

static void hostile_http_targets_are_critical_or_cut(void **state)
{
    struct world *w = *state;
    probe_http_at(w, serve_gigabyte, NULL, 0);
    assert_says(w, STATUS_UP, "Captured 4096 of ");
    assert_true(strlen(w->output) < 4096 + 200);
    probe_http_at(w, serve_circle, NULL, 0);
    assert_says(w, STATUS_DOWN, "stopped after 10 redirects");
    probe_http_at(w, serve_silence, NULL, 100);
    assert_says(w, STATUS_DOWN, "no whole answer within the timeout");
    probe_http_at(w, serve_drops, NULL, 100);
    assert_says(w, STATUS_DOWN, "no whole answer within the timeout");
    probe_http_at(w, serve_text, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc", 100);
    assert_says(w, STATUS_DOWN, "no whole answer within the timeout");
    probe_http_at(w, serve_text, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n\xff\x01", 0);
    assert_says(w, STATUS_UP, "Output: \xef\xbf\xbd");
    probe(w, (struct check_definition){ .http = at(target_dead_port(), "http://", "/") });
    assert_says(w, STATUS_DOWN, "connection refused");
}

/* -- TCP, UDP ---------------------------------------------------------------------------------- */

static void tcp_passes_when_it_connects(void **state)
{
    struct world *w = *state;
    probe(w, (struct check_definition){ .tcp = at(w->d->port, "", "") });
    char expected[60];
    snprintf(expected, sizeof expected, "TCP connect 127.0.0.1:%u: Success", w->d->port);
    assert_says(w, STATUS_UP, expected);
    probe(w, (struct check_definition){ .tcp = at(target_dead_port(), "", "") });
    assert_says(w, STATUS_DOWN, "connection refused");
    probe(w, (struct check_definition){ .tcp = bytes_str("no-port") });
    assert_says(w, STATUS_DOWN, "not host:port");
}

static void tcp_with_tls_needs_the_handshake(void **state)
{
    struct world *w = *state;
    struct target *t = target_start(serve_silence, NULL);
    probe(w, (struct check_definition){
                 .tcp = at(target_port(t), "", ""), .tls = true, .timeout_ms = 100 });
    assert_says(w, STATUS_DOWN, "timed out");
    target_stop(t);
}

static void udp_passes_unless_it_is_refused(void **state)
{
    struct world *w = *state;
    int fd;
    uint16_t port = target_udp(&fd);
    probe(w, (struct check_definition){ .udp = at(port, "", ""), .timeout_ms = 50 });
    assert_says(w, STATUS_UP, "UDP connect 127.0.0.1:");
    target_udp_close(fd);
    probe(w, (struct check_definition){ .udp = at(port, "", "") });
    assert_says(w, STATUS_DOWN, "connection refused");
}

/* -- HTTP/2 ------------------------------------------------------------------------------------ */

static void grpc_passes_when_it_serves(void **state)
{
    struct world *w = *state;
    probe(w, (struct check_definition){ .grpc = at(w->d->port, "", "") });
    assert_says(w, STATUS_UP, ": success");
    probe(w, (struct check_definition){ .grpc = at(w->d->port, "", "/test.Echo") });
    assert_says(w, STATUS_DOWN, "unknown service");
    probe(w, (struct check_definition){ .grpc = at(target_dead_port(), "", "") });
    assert_says(w, STATUS_DOWN, "connection refused");
}

static void h2ping_passes_when_it_comes_back(void **state)
{
    struct world *w = *state;
    probe(w, (struct check_definition){ .h2ping = at(w->d->port, "", "") });
    assert_int_equal(w->status, STATUS_UP);
    assert_string_equal(w->output, "HTTP2 ping was successful");
    struct target *t = target_start(serve_silence, NULL);
    probe(w, (struct check_definition){ .h2ping = at(target_port(t), "", ""), .timeout_ms = 100 });
    assert_says(w, STATUS_DOWN, "timed out after 100 ms");
    target_stop(t);
}

/* -- scripts ----------------------------------------------------------------------------------- */

static void probe_line(struct world *w, const char *line, uint64_t timeout_ms)
{
    const struct bytes args[] = { bytes_str("/bin/sh"), bytes_str("-c"), bytes_str(line) };
    probe(w, (struct check_definition){ .args = args, .arg_n = 3, .timeout_ms = timeout_ms });
}

static void code_of_a_script_is_judged(void **state)
{
    struct world *w = *state;
    probe_line(w, "echo fine", 0);
    assert_says(w, STATUS_UP, "fine");
    probe_line(w, "echo hm; exit 1", 0);
    assert_says(w, STATUS_SUSPECT, "hm");
    probe_line(w, "exit 2", 0);
    assert_says(w, STATUS_DOWN, "");
    probe_line(w, "echo begun; sleep 1000", 2000);
    assert_says(w, STATUS_DOWN, "Timed out (2s) running check\nbegun");
    probe_line(w, "head -c 100000 /dev/zero | tr '\\0' x", 0);
    assert_says(w, STATUS_UP, "Captured 4096 of 100000 bytes");
}

static void scripts_are_refused_where_they_are_not_enabled(void **state)
{
    struct world *w = *state;
    struct prober *enabled = w->prober;
    const struct prober_options options = { .loop = w->loop };
    assert_int_equal(prober_new(&options, &w->prober, NULL), OK);
    probe_line(w, "true", 0);
    assert_says(w, STATUS_DOWN, "Scripts are disabled");
    prober_free(w->prober);
    w->prober = enabled;
}

/* -- giving up --------------------------------------------------------------------------------- */

static void canceled_probe_of_each_kind_says_nothing(void **state)
{
    struct world *w = *state;
    struct target *t = target_start(serve_silence, NULL);
    const struct bytes plain = at(target_port(t), "", "");
    const struct bytes args[] = { bytes_str("/bin/sleep"), bytes_str("1000") };
    char url[100];
    snprintf(url, sizeof(url), "http://%.*s/", (int)plain.n, (const char *)plain.p);
    struct check_definition all[] = {
        { .http = bytes_str(url) },
        { .http = bytes_str("nonsense") },
        { .tcp = plain, .tls = true },
        { .tcp = bytes_str("nonsense") },
        { .udp = plain },
        { .grpc = plain },
        { .h2ping = plain },
        { .args = args, .arg_n = 2 },
        { .tcp = bytes_str("localhost:1") },
    };
    for (int turns = 0; turns < 3; turns++)
        for (size_t i = 0; i < ARRAY_LEN(all); i++) {
            settle(&all[i]);
            w->is_done = false;
            struct probe *p = probe_start(w->prober, &all[i], on_done, w);
            loops_run_turns(w->loop, (unsigned)turns);
            if (!w->is_done)
                probe_cancel(p);
            w->is_done = true; /* a call of on_done fails from here on */
            loops_run_turns(w->loop, 3);
        }
    prober_stop(w->prober);
    target_stop(t);
}

#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(status_of_http_is_judged),
        WORLD_TEST(output_of_http_is_consuls),
        WORLD_TEST(hostile_http_targets_are_critical_or_cut),
        WORLD_TEST(tcp_passes_when_it_connects),
        WORLD_TEST(tcp_with_tls_needs_the_handshake),
        WORLD_TEST(udp_passes_unless_it_is_refused),
        WORLD_TEST(grpc_passes_when_it_serves),
        WORLD_TEST(h2ping_passes_when_it_comes_back),
        WORLD_TEST(code_of_a_script_is_judged),
        WORLD_TEST(scripts_are_refused_where_they_are_not_enabled),
        WORLD_TEST(canceled_probe_of_each_kind_says_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
