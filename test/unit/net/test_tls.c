/* TLS on listeners: versions, ALPN, client certificates, reload, plain bytes where none belong. */
#include "net/tls.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <string.h>

#include "net/conn.h"
#include "test/lib/certs.h"
#include "test/lib/httpd.h"

static struct certs certs;

struct world {
    struct tls_context *tls;
    struct httpd *h;
    struct client *c;
};

static struct world start(const struct tls_options *options, const struct net_limits *limits,
                          bool optional)
{
    struct world w = { NULL };
    struct why why = { "" };
    if (tls_context_new(options, &w.tls, &why) != OK)
        fail_msg("%s", why.text);
    w.h = httpd_new(1, limits);
    httpd_listen(w.h, optional ? "127.0.0.1:0" : "https://127.0.0.1:0", w.tls, optional);
    httpd_run(w.h);
    w.c = httpd_client(w.h);
    return w;
}

static struct tls_options plain_options(void)
{
    return (struct tls_options){ .cert_file = certs.server, .key_file = certs.server_key };
}

static struct world start_simple(void)
{
    struct tls_options options = plain_options();
    return start(&options, NULL, false);
}

static void stop(struct world *w)
{
    client_close(w->c);
    httpd_free(w->h);
    tls_context_unref(w->tls);
}

static void assert_hello(struct client *c)
{
    client_forget(c);
    assert_true(client_send_str(c, "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    assert_true(client_read_until(c, "\r\n\r\nhello"));
}

/* -- the handshake -- */

static void certificate_convinces_a_client_that_trusts_its_authority(void **state)
{
    struct world w = start_simple();
    assert_true(client_start_tls(w.c, &(struct client_tls){ .ca_file = certs.ca }));
    assert_hello(w.c);
    stop(&w);
}

static void http_1_1_is_agreed_on(void **state)
{
    struct world w = start_simple();
    assert_true(client_start_tls(w.c, &(struct client_tls){ .alpn = "http/1.1" }));
    assert_string_equal(client_alpn(w.c), "http/1.1");
    assert_hello(w.c);
    stop(&w);
}

static void h2_is_agreed_on(void **state)
{
    struct world w = start_simple();
    assert_true(client_start_tls(w.c, &(struct client_tls){ .alpn = "h2" }));
    assert_string_equal(client_alpn(w.c), "h2");
    stop(&w);
}

static void other_protocols_are_not_agreed_on(void **state)
{
    struct world w = start_simple();
    assert_true(client_start_tls(w.c, &(struct client_tls){ .alpn = "spdy/3" }));
    assert_string_equal(client_alpn(w.c), "");
    assert_hello(w.c);
    stop(&w);
}

static void tls_1_2_is_served(void **state)
{
    struct world w = start_simple();
    assert_true(client_start_tls(w.c, &(struct client_tls){ .version = TLS1_2_VERSION }));
    assert_hello(w.c);
    stop(&w);
}

static void tls_1_1_is_refused(void **state)
{
    struct world w = start_simple();
    assert_false(client_start_tls(w.c, &(struct client_tls){ .version = TLS1_1_VERSION }));
    stop(&w);
}

static void handshake_that_does_not_go_on_times_out(void **state)
{
    struct tls_options options = plain_options();
    const struct net_limits limits = { .header_timeout_ms = 100 };
    struct world w = start(&options, &limits, false);
    assert_true(client_send(w.c, "\x16\x03\x01", 3));
    assert_true(client_read_to_end(w.c));
    assert_int_equal(client_received(w.c).n, 0);
    stop(&w);
}

static void large_answer_passes_through_tls(void **state)
{
    struct world w = start_simple();
    assert_true(client_start_tls(w.c, &(struct client_tls){ 0 }));
    assert_true(client_send_str(w.c, "GET /big?n=5000000 HTTP/1.1\r\nHost: x\r\n\r\n"));
    assert_true(client_read_bytes(w.c, 5000000));
    assert_hello(w.c);
    stop(&w);
}

static void slow_reader_is_bounded_through_tls(void **state)
{
    struct world w = start_simple();
    assert_true(client_start_tls(w.c, &(struct client_tls){ 0 }));
    assert_true(client_send_str(
        w.c, "GET /stream?n=10000 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
    assert_true(client_read_to_end(w.c));
    assert_true(client_received(w.c).n > 10000 * 1024);
    assert_true(w.h->threads[0].most_pending <= CONN_OUT_HIGH + CONN_OUT_HIGH / 16);
    stop(&w);
}

static void large_body_passes_through_tls(void **state)
{
    enum { N = 500000 };
    static char body[N];
    struct world w = start_simple();
    memset(body, 'x', N);
    assert_true(client_start_tls(w.c, &(struct client_tls){ 0 }));
    assert_true(
        client_send_str(w.c, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 500000\r\n\r\n"));
    assert_true(client_send(w.c, body, N));
    assert_true(client_read_bytes(w.c, N));
    assert_true(client_has(w.c, "content-length: 500000\r\n"));
    stop(&w);
}

/* -- plain and TLS -- */

static void plain_request_to_a_tls_port_is_closed_without_a_word(void **state)
{
    struct world w = start_simple();
    client_send_str(w.c, "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert_true(client_read_to_end(w.c));
    assert_int_equal(client_received(w.c).n, 0);
    stop(&w);
}

static void one_port_serves_both_when_tls_is_optional(void **state)
{
    struct tls_options options = plain_options();
    struct world w = start(&options, NULL, true);
    assert_hello(w.c);
    struct client *secure = httpd_client(w.h);
    assert_true(client_start_tls(secure, &(struct client_tls){ .ca_file = certs.ca }));
    assert_hello(secure);
    client_close(secure);
    stop(&w);
}

static void garbage_after_a_tls_byte_ends_the_connection(void **state)
{
    struct world w = start_simple();
    static const char record[] = "\x16\x03\x01\x00\x05hello";
    assert_true(client_send(w.c, record, sizeof(record) - 1));
    assert_true(client_read_to_end(w.c));
    stop(&w);
}

/* -- client certificates -- */

static struct tls_options mutual_options(bool required)
{
    return (struct tls_options){ .cert_file = certs.server,
                                 .key_file = certs.server_key,
                                 .trusted_ca_file = certs.ca,
                                 .client_cert_auth = required };
}

/* In TLS 1.3 the client learns of a refusal only when it reads. */
static bool is_served(struct client *c, const struct client_tls *tls)
{
    return client_start_tls(c, tls) &&
           client_send_str(c, "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n") &&
           client_read_until(c, "hello");
}

static void client_with_a_good_certificate_is_served(void **state)
{
    struct tls_options options = mutual_options(true);
    struct world w = start(&options, NULL, false);
    assert_true(is_served(
        w.c, &(struct client_tls){ .cert_file = certs.client, .key_file = certs.client_key }));
    stop(&w);
}

static void name_in_the_certificate_reaches_the_handler(void **state)
{
    struct tls_options options = mutual_options(false);
    struct world w = start(&options, NULL, false);
    assert_true(is_served(
        w.c, &(struct client_tls){ .cert_file = certs.client, .key_file = certs.client_key }));
    assert_true(client_send_str(w.c, "GET /who HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    assert_true(client_read_until(w.c, "\r\n\r\nclient"));
    struct client *other = httpd_client(w.h);
    assert_true(client_start_tls(other, &(struct client_tls){ 0 }));
    assert_true(client_send_str(other, "GET /who HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    assert_true(client_read_until(other, "\r\n\r\nnobody"));
    client_close(other);
    stop(&w);
}

static void client_without_a_certificate_is_refused_where_one_is_asked(void **state)
{
    struct tls_options options = mutual_options(true);
    struct world w = start(&options, NULL, false);
    assert_false(is_served(w.c, &(struct client_tls){ 0 }));
    stop(&w);
}

static void client_with_a_certificate_of_its_own_making_is_refused(void **state)
{
    struct tls_options options = mutual_options(true);
    struct world w = start(&options, NULL, false);
    assert_false(is_served(
        w.c, &(struct client_tls){ .cert_file = certs.rogue, .key_file = certs.rogue_key }));
    stop(&w);
}

static void certificate_is_optional_unless_required(void **state)
{
    struct tls_options options = mutual_options(false);
    struct world w = start(&options, NULL, false);
    assert_true(is_served(w.c, &(struct client_tls){ 0 }));
    stop(&w);
}

static void bad_certificate_is_refused_even_if_none_is_required(void **state)
{
    struct tls_options options = mutual_options(false);
    struct world w = start(&options, NULL, false);
    assert_false(is_served(
        w.c, &(struct client_tls){ .cert_file = certs.rogue, .key_file = certs.rogue_key }));
    stop(&w);
}

/* -- reload -- */

static void running_connections_survive_a_reload(void **state)
{
    struct world w = start_simple();
    struct why why = { "" };
    assert_true(client_start_tls(w.c, &(struct client_tls){ .ca_file = certs.ca }));
    assert_hello(w.c);
    certs_renew_server(&certs);
    assert_int_equal(tls_context_reload(w.tls, &why), OK);
    assert_hello(w.c);
    struct client *fresh = httpd_client(w.h);
    assert_true(client_start_tls(fresh, &(struct client_tls){ .ca_file = certs.ca }));
    assert_hello(fresh);
    client_close(fresh);
    stop(&w);
}

static void failed_reload_keeps_the_old_certificates(void **state)
{
    struct world w = start_simple();
    struct why why = { "" };
    FILE *f = fopen(certs.server, "w");
    assert_non_null(f);
    fputs("no certificate\n", f);
    fclose(f);
    assert_int_equal(tls_context_reload(w.tls, &why), ERR_INVALID);
    assert_non_null(strstr(why.text, certs.server));
    assert_true(client_start_tls(w.c, &(struct client_tls){ .ca_file = certs.ca }));
    assert_hello(w.c);
    certs_renew_server(&certs);
    stop(&w);
}

/* -- what is refused at the start -- */

static void assert_no_context(const struct tls_options *options, enum err expected,
                              const char *because)
{
    struct tls_context *t;
    struct why why = { "" };
    assert_int_equal(tls_context_new(options, &t, &why), expected);
    assert_non_null(strstr(why.text, because));
}

static void missing_file_is_named(void **state)
{
    struct tls_options options = { .cert_file = "no-such.pem", .key_file = certs.server_key };
    assert_no_context(&options, ERR_IO, "no-such.pem");
}

static void key_of_another_certificate_is_refused(void **state)
{
    struct tls_options options = { .cert_file = certs.server, .key_file = certs.client_key };
    assert_no_context(&options, ERR_INVALID, certs.client_key);
}

static void certificate_without_a_key_is_refused(void **state)
{
    struct tls_options options = { .cert_file = certs.server };
    assert_no_context(&options, ERR_INVALID, "together");
}

static void client_certificates_without_an_authority_are_refused(void **state)
{
    struct tls_options options = plain_options();
    options.client_cert_auth = true;
    assert_no_context(&options, ERR_INVALID, "authority");
}

static void authority_that_is_no_certificate_is_named(void **state)
{
    struct tls_options options = plain_options();
    options.trusted_ca_file = certs.server_key;
    assert_no_context(&options, ERR_INVALID, certs.server_key);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(certificate_convinces_a_client_that_trusts_its_authority),
        cmocka_unit_test(http_1_1_is_agreed_on),
        cmocka_unit_test(h2_is_agreed_on),
        cmocka_unit_test(other_protocols_are_not_agreed_on),
        cmocka_unit_test(tls_1_2_is_served),
        cmocka_unit_test(tls_1_1_is_refused),
        cmocka_unit_test(handshake_that_does_not_go_on_times_out),
        cmocka_unit_test(large_answer_passes_through_tls),
        cmocka_unit_test(slow_reader_is_bounded_through_tls),
        cmocka_unit_test(large_body_passes_through_tls),
        cmocka_unit_test(plain_request_to_a_tls_port_is_closed_without_a_word),
        cmocka_unit_test(one_port_serves_both_when_tls_is_optional),
        cmocka_unit_test(garbage_after_a_tls_byte_ends_the_connection),
        cmocka_unit_test(client_with_a_good_certificate_is_served),
        cmocka_unit_test(name_in_the_certificate_reaches_the_handler),
        cmocka_unit_test(client_without_a_certificate_is_refused_where_one_is_asked),
        cmocka_unit_test(client_with_a_certificate_of_its_own_making_is_refused),
        cmocka_unit_test(certificate_is_optional_unless_required),
        cmocka_unit_test(bad_certificate_is_refused_even_if_none_is_required),
        cmocka_unit_test(running_connections_survive_a_reload),
        cmocka_unit_test(failed_reload_keeps_the_old_certificates),
        cmocka_unit_test(missing_file_is_named),
        cmocka_unit_test(key_of_another_certificate_is_refused),
        cmocka_unit_test(certificate_without_a_key_is_refused),
        cmocka_unit_test(client_certificates_without_an_authority_are_refused),
        cmocka_unit_test(authority_that_is_no_certificate_is_named),
    };
    return cmocka_run_group_tests(tests, make_certs, remove_certs);
}
