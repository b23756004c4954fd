/* The face on a kernel of its own, over real sockets. */
#include "faces/native/face.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "net/http_download.h"
#include "net/server.h"
#include "replica/restore.h"
#include "test/lib/client.h"
#include "test/lib/kernel.h"

struct running {
    struct kernel k;
    struct native_face *face;
    struct net_server *server;
    struct net_service service;
    void *contexts[1];
    uint16_t port;
    const char *reasons; /* why it is not ready */
    char url[100];
};

static void show_metrics(void *ctx, struct buf *out)
{
    struct running *r = ctx;
    metrics_render(r->k.metrics, out);
}

static void say_reasons(void *ctx, struct buf *out)
{
    const struct running *r = ctx;
    buf_put_str(out, r->reasons);
}

static void open_face(void *ctx)
{
    struct running *r = ctx;
    struct native_options options = { .render_metrics = show_metrics,
                                      .not_ready = say_reasons,
                                      .ctx = r };
    struct endpoint at;
    struct why why;
    r->face = native_face_new(r->k.hub, &options);
    r->contexts[0] = r->face;
    r->service =
        (struct net_service){ .name = "native", .http = &native_http, .contexts = r->contexts };
    r->server = net_server_new(&r->k.loop, 1, r->k.metrics);
    assert_int_equal(endpoint_parse(bytes_str("127.0.0.1:0"), &at, &why), OK);
    assert_int_equal(net_server_listen(r->server, &at, &r->service, NULL, &r->port, &why), OK);
    snprintf(r->url, sizeof r->url, "http://127.0.0.1:%u/api/v1/cluster/snapshot", r->port);
}

static void close_face(void *ctx)
{
    struct running *r = ctx;
    net_server_free(r->server);
    native_face_free(r->face);
}

static int start(void **state)
{
    struct running *r = calloc(1, sizeof *r);
    kernel_init(&r->k, NULL);
    r->k.made = open_face;
    r->k.ended = close_face;
    r->k.ctx = r;
    r->reasons = "";
    kernel_start(&r->k);
    *state = r;
    return 0;
}

static int stop(void **state)
{
    struct running *r = *state;
    kernel_stop(&r->k, true);
    kernel_fini(&r->k);
    free(r);
    return 0;
}

/* The whole answer to REQUEST ("GET /x"), with MORE header lines. */
static const char *ask(struct running *r, const char *request, const char *more)
{
    static char text[1 << 20];
    struct client *c = client_tcp(r->port);
    char head[1000];
    snprintf(head, sizeof head, "%s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nConnection: close\r\n%s\r\n",
             request, r->port, more);
    client_send_str(c, head);
    assert_true(client_read_to_end(c));
    struct bytes got = client_received(c);
    assert_true(got.n < sizeof text);
    memcpy(text, got.p, got.n);
    text[got.n] = 0;
    client_close(c);
    return text;
}

static void assert_answers(const char *answer, const char *status, const char *part)
{
    if (strncmp(answer + 9, status, 3) != 0 || strstr(answer, part) == NULL)
        fail_msg("not %s with '%s': %s", status, part, answer);
}

/* -- health -------------------------------------------------------------------------------------
 */

static void healthz_says_that_the_process_answers(void **state)
{
    assert_answers(ask(*state, "GET /healthz", ""), "200", "\r\n\r\nok\n");
}

static void readyz_is_ok_when_there_is_no_reason_against_it(void **state)
{
    assert_answers(ask(*state, "GET /readyz", ""), "200", "\r\n\r\nok\n");
    assert_answers(ask(*state, "GET /readyz", "Accept: application/json\r\n"), "200",
                   "{\"ready\":true,\"reasons\":[]}");
}

static void readyz_gives_every_reason(void **state)
{
    struct running *r = *state;
    r->reasons = "stopping\ndisk nearly full\n";
    assert_answers(ask(r, "GET /readyz", ""), "503", "\r\n\r\nstopping\ndisk nearly full\n");
    assert_answers(ask(r, "GET /readyz", "Accept: text/html, application/json;q=0.9\r\n"), "503",
                   "{\"ready\":false,\"reasons\":[\"stopping\",\"disk nearly full\"]}");
}

static void console_that_is_not_built_says_so(void **state)
{
    struct running *r = *state;
    assert_non_null(strstr(ask(r, "GET /ui/", ""), "501 Not Implemented"));
    assert_non_null(strstr(ask(r, "GET /ui", ""), "this build has no console"));
}

static void metrics_are_prometheus_text(void **state)
{
    struct running *r = *state;
    metric_add(metric_counter(r->k.metrics, "asked_total", "Asked."), 3);
    const char *answer = ask(r, "GET /metrics", "");
    assert_answers(answer, "200", "content-type: text/plain; version=0.0.4; charset=utf-8\r\n");
    assert_answers(answer, "200", "\nasked_total 3\n");
}

/* -- what there is not --------------------------------------------------------------------------
 */

static void an_unknown_path_is_a_problem(void **state)
{
    const char *answer = ask(*state, "GET /nothing", "");
    assert_answers(answer, "404", "content-type: application/problem+json\r\n");
    assert_answers(answer, "404", "\"type\":\"/problems/not-found\"");
}

static void a_path_is_matched_whole(void **state)
{
    assert_answers(ask(*state, "GET /healthz/", ""), "404", "not-found");
    assert_answers(ask(*state, "GET /health", ""), "404", "not-found");
    assert_answers(ask(*state, "GET /healthz?verbose=1", ""), "200", "ok");
}

static void another_method_is_told_what_is_allowed(void **state)
{
    const char *answer = ask(*state, "POST /healthz", "Content-Length: 0\r\n");
    assert_answers(answer, "405", "allow: GET, HEAD\r\n");
    assert_answers(answer, "405", "\"detail\":\"this path answers GET, HEAD\"");
}

static void head_gets_the_length_and_no_body(void **state)
{
    const char *answer = ask(*state, "HEAD /healthz", "");
    assert_answers(answer, "200", "content-length: 3\r\n");
    assert_string_equal(strstr(answer, "\r\n\r\n"), "\r\n\r\n");
}

static void head_makes_no_snapshot(void **state)
{
    assert_answers(ask(*state, "HEAD /api/v1/cluster/snapshot", ""), "405", "allow: GET\r\n");
}

static void a_foreign_host_is_refused(void **state)
{
    struct running *r = *state;
    struct client *c = client_tcp(r->port);
    client_send_str(c, "GET /metrics HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n");
    assert_true(client_read_to_end(c));
    assert_true(client_has(c, "HTTP/1.1 421 "));
    assert_false(client_has(c, "# HELP"));
    client_close(c);
}

/* -- snapshots ----------------------------------------------------------------------------------
 */

struct download {
    struct running *r;
    FILE *file;
    uint64_t bytes, stop_at;
    bool ask_again; /* once, while this one runs */
    char again[600];
};

static enum err refuse_piece(void *ctx, struct bytes piece)
{
    return ERR_CANCELED;
}

static enum err take_piece(void *ctx, struct bytes piece)
{
    struct download *d = ctx;
    d->bytes += piece.n;
    if (d->file != NULL && fwrite(piece.p, 1, piece.n, d->file) != piece.n)
        return ERR_IO;
    if (d->ask_again) {
        struct why why = { "" };
        d->ask_again = false;
        assert_int_equal(http_download(d->r->url, refuse_piece, NULL, &why), ERR_INVALID);
        snprintf(d->again, sizeof d->again, "%s", why.text);
    }
    return d->stop_at != 0 && d->bytes >= d->stop_at ? ERR_CANCELED : OK;
}

/* Downloads into a file of the kernel's folder and reads every checksum of it. */
static void assert_whole(struct running *r, struct download *d, struct snapshot_facts *ret)
{
    char path[600];
    struct why why = { "" };
    snprintf(path, sizeof path, "%s/downloaded", r->k.dir);
    d->r = r;
    d->file = fopen(path, "wb");
    assert_non_null(d->file);
    enum err e = http_download(r->url, take_piece, d, &why);
    fclose(d->file);
    if (e == OK)
        e = snapshot_verify(fs_posix(), path, ret, &why);
    if (e != OK)
        fail_msg("%s", why.text);
}

static void fill(struct running *r, unsigned values, size_t bytes)
{
    char *value = malloc(bytes + 1), key[32];
    memset(value, 'v', bytes);
    value[bytes] = 0;
    for (unsigned i = 0; i < values; i++) {
        snprintf(key, sizeof key, "key-%u", i);
        kernel_put(&r->k, key, value, 0);
    }
    free(value);
}

static void a_snapshot_holds_the_present_revision(void **state)
{
    struct running *r = *state;
    struct snapshot_facts facts = { 0 };
    fill(r, 3, 10);
    assert_whole(r, &(struct download){ 0 }, &facts);
    assert_int_equal(facts.revision, kernel_revision(&r->k));
}

/* 24 MiB and a reader that stops for a while: more than may be on its way at once. */
static void a_large_snapshot_comes_whole_and_another_is_busy_meanwhile(void **state)
{
    struct running *r = *state;
    struct snapshot_facts facts = { 0 };
    struct download d = { .ask_again = true };
    fill(r, 24, 1 << 20);
    assert_whole(r, &d, &facts);
    assert_true(facts.bytes > 24 << 20);
    assert_non_null(strstr(d.again, "answered 503"));
}

static void a_client_that_goes_away_leaves_no_snapshot_behind(void **state)
{
    struct running *r = *state;
    struct download d = { .stop_at = 1 };
    struct why why = { "" };
    fill(r, 24, 1 << 20);
    assert_int_equal(http_download(r->url, take_piece, &d, &why), ERR_CANCELED);
    uint64_t end = clock_now_ns() + (uint64_t)LOOPS_DEADLINE_MS * 1000000;
    enum err e;
    do { /* busy until the server has seen it */
        d = (struct download){ 0 };
        e = http_download(r->url, take_piece, &d, &why);
    } while (e == ERR_INVALID && clock_now_ns() < end);
    assert_int_equal(e, OK);
}

static void a_server_may_stop_while_a_snapshot_is_sent(void **state)
{
    struct running *r = *state;
    fill(r, 24, 1 << 20);
    struct client *c = client_tcp(r->port);
    client_send_str(c, "GET /api/v1/cluster/snapshot HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert_true(client_read_until(c, "\r\n\r\n"));
    kernel_stop(&r->k, true);
    client_close(c);
    kernel_start(&r->k); /* for the fixture's stop */
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        TEST(healthz_says_that_the_process_answers),
        TEST(readyz_is_ok_when_there_is_no_reason_against_it),
        TEST(readyz_gives_every_reason),
        TEST(metrics_are_prometheus_text),
        TEST(console_that_is_not_built_says_so),
        TEST(an_unknown_path_is_a_problem),
        TEST(a_path_is_matched_whole),
        TEST(another_method_is_told_what_is_allowed),
        TEST(head_gets_the_length_and_no_body),
        TEST(head_makes_no_snapshot),
        TEST(a_foreign_host_is_refused),
        TEST(a_snapshot_holds_the_present_revision),
        TEST(a_large_snapshot_comes_whole_and_another_is_busy_meanwhile),
        TEST(a_client_that_goes_away_leaves_no_snapshot_behind),
        TEST(a_server_may_stop_while_a_snapshot_is_sent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
