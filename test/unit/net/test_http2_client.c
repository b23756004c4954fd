/* A ping or a call over HTTP/2, to targets that behave and to those that do not. */
#include "net/http2_client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "net/grpc.h"
#include "net/tls.h"
#include "test/lib/caller.h"
#include "test/lib/certs.h"
#include "test/lib/grpcd.h"
#include "test/lib/target.h"

static struct certs certs;

struct world {
    struct caller_rig rig;
    struct httpd *d;
    bool is_done;
    char failure[300], message[200], grpc_message[100];
    int grpc_status;
};

static int set_up(void **state)
{
    static struct world w;
    w = (struct world){ 0 };
    caller_start(&w.rig, certs.ca);
    w.d = grpcd_start(NULL, false);
    *state = &w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    assert_true(caller_stop(&w->rig));
    httpd_free(w->d);
    return 0;
}

static void on_answer(void *ctx, const struct http2_answer *a)
{
    struct world *w = ctx;
    assert_false(w->is_done);
    w->is_done = true;
    w->grpc_status = a->grpc_status;
    snprintf(w->failure, sizeof(w->failure), "%s", a->failure != NULL ? a->failure : "");
    snprintf(w->message, sizeof(w->message), "%.*s", (int)a->message.n, (const char *)a->message.p);
    snprintf(w->grpc_message, sizeof(w->grpc_message), "%.*s", (int)a->grpc_message.n,
             (const char *)a->grpc_message.p);
}

static void ask(struct world *w, uint16_t port, const struct tls_call *tls, const char *path,
                const char *message)
{
    struct http2_ask ask = { .host = bytes_str("127.0.0.1"),
                             .port = port,
                             .tls = tls,
                             .authority = bytes_str("127.0.0.1"),
                             .path = bytes_str(path),
                             .message = bytes_str(message) };
    w->is_done = false;
    http2_call_start(w->rig.dialer, &ask, on_answer, w);
    assert_false(w->is_done); /* never inside the call that asked */
    assert_true(loops_run_until_set(w->rig.loop, &w->is_done, LOOPS_DEADLINE_MS));
}

/* -- those that behave ------------------------------------------------------------------------- */

static void ping_comes_back(void **state)
{
    struct world *w = *state;
    ask(w, w->d->port, NULL, "", "");
    assert_string_equal(w->failure, "");
}

static void call_is_answered(void **state)
{
    struct world *w = *state;
    ask(w, w->d->port, NULL, "/test.Echo/Echo", "hello");
    assert_string_equal(w->failure, "");
    assert_int_equal(w->grpc_status, GRPC_OK);
    assert_string_equal(w->message, "hello");
}

static void refusal_has_its_status_and_text(void **state)
{
    struct world *w = *state;
    ask(w, w->d->port, NULL, "/test.Echo/Fail", "5 not here");
    assert_string_equal(w->failure, "");
    assert_int_equal(w->grpc_status, 5);
    assert_string_equal(w->grpc_message, "not here");
}

static void call_is_canceled(void **state)
{
    struct world *w = *state;
    struct http2_ask hold = { .host = bytes_str("127.0.0.1"),
                              .port = w->d->port,
                              .authority = bytes_str("a"),
                              .path = bytes_str("/test.Echo/Hold") };
    struct http2_call *c = http2_call_start(w->rig.dialer, &hold, on_answer, w);
    loops_run_turns(w->rig.loop, 5);
    http2_call_cancel(c);
    assert_true(caller_wait_gone(&w->rig));
    assert_false(w->is_done);
}

static void tls_needs_a_target_that_speaks_h2(void **state)
{
    struct world *w = *state;
    struct tls_context *tls;
    const struct tls_options options = { .cert_file = certs.server, .key_file = certs.server_key };
    const struct tls_call h2 = { .name = "localhost", .is_h2 = true },
                          other = { .name = "elsewhere", .is_h2 = true },
                          not_h2 = { .name = "localhost" };
    assert_int_equal(tls_context_new(&options, &tls, NULL), OK);
    struct httpd *d = grpcd_new(1, NULL, false);
    httpd_listen(d, "https://127.0.0.1:0", tls, false);
    httpd_run(d);
    ask(w, d->port, &h2, "/test.Echo/Echo", "hello");
    assert_string_equal(w->message, "hello");
    ask(w, d->port, &other, "/test.Echo/Echo", "hello");
    assert_non_null(strstr(w->failure, "ostname mismatch"));
    ask(w, d->port, &not_h2, "", "");
    assert_string_equal(w->failure, "the target does not speak HTTP/2");
    httpd_free(d);
    tls_context_unref(tls);
}

/* -- those that do not ------------------------------------------------------------------------- */

static void serve_text(struct target *t, int fd)
{
    if (target_write(fd, target_ctx(t)))
        target_hold(fd);
}

static void serve_close(struct target *t, int fd)
{
    (void)t, (void)fd;
}

/* SETTINGS, then pings without end. */
static void serve_pings(struct target *t, int fd)
{
    static const char settings[9] = { 0, 0, 0, 4 }, ping[17] = { 0, 0, 8, 6 };
    bool goes_on = target_write_bytes(fd, settings, sizeof(settings));
    (void)t;
    while (goes_on)
        goes_on = target_write_bytes(fd, ping, sizeof(ping));
}

static void assert_fails(struct world *w, void (*serve)(struct target *t, int fd), const char *text,
                         const char *failure)
{
    struct target *t = target_start(serve, text);
    ask(w, target_port(t), NULL, "/test.Echo/Echo", "");
    if (strstr(w->failure, failure) == NULL)
        fail_msg("'%s' and not '%s'", w->failure, failure);
    target_stop(t);
}

static void broken_targets_fail_with_a_sentence(void **state)
{
    struct world *w = *state;
    assert_fails(w, serve_close, NULL, "");
    assert_true(strlen(w->failure) > 0);
    assert_fails(w, serve_text, "HTTP/1.1 400 Bad Request\r\n\r\n", "no HTTP/2");
    assert_fails(w, serve_pings, NULL, "");
    assert_true(strlen(w->failure) > 0);
    ask(w, target_dead_port(), NULL, "", "");
    assert_non_null(strstr(w->failure, "connection refused"));
}

static void message_ends_at_its_limit(void **state)
{
    struct world *w = *state;
    char n[20];
    snprintf(n, sizeof(n), "%d", HTTP2_CLIENT_MESSAGE_MAX);
    ask(w, w->d->port, NULL, "/test.Echo/Big", n);
    assert_string_equal(w->failure, "");
    snprintf(n, sizeof(n), "%d", HTTP2_CLIENT_MESSAGE_MAX + 1);
    ask(w, w->d->port, NULL, "/test.Echo/Big", n);
    assert_string_equal(w->failure, "the answer is too large");
}

static int make_certs(void **state)
{
    certs_make(&certs);
    return 0;
}

static int remove_certs(void **state)
{
    certs_remove(&certs);
    return 0;
}

#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(ping_comes_back),
        WORLD_TEST(call_is_answered),
        WORLD_TEST(refusal_has_its_status_and_text),
        WORLD_TEST(call_is_canceled),
        WORLD_TEST(tls_needs_a_target_that_speaks_h2),
        WORLD_TEST(broken_targets_fail_with_a_sentence),
        WORLD_TEST(message_ends_at_its_limit),
    };
    return cmocka_run_group_tests(tests, make_certs, remove_certs);
}
