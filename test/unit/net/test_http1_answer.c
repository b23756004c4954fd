#include "net/http1_answer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/mem.h"

/* Fed at once, or byte by byte. */
static enum err feed(struct http1_answer *a, struct bytes in, size_t step)
{
    enum err e = OK;
    for (size_t at = 0; at < in.n && e == OK; at += step)
        e = http1_answer_feed(a, bytes_of(in.p + at, in.n - at < step ? in.n - at : step));
    return e;
}

struct row {
    const char *text;
    int status;
    const char *reason, *body;
    bool by_end; /* whole only when the peer ends */
};

static const struct row rows[] = {
    { "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", 200, "OK", "hi" },
    { "HTTP/1.1 204 No Content\r\n\r\n", 204, "No Content", "" },
    { "HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\r\n", 429, "Too Many Requests", "" },
    { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nh\r\n1\r\ni\r\n0\r\n\r\n", 200,
      "OK", "hi" },
    { "HTTP/1.0 200 OK\r\n\r\nhi", 200, "OK", "hi", true },
    { "HTTP/1.1 200 OK\r\n\r\nhi", 200, "OK", "hi", true },
    { "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", 200, "OK",
      "hi" },
    { "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi and more", 200, "OK", "hi" },
};

static void assert_row(const struct row *row, size_t step)
{
    struct http1_answer *a = http1_answer_new(false, 100);
    assert_int_equal(feed(a, bytes_str(row->text), step), OK);
    assert_true(http1_answer_has_head(a));
    assert_int_equal(http1_answer_is_whole(a), !row->by_end);
    assert_int_equal(http1_answer_end(a), OK);
    assert_int_equal(http1_answer_status(a), row->status);
    assert_true(bytes_is(http1_answer_reason(a), row->reason));
    assert_true(bytes_is(http1_answer_body(a), row->body));
    http1_answer_free(a);
}

static void answer_is_read(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_row(&rows[i], SIZE_MAX / 2);
}

static void answer_cut_at_every_byte_is_read(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_row(&rows[i], 1);
}

static void answer_that_breaks_off_is_truncated(void **state)
{
    const struct bytes text = bytes_str(rows[3].text);
    for (size_t n = 0; n < text.n; n++) {
        struct http1_answer *a = http1_answer_new(false, 100);
        assert_int_equal(feed(a, bytes_of(text.p, n), n + 1), OK);
        assert_int_equal(http1_answer_end(a), ERR_TRUNCATED);
        http1_answer_free(a);
    }
}

static void what_is_no_answer_is_refused(void **state)
{
    static const char *const bad[] = {
        "GET / HTTP/1.1\r\n\r\n",
        "SSH-2.0-OpenSSH_9.2\r\n",
        "HTTP/1.1 two hundred\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nhi",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct http1_answer *a = http1_answer_new(false, 100);
        if (feed(a, bytes_str(bad[i]), 1000) != ERR_MALFORMED)
            fail_msg("taken: %s", bad[i]);
        http1_answer_free(a);
    }
}

static void answer_to_head_has_no_body(void **state)
{
    struct http1_answer *a = http1_answer_new(true, 100);
    assert_int_equal(feed(a, bytes_str("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"), 100), OK);
    assert_true(http1_answer_is_whole(a));
    http1_answer_free(a);
}

static void body_above_its_limit_is_counted_not_kept(void **state)
{
    struct http1_answer *a = http1_answer_new(false, 3);
    assert_int_equal(feed(a, bytes_str("HTTP/1.1 200 OK\r\n\r\nabc"), 1000), OK);
    assert_int_equal(http1_answer_body_total(a), 3);
    assert_int_equal(feed(a, bytes_str("def"), 1000), OK);
    assert_int_equal(http1_answer_body_total(a), 6);
    assert_true(bytes_is(http1_answer_body(a), "abc"));
    http1_answer_free(a);
}

/* N bytes of head, as our counting has it. */
static enum err feed_head_of(size_t n)
{
    struct http1_answer *a = http1_answer_new(false, 3);
    enum err e = feed(a, bytes_str("HTTP/1.1 200 OK\r\nx: "), 100);
    char *value = mem_alloc(n);
    memset(value, 'y', n);
    if (e == OK)
        e = http1_answer_feed(a, bytes_of(value, n - 7)); /* "OK", "x" and four for its line */
    if (e == OK)
        e = feed(a, bytes_str("\r\n\r\n"), 100);
    mem_free(value);
    http1_answer_free(a);
    return e;
}

static void head_ends_at_its_limit(void **state)
{
    assert_int_equal(feed_head_of(HTTP1_ANSWER_HEAD_MAX), OK);
    assert_int_equal(feed_head_of(HTTP1_ANSWER_HEAD_MAX + 1), ERR_TOO_BIG);
}

static void reason_is_cut_at_its_limit(void **state)
{
    static const size_t steps[] = { 1, 1000 };
    char text[300];
    memset(text, 'r', sizeof(text));
    memcpy(text, "HTTP/1.1 200 ", 13);
    memcpy(text + sizeof(text) - 4, "\r\n\r\n", 4);
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        struct http1_answer *a = http1_answer_new(false, 3);
        assert_int_equal(feed(a, bytes_of(text, sizeof(text)), steps[i]), OK);
        assert_int_equal(http1_answer_reason(a).n, HTTP1_REASON_MAX);
        http1_answer_free(a);
    }
}

static void location_is_told_in_any_case(void **state)
{
    struct http1_answer *a = http1_answer_new(false, 3);
    const char *text = "HTTP/1.1 302 Found\r\nX: y\r\nLOCATION: /there\r\nLocation: /not\r\n"
                       "Content-Length: 0\r\n\r\n";
    assert_int_equal(feed(a, bytes_str(text), 1), OK);
    assert_true(bytes_is(http1_answer_location(a), "/there"));
    http1_answer_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answer_is_read),
        cmocka_unit_test(answer_cut_at_every_byte_is_read),
        cmocka_unit_test(answer_that_breaks_off_is_truncated),
        cmocka_unit_test(what_is_no_answer_is_refused),
        cmocka_unit_test(answer_to_head_has_no_body),
        cmocka_unit_test(body_above_its_limit_is_counted_not_kept),
        cmocka_unit_test(head_ends_at_its_limit),
        cmocka_unit_test(reason_is_cut_at_its_limit),
        cmocka_unit_test(location_is_told_in_any_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
