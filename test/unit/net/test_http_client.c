/* One request to targets that behave, and to those that do not. */
#include "net/http_client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/tls.h"
#include "net/tls_client.h"
#include "test/lib/caller.h"
#include "test/lib/certs.h"
#include "test/lib/httpd.h"
#include "test/lib/target.h"

static struct certs certs;

struct world {
    struct caller_rig rig;
    bool is_done;
    int status;
    char failure[300], reason[64], body[200];
    uint64_t body_total;
};

static int set_up(void **state)
{
    static struct world w;
    w = (struct world){ 0 };
    caller_start(&w.rig, certs.ca);
    *state = &w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    assert_true(caller_stop(&w->rig));
    return 0;
}

static void on_answer(void *ctx, const struct http_answer *a)
{
    struct world *w = ctx;
    assert_false(w->is_done);
    w->is_done = true;
    w->status = a->status;
    w->body_total = a->body_total;
    snprintf(w->failure, sizeof(w->failure), "%s", a->failure != NULL ? a->failure : "");
    snprintf(w->reason, sizeof(w->reason), "%.*s", (int)a->reason.n, (const char *)a->reason.p);
    snprintf(w->body, sizeof(w->body), "%.*s", (int)a->body.n, (const char *)a->body.p);
}

/* To PATH at PORT; what the rest of ASK does not say is ordinary. */
static void ask(struct world *w, struct http_ask ask, const char *scheme, uint16_t port,
                const char *path)
{
    char url[200];
    snprintf(url, sizeof(url), "%s:%u%s", scheme, port, path);
    ask.url = bytes_str(url);
    if (ask.body_max == 0)
        ask.body_max = 100;
    if (ask.body_until == 0)
        ask.body_until = 64 * 1024;
    w->is_done = false;
    http_call_start(w->rig.dialer, &ask, on_answer, w);
    assert_false(w->is_done); /* never inside the call that asked */
    assert_true(loops_run_until_set(w->rig.loop, &w->is_done, LOOPS_DEADLINE_MS));
}

static void ask_target(struct world *w, struct target *t, const char *path)
{
    ask(w, (struct http_ask){ 0 }, "http://127.0.0.1", target_port(t), path);
}

/* -- targets ----------------------------------------------------------------------------------- */

/* Answers with its context. */
static void serve_text(struct target *t, int fd)
{
    if (target_read(t, fd) && target_write(fd, target_ctx(t)))
        target_hold(fd);
}

/* The same, and closes. */
static void serve_text_and_close(struct target *t, int fd)
{
    if (target_read(t, fd))
        target_write(fd, target_ctx(t));
}

static void serve_text_unasked(struct target *t, int fd)
{
    if (target_write(fd, target_ctx(t)))
        target_hold(fd);
}

static void serve_reset(struct target *t, int fd)
{
    if (target_read(t, fd))
        target_reset(fd);
}

static void serve_gigabyte(struct target *t, int fd)
{
    static char piece[64 * 1024];
    bool goes_on = target_read(t, fd) &&
                   target_write(fd, "HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n");
    memset(piece, 'x', sizeof(piece));
    for (int i = 0; goes_on && i < 16 * 1024; i++)
        goes_on = target_write_bytes(fd, piece, sizeof(piece));
}

static void serve_endless_head(struct target *t, int fd)
{
    bool goes_on = target_read(t, fd) && target_write(fd, "HTTP/1.1 200 OK\r\n");
    for (int i = 0; goes_on && i < 1000 * 1000; i++)
        goes_on = target_write(fd, "X-Header: and another one of many\r\n");
}

static void serve_silence(struct target *t, int fd)
{
    (void)t;
    target_hold(fd);
}

/* /0 leads to /1, and so on up to what the context says. */
static void serve_chain(struct target *t, int fd)
{
    char text[200];
    if (!target_read(t, fd))
        return;
    int at = (int)strtol(strchr(target_request(t), '/') + 1, NULL, 10);
    if (at < *(const int *)target_ctx(t))
        snprintf(text, sizeof(text), "HTTP/1.1 302 Found\r\nLocation: /%d\r\n\r\n", at + 1);
    else
        snprintf(text, sizeof(text), "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    target_write(fd, text);
}

/* Once a redirect of the status in the context, then what was asked as the body. */
static void serve_redirect_then_echo(struct target *t, int fd)
{
    char text[8 * 1024];
    if (!target_read(t, fd))
        return;
    const char *request = target_request(t);
    if (strstr(request, " /first ") != NULL)
        snprintf(text, sizeof(text), "HTTP/1.1 %s\r\nContent-Length: 0\r\n\r\n",
                 (const char *)target_ctx(t));
    else
        snprintf(text, sizeof(text), "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s",
                 strlen(request), request);
    target_write(fd, text);
}

/* -- those that behave ------------------------------------------------------------------------- */

static void answer_is_told(void **state)
{
    struct world *w = *state;
    struct httpd *h = httpd_start(1, NULL);
    ask(w, (struct http_ask){ 0 }, "http://127.0.0.1", h->port, "/hello");
    assert_string_equal(w->failure, "");
    assert_int_equal(w->status, 200);
    assert_string_equal(w->reason, "OK");
    assert_string_equal(w->body, "hello");
    ask(w, (struct http_ask){ 0 }, "http://127.0.0.1", h->port, "/nothing");
    assert_int_equal(w->status, 404);
    httpd_free(h);
}

static void request_is_as_consuls(void **state)
{
    struct world *w = *state;
    struct target *t = target_start(serve_redirect_then_echo, NULL);
    char host[40];
    ask(w, (struct http_ask){ .body_max = 199 }, "http://127.0.0.1", target_port(t), "/x?y=z");
    snprintf(host, sizeof(host), "Host: 127.0.0.1:%u\r\n", target_port(t));
    assert_non_null(strstr(w->body, "GET /x?y=z HTTP/1.1\r\n"));
    assert_non_null(strstr(w->body, host));
    assert_non_null(strstr(w->body, "User-Agent: Consul Health Check\r\n"));
    assert_non_null(strstr(w->body, "Accept: text/plain, text/*, */*\r\n"));
    assert_non_null(strstr(w->body, "Connection: close\r\n"));
    target_stop(t);
}

static void method_headers_and_body_are_sent(void **state)
{
    struct world *w = *state;
    struct target *t = target_start(serve_redirect_then_echo, NULL);
    const struct http_header headers[] = { { bytes_str("Host"), bytes_str("web.internal") },
                                           { bytes_str("X-A"), bytes_str("1\r\nX-B: 2") },
                                           { bytes_str("accept"), bytes_str("*/*") } };
    ask(w,
        (struct http_ask){ .method = bytes_str("POST"),
                           .headers = headers,
                           .header_n = 3,
                           .body = bytes_str("{\"a\":1}"),
                           .body_max = 199 },
        "http://127.0.0.1", target_port(t), "/x");
    assert_non_null(strstr(w->body, "POST /x HTTP/1.1\r\nHost: web.internal\r\n"));
    assert_non_null(strstr(w->body, "\r\nX-A: 1  X-B: 2\r\n"));
    assert_null(strstr(w->body, "Accept:"));
    assert_non_null(strstr(w->body, "Content-Length: 7\r\n\r\n{\"a\":1}"));
    target_stop(t);
}

/* -- redirects --------------------------------------------------------------------------------- */

static void ten_redirects_are_followed_and_one_more_is_not(void **state)
{
    struct world *w = *state;
    const int ten = 10, eleven = 11;
    struct target *t = target_start(serve_chain, &ten);
    ask_target(w, t, "/0");
    assert_string_equal(w->failure, "");
    assert_string_equal(w->body, "ok");
    assert_int_equal(target_count(t), 11);
    target_stop(t);
    t = target_start(serve_chain, &eleven);
    ask_target(w, t, "/0");
    assert_string_equal(w->failure, "stopped after 10 redirects");
    assert_int_equal(target_count(t), 11);
    target_stop(t);
}

static void redirect_is_the_answer_when_none_is_wanted(void **state)
{
    struct world *w = *state;
    const int ten = 10;
    struct target *t = target_start(serve_chain, &ten);
    ask(w, (struct http_ask){ .no_redirects = true }, "http://127.0.0.1", target_port(t), "/0");
    assert_int_equal(w->status, 302);
    assert_int_equal(target_count(t), 1);
    target_stop(t);
}

static void post_becomes_get_or_stays(void **state)
{
    struct world *w = *state;
    const struct http_ask post = { .method = bytes_str("POST"),
                                   .body = bytes_str("body"),
                                   .body_max = 199 };
    struct target *t = target_start(serve_redirect_then_echo, "303 See Other\r\nLocation: /next");
    ask(w, post, "http://127.0.0.1", target_port(t), "/first");
    assert_non_null(strstr(w->body, "GET /next HTTP/1.1"));
    assert_null(strstr(w->body, "body"));
    target_stop(t);
    t = target_start(serve_redirect_then_echo, "307 Temporary\r\nLocation: /next");
    ask(w, post, "http://127.0.0.1", target_port(t), "/first");
    assert_non_null(strstr(w->body, "POST /next HTTP/1.1"));
    assert_non_null(strstr(w->body, "\r\n\r\nbody"));
    target_stop(t);
}

static void secrets_do_not_follow_to_another_host(void **state)
{
    struct world *w = *state;
    const struct http_header headers[] = { { bytes_str("authorization"), bytes_str("secret") } };
    const struct http_ask with = { .headers = headers, .header_n = 1, .body_max = 199 };
    struct target *to = target_start(serve_redirect_then_echo, NULL);
    char location[100];
    snprintf(location, sizeof(location), "302 Found\r\nLocation: http://127.0.0.1:%u/next",
             target_port(to));
    struct target *t = target_start(serve_redirect_then_echo, location);
    ask(w, with, "http://127.0.0.1", target_port(t), "/first");
    assert_non_null(strstr(w->body, "GET /next"));
    assert_null(strstr(w->body, "secret"));
    target_stop(t);
    target_stop(to);
    t = target_start(serve_redirect_then_echo, "302 Found\r\nLocation: next");
    ask(w, with, "http://127.0.0.1", target_port(t), "/first");
    assert_non_null(strstr(w->body, "secret"));
    target_stop(t);
}

static void redirect_to_what_is_no_url_fails(void **state)
{
    struct world *w = *state;
    struct target *t = target_start(serve_text, "HTTP/1.1 302 Found\r\nLocation: http://\r\n\r\n");
    ask_target(w, t, "/");
    assert_string_equal(w->failure, "no host in the URL");
    target_stop(t);
}

/* -- those that do not behave ------------------------------------------------------------------ */

static void gigabyte_is_not_read(void **state)
{
    struct world *w = *state;
    struct target *t = target_start(serve_gigabyte, NULL);
    ask_target(w, t, "/");
    assert_string_equal(w->failure, "");
    assert_int_equal(w->status, 200);
    assert_int_equal(strlen(w->body), 100);
    assert_true(w->body_total > 64 * 1024 && w->body_total < 1024 * 1024);
    assert_true(caller_wait_gone(&w->rig));
    target_stop(t);
}

static void endless_head_is_given_up(void **state)
{
    struct world *w = *state;
    struct target *t = target_start(serve_endless_head, NULL);
    ask_target(w, t, "/");
    assert_string_equal(w->failure, "the answer's head is too large");
    target_stop(t);
}

static void silence_is_canceled(void **state)
{
    struct world *w = *state;
    struct target *t = target_start(serve_silence, NULL);
    char url[100];
    snprintf(url, sizeof(url), "http://127.0.0.1:%u/", target_port(t));
    struct http_call *c = http_call_start(
        w->rig.dialer, &(struct http_ask){ .url = bytes_str(url), .body_max = 10 }, on_answer, w);
    loops_run_turns(w->rig.loop, 5);
    http_call_cancel(c);
    assert_true(caller_wait_gone(&w->rig));
    assert_false(w->is_done);
    target_stop(t);
}

static void assert_fails(struct world *w, void (*serve)(struct target *t, int fd), const char *text,
                         const char *failure)
{
    struct target *t = target_start(serve, text);
    ask_target(w, t, "/");
    if (strstr(w->failure, failure) == NULL)
        fail_msg("'%s' and not '%s'", w->failure, failure);
    target_stop(t);
}

static void broken_answers_fail_with_a_sentence(void **state)
{
    struct world *w = *state;
    assert_fails(w, serve_reset, NULL, "reset");
    assert_fails(w, serve_text_and_close, "", "broke off");
    assert_fails(w, serve_text_and_close, "HTTP/1.1 200 OK\r\n", "broke off");
    assert_fails(w, serve_text_and_close, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc",
                 "broke off");
    assert_fails(w, serve_text_and_close,
                 "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", "broke off");
    assert_fails(w, serve_text, "HTTP/1.1 200 OK\r\nContent-Length: -9\r\n\r\nabc", "no HTTP/1.1");
    assert_fails(w, serve_text, "SSH-2.0-OpenSSH_9.2\r\n", "no HTTP/1.1");
}

static void more_than_was_announced_is_dropped(void **state)
{
    struct world *w = *state;
    struct target *t = target_start(serve_text, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nabc");
    ask_target(w, t, "/");
    assert_string_equal(w->body, "a");
    target_stop(t);
}

static void nobody_there_fails_with_a_sentence(void **state)
{
    struct world *w = *state;
    ask(w, (struct http_ask){ 0 }, "http://127.0.0.1", target_dead_port(), "/");
    assert_non_null(strstr(w->failure, "connection refused"));
    ask(w, (struct http_ask){ 0 }, "nonsense", 1, "/");
    assert_string_equal(w->failure, "a URL begins with http:// or https://");
    ask(w, (struct http_ask){ 0 },
        "http://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        1, "/");
    assert_non_null(strstr(w->failure, "lookup: "));
}

static void every_address_of_a_name_is_tried(void **state)
{
    struct world *w = *state;
    struct httpd *h = httpd_start(1, NULL); /* on 127.0.0.1, not on ::1 */
    ask(w, (struct http_ask){ 0 }, "http://localhost", h->port, "/hello");
    assert_string_equal(w->body, "hello");
    httpd_free(h);
}

/* -- TLS --------------------------------------------------------------------------------------- */

static struct httpd *start_tls(const char *cert, const char *key, struct tls_context **ret)
{
    struct why why = { "" };
    const struct tls_options options = { .cert_file = cert, .key_file = key };
    if (tls_context_new(&options, ret, &why) != OK)
        fail_msg("%s", why.text);
    struct httpd *h = httpd_new(1, NULL);
    httpd_listen(h, "https://127.0.0.1:0", *ret, false);
    httpd_run(h);
    return h;
}

/* Instead of those of the dialer. */
static void authorities_of_a_call_are_the_only_ones_trusted(void **state)
{
    struct world *w = *state;
    struct tls_context *tls;
    struct httpd *h = start_tls(certs.server, certs.server_key, &tls);
    const char *files[] = { certs.ca, certs.rogue };
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        struct tls_client *trust;
        struct why why;
        char pem[4000];
        FILE *f = fopen(files[i], "r");
        size_t n = fread(pem, 1, sizeof pem, f);
        fclose(f);
        assert_int_equal(tls_client_new_with(bytes_of(pem, n), &trust, &why), OK);
        ask(w, (struct http_ask){ .trust = trust }, "https://localhost", h->port, "/hello");
        tls_client_free(trust);
        assert_int_equal(w->status, i == 0 ? 200 : 0);
        assert_int_equal(w->failure[0] == 0, i == 0);
    }
    httpd_free(h);
    tls_context_unref(tls);
}

static void what_is_no_authority_is_refused(void **state)
{
    static const char *const texts[] = {
        "", "x", "-----BEGIN CERTIFICATE-----\nAAAA\n",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct tls_client *trust;
        struct why why = { "" };
        assert_int_equal(tls_client_new_with(bytes_str(texts[i]), &trust, &why), ERR_INVALID);
        assert_string_equal(why.text, "tls: these are no certificates in PEM");
    }
}

static void certificate_of_the_authority_is_trusted(void **state)
{
    struct world *w = *state;
    struct tls_context *tls;
    struct httpd *h = start_tls(certs.server, certs.server_key, &tls);
    ask(w, (struct http_ask){ 0 }, "https://127.0.0.1", h->port, "/hello");
    assert_string_equal(w->body, "hello");
    ask(w, (struct http_ask){ 0 }, "https://localhost", h->port, "/hello");
    assert_string_equal(w->body, "hello");
    httpd_free(h);
    tls_context_unref(tls);
}

static void certificate_for_another_name_is_refused(void **state)
{
    struct world *w = *state;
    struct tls_context *tls;
    struct httpd *h = start_tls(certs.server, certs.server_key, &tls);
    const struct http_ask other = { .tls_name = bytes_str("web.internal") };
    ask(w, other, "https://127.0.0.1", h->port, "/hello");
    assert_non_null(strstr(w->failure, "ostname mismatch"));
    httpd_free(h);
    tls_context_unref(tls);
}

static void certificate_of_nobody_is_refused_unless_any_will_do(void **state)
{
    struct world *w = *state;
    struct tls_context *tls;
    struct httpd *h = start_tls(certs.rogue, certs.rogue_key, &tls);
    ask(w, (struct http_ask){ 0 }, "https://127.0.0.1", h->port, "/hello");
    assert_non_null(strstr(w->failure, "self-signed certificate"));
    ask(w, (struct http_ask){ .tls_skip_verify = true }, "https://127.0.0.1", h->port, "/hello");
    assert_string_equal(w->body, "hello");
    httpd_free(h);
    tls_context_unref(tls);
}

static void plain_target_where_tls_is_asked_fails(void **state)
{
    struct world *w = *state;
    struct target *t = target_start(serve_text_unasked, "HTTP/1.1 400 Bad Request\r\n\r\n");
    ask(w, (struct http_ask){ 0 }, "https://127.0.0.1", target_port(t), "/");
    assert_non_null(strstr(w->failure, "tls: "));
    target_stop(t);
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
        WORLD_TEST(answer_is_told),
        WORLD_TEST(authorities_of_a_call_are_the_only_ones_trusted),
        WORLD_TEST(what_is_no_authority_is_refused),
        WORLD_TEST(request_is_as_consuls),
        WORLD_TEST(method_headers_and_body_are_sent),
        WORLD_TEST(ten_redirects_are_followed_and_one_more_is_not),
        WORLD_TEST(redirect_is_the_answer_when_none_is_wanted),
        WORLD_TEST(post_becomes_get_or_stays),
        WORLD_TEST(secrets_do_not_follow_to_another_host),
        WORLD_TEST(redirect_to_what_is_no_url_fails),
        WORLD_TEST(gigabyte_is_not_read),
        WORLD_TEST(endless_head_is_given_up),
        WORLD_TEST(silence_is_canceled),
        WORLD_TEST(broken_answers_fail_with_a_sentence),
        WORLD_TEST(more_than_was_announced_is_dropped),
        WORLD_TEST(nobody_there_fails_with_a_sentence),
        WORLD_TEST(every_address_of_a_name_is_tried),
        WORLD_TEST(certificate_of_the_authority_is_trusted),
        WORLD_TEST(certificate_for_another_name_is_refused),
        WORLD_TEST(certificate_of_nobody_is_refused_unless_any_will_do),
        WORLD_TEST(plain_target_where_tls_is_asked_fails),
    };
    return cmocka_run_group_tests(tests, make_certs, remove_certs);
}
