/* HTTP/2 under TLS: pages and calls of one listener, as browsers and gRPC clients come to it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/mem.h"
#include "net/server.h"
#include "test/lib/certs.h"
#include "test/lib/grpcd.h"
#include "test/lib/h2_client.h"

static struct certs certs;

struct fixture {
    struct httpd *d;
    struct tls_context *tls;
    struct h2_client *c;
};

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

static int set_up(void **state)
{
    struct fixture *f = mem_zalloc(1, sizeof(*f));
    const struct tls_options options = { .cert_file = certs.server,
                                         .key_file = certs.server_key,
                                         .trusted_ca_file = certs.ca };
    assert_int_equal(tls_context_new(&options, &f->tls, NULL), OK);
    f->d = grpcd_new(1, NULL, true);
    httpd_listen(f->d, "https://127.0.0.1:0", f->tls, false);
    httpd_run(f->d);
    struct client *c = client_tcp(f->d->port);
    assert_true(client_start_tls(c, &(struct client_tls){ .ca_file = certs.ca,
                                                          .cert_file = certs.client,
                                                          .key_file = certs.client_key,
                                                          .alpn = "h2" }));
    assert_string_equal(client_alpn(c), "h2");
    f->c = h2_client_on(c, NULL);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    h2_client_free(f->c);
    httpd_free(f->d);
    tls_context_unref(f->tls);
    mem_free(f);
    return 0;
}

static void page_comes_over_tls(void **state)
{
    struct fixture *f = *state;
    struct h2_stream *s = h2_get(f->c, "GET", "/hello");
    assert_true(h2_wait_closed(s));
    assert_int_equal(h2_status(s), 200);
    assert_memory_equal(s->body.p, "hello", 5);
}

static void handler_is_told_the_name_in_the_certificate(void **state)
{
    struct fixture *f = *state;
    struct h2_stream *s = h2_get(f->c, "GET", "/who");
    assert_true(h2_wait_closed(s));
    assert_true(bytes_is(buf_bytes(&s->body), "client"));
}

static void call_is_answered_on_the_same_connection(void **state)
{
    struct fixture *f = *state;
    struct h2_stream *s = h2_get(f->c, "GET", "/hello");
    assert_true(h2_wait_closed(s));
    s = h2_unary(f->c, "/test.Echo/Echo", bytes_str("x"));
    assert_int_equal(h2_grpc_status(s), GRPC_OK);
    assert_true(bytes_is(h2_message(s, 0), "x"));
}

static void large_answer_comes_whole_over_tls(void **state)
{
    struct fixture *f = *state;
    struct h2_stream *s = h2_unary(f->c, "/test.Echo/Big", bytes_str("8000000"));
    assert_int_equal(h2_grpc_status(s), GRPC_OK);
    assert_int_equal(h2_message(s, 0).n, 8000000);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(page_comes_over_tls),
        TEST(handler_is_told_the_name_in_the_certificate),
        TEST(call_is_answered_on_the_same_connection),
        TEST(large_answer_comes_whole_over_tls),
    };
    return cmocka_run_group_tests(tests, make_certs, remove_certs);
}
