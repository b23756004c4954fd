/* Requests and answers over a carrier that only writes down what it is told. */
#include "net/http.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <string.h>

#include "net/http_ops.h"

static struct buf told;

static void note_head(struct http_request *r, int status, const struct http_header *headers,
                      size_t n, uint64_t length)
{
    if (length == HTTP_LENGTH_UNKNOWN)
        buf_printf(&told, "%d pieces", status);
    else
        buf_printf(&told, "%d %llu", status, (unsigned long long)length);
    for (size_t i = 0; i < n; i++)
        buf_printf(&told, "|%.*s=%.*s", (int)headers[i].name.n, (const char *)headers[i].name.p,
                   (int)headers[i].value.n, (const char *)headers[i].value.p);
    buf_put_str(&told, "|");
}

static void note_body(struct http_request *r, struct bytes piece)
{
    buf_printf(&told, "[%.*s]", (int)piece.n, (const char *)piece.p);
}

static void note_end(struct http_request *r)
{
    buf_put_str(&told, ".");
}

static void note_abort(struct http_request *r)
{
    buf_put_str(&told, "!");
}

static size_t note_pending(const struct http_request *r)
{
    return 42;
}

static const struct http_ops ops = { note_head, note_body, note_end, note_abort, note_pending };

static void say_hello(struct http_request *r)
{
    http_respond(r, 200, "text/plain", NULL, 0, bytes_str("hello"));
}

static const char *const names[] = { "muster.internal", NULL };
static struct http_service http = { .handle = say_hello, .check_host = true, .hosts = names };
static int context;
static struct net_service service = { .name = "test", .http = &http };
static struct serve serve = { .service = &service, .context = &context };
static struct http_request r;
static struct http_header host = { { (const uint8_t *)"host", 4 }, { NULL, 0 } };

static int set_up(void **state)
{
    buf_init(&told, 1 << 20);
    http = (struct http_service){ .handle = say_hello, .check_host = true, .hosts = names };
    service.http = &http;
    http_request_init(&r, &ops, &serve);
    r.method = bytes_str("GET");
    http_split_target(bytes_str("/a/b?x=1"), &r.path, &r.query);
    host.value = bytes_str("localhost");
    r.headers = &host;
    r.header_n = 1;
    r.peer = "127.0.0.1:5";
    return 0;
}

static int tear_down(void **state)
{
    http_request_fini(&r);
    buf_fini(&told);
    return 0;
}

static void assert_told(const char *expected)
{
    struct bytes got = buf_bytes(&told);
    if (!bytes_is(got, expected))
        fail_msg("'%.*s' instead of '%s'", (int)got.n, (const char *)got.p, expected);
}

/* -- the request -- */

static void request_shows_what_the_carrier_filled_in(void **state)
{
    size_t n;
    assert_true(bytes_is(http_method(&r), "GET"));
    assert_true(bytes_is(http_path(&r), "/a/b"));
    assert_true(bytes_is(http_query(&r), "x=1"));
    assert_true(bytes_is(http_header(&r, "host"), "localhost"));
    assert_null(http_header(&r, "none").p);
    assert_ptr_equal(http_headers(&r, &n), &host);
    assert_int_equal(n, 1);
    assert_string_equal(http_peer(&r), "127.0.0.1:5");
    assert_ptr_equal(http_context(&r), &context);
}

static void target_without_a_path_is_the_root(void **state)
{
    http_split_target(bytes_str("?a=b"), &r.path, &r.query);
    assert_true(bytes_is(r.path, "/"));
    assert_true(bytes_is(r.query, "a=b"));
    http_split_target(bytes_str(""), &r.path, &r.query);
    assert_true(bytes_is(r.path, "/"));
    assert_int_equal(r.query.n, 0);
}

static void assert_param(const char *name, size_t at, const char *expected)
{
    struct bytes value;
    assert_true(http_query_get(&r, name, at, &value));
    assert_true(bytes_is(value, expected));
}

static void query_is_split_and_decoded(void **state)
{
    r.query = bytes_str("a=1&b=x+y%20z%2F&&c&%61=2&d=%zz%4");
    assert_param("a", 0, "1");
    assert_param("a", 1, "2");
    assert_param("b", 0, "x y z/");
    assert_param("c", 0, "");
    assert_param("d", 0, "%zz%4");
}

static void parameter_that_is_not_there_leaves_the_result_alone(void **state)
{
    struct bytes value = bytes_str("kept");
    assert_false(http_query_get(&r, "y", 0, &value));
    assert_false(http_query_get(&r, "x", 1, &value));
    assert_true(bytes_is(value, "kept"));
}

static void empty_query_has_no_parameters(void **state)
{
    struct bytes value;
    r.query = bytes_str("");
    assert_false(http_query_get(&r, "", 0, &value));
}

/* -- the host -- */

static void assert_host(const char *name, bool is_allowed)
{
    host.value = bytes_str(name);
    buf_clear(&told, SIZE_MAX);
    http_request_fini(&r);
    struct http_header *headers = r.headers;
    http_request_init(&r, &ops, &serve);
    r.method = bytes_str("GET");
    r.path = bytes_str("/");
    r.headers = headers;
    r.header_n = 1;
    http_request_dispatch(&r);
    bool was_allowed = bytes_starts(buf_bytes(&told), bytes_str("200"));
    if (was_allowed != is_allowed)
        fail_msg("host '%s' was %s", name, was_allowed ? "allowed" : "refused");
}

static void addresses_localhost_and_listed_names_are_allowed_hosts(void **state)
{
    assert_host("127.0.0.1", true);
    assert_host("10.1.2.3:8500", true);
    assert_host("[::1]:8500", true);
    assert_host("[fe80::1]", true);
    assert_host("localhost", true);
    assert_host("LOCALHOST:1", true);
    assert_host("Muster.Internal:80", true);
    assert_host("", true);
}

static void other_hosts_are_misdirected(void **state)
{
    assert_host("evil.example", false);
    assert_host("localhost.evil.example", false);
    assert_host("127.0.0.1.evil.example:80", false);
    assert_host("::1", false);
    assert_host("muster.internal.evil.example", false);
    assert_told("421 19|content-type=text/plain; charset=utf-8|[Misdirected Request].");
}

static void host_is_not_looked_at_unless_asked(void **state)
{
    http.check_host = false;
    assert_host("evil.example", true);
}

/* -- the answer -- */

static void whole_answer_has_its_length(void **state)
{
    http_request_dispatch(&r);
    assert_told("200 5|content-type=text/plain|[hello].");
}

static void headers_of_the_handler_follow_the_type(void **state)
{
    const struct http_header more = { bytes_str("x-a"), bytes_str("b") };
    http_respond(&r, 201, "text/plain", &more, 1, bytes_str("x"));
    assert_told("201 1|content-type=text/plain|x-a=b|[x].");
}

static void head_gets_the_length_without_the_body(void **state)
{
    r.method = bytes_str("HEAD");
    http_request_dispatch(&r);
    assert_told("200 5|content-type=text/plain|.");
}

static void no_content_has_no_body(void **state)
{
    http_respond(&r, 204, NULL, NULL, 0, bytes_str("dropped"));
    assert_told("204 0|.");
}

static void pieces_are_written_as_they_come(void **state)
{
    http_respond_start(&r, 200, "text/event-stream", NULL, 0);
    http_respond_write(&r, bytes_str("one"));
    http_respond_write(&r, bytes_str(""));
    http_respond_write(&r, bytes_str("two"));
    assert_int_equal(http_respond_pending(&r), 42);
    http_respond_end(&r);
    assert_told("200 pieces|content-type=text/event-stream|[one][two].");
}

static void aborted_answer_has_no_end(void **state)
{
    http_respond_start(&r, 200, NULL, NULL, 0);
    http_respond_abort(&r);
    assert_told("200 pieces|!");
}

static void without_a_service_everything_is_not_found(void **state)
{
    service.http = NULL;
    http_request_dispatch(&r);
    assert_told("404 9|content-type=text/plain; charset=utf-8|[Not Found].");
}

static size_t of_path(struct http_request *request)
{
    return http_path(request).n;
}

static void body_limit_is_the_services_or_a_mebibyte(void **state)
{
    assert_int_equal(http_body_max(&r), 1024 * 1024);
    http.body_max = 7;
    assert_int_equal(http_body_max(&r), 7);
    http.body_max_of = of_path;
    r.path = bytes_str("/abc");
    assert_int_equal(http_body_max(&r), 4);
    http.body_max_of = NULL;
    service.http = NULL;
    assert_int_equal(http_body_max(&r), 1024 * 1024);
}

/* -- watching -- */

static void count_up(void *self)
{
    ++*(unsigned *)self;
}

static void watcher_is_told_that_the_client_is_gone_once(void **state)
{
    unsigned gone = 0;
    http_watch(&r, &gone, NULL, count_up);
    http_request_gone(&r);
    http_request_gone(&r);
    assert_int_equal(gone, 1);
}

static void watcher_is_not_told_after_the_answer(void **state)
{
    unsigned gone = 0;
    http_watch(&r, &gone, count_up, count_up);
    http_request_dispatch(&r);
    http_request_drained(&r);
    http_request_gone(&r);
    assert_int_equal(gone, 0);
}

static void watcher_is_told_to_go_on(void **state)
{
    unsigned drained = 0;
    http_watch(&r, &drained, count_up, NULL);
    http_request_drained(&r);
    assert_int_equal(drained, 1);
}

static void statuses_have_their_names(void **state)
{
    assert_string_equal(http_status_name(404), "Not Found");
    assert_string_equal(http_status_name(599), "Unknown");
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(request_shows_what_the_carrier_filled_in),
        T(target_without_a_path_is_the_root),
        T(query_is_split_and_decoded),
        T(parameter_that_is_not_there_leaves_the_result_alone),
        T(empty_query_has_no_parameters),
        T(addresses_localhost_and_listed_names_are_allowed_hosts),
        T(other_hosts_are_misdirected),
        T(host_is_not_looked_at_unless_asked),
        T(whole_answer_has_its_length),
        T(headers_of_the_handler_follow_the_type),
        T(head_gets_the_length_without_the_body),
        T(no_content_has_no_body),
        T(pieces_are_written_as_they_come),
        T(aborted_answer_has_no_end),
        T(without_a_service_everything_is_not_found),
        T(body_limit_is_the_services_or_a_mebibyte),
        T(watcher_is_told_that_the_client_is_gone_once),
        T(watcher_is_not_told_after_the_answer),
        T(watcher_is_told_to_go_on),
        T(statuses_have_their_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
