#include "net/http1.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

/* A message as one line of text: what any way of cutting its bytes must give. */
struct script {
    struct buf text;
    struct http1 *codec;
    enum err err;
};

static void print_event(struct buf *to, const struct http1_event *e, bool *in_body)
{
    if (e->kind == HTTP1_END && *in_body) {
        buf_put_str(to, "]");
        *in_body = false;
    }
    switch (e->kind) {
    case HTTP1_NEED_MORE:
        break;
    case HTTP1_HEAD:
        buf_printf(to, "<%.*s %.*s %s%s%s", (int)e->head->method.n, (const char *)e->head->method.p,
                   (int)e->head->target.n, (const char *)e->head->target.p,
                   e->head->is_1_0 ? "1.0" : "1.1", e->head->keep_alive ? " keep" : " close",
                   e->head->expects_continue ? " expect" : "");
        for (size_t i = 0; i < e->head->header_n; i++)
            buf_printf(to, "|%.*s=%.*s", (int)e->head->headers[i].name.n,
                       (const char *)e->head->headers[i].name.p, (int)e->head->headers[i].value.n,
                       (const char *)e->head->headers[i].value.p);
        buf_put_str(to, ">");
        break;
    case HTTP1_BODY:
        if (!*in_body)
            buf_put_str(to, "[");
        *in_body = true;
        buf_put_bytes(to, e->body);
        break;
    case HTTP1_END:
        buf_put_str(to, ".");
        break;
    }
}

/* Feeds IN in pieces of at most STEP bytes, each in memory of its own. */
static char *run(struct bytes in, size_t step, enum err *ret_err, int *ret_refusal)
{
    struct http1 *h = http1_new();
    struct buf text;
    bool in_body = false;
    enum err e = OK;
    buf_init(&text, 1 << 24);
    for (size_t at = 0; at < in.n && e == OK; at += step) {
        size_t n = in.n - at < step ? in.n - at : step;
        uint8_t *piece = mem_alloc(n);
        memcpy(piece, in.p + at, n);
        struct bytes left = bytes_of(piece, n);
        struct http1_event event = { .kind = HTTP1_END };
        while (e == OK && event.kind != HTTP1_NEED_MORE) {
            size_t used;
            e = http1_feed(h, left, &used, &event);
            if (e != OK)
                break;
            print_event(&text, &event, &in_body);
            left = bytes_skip(left, used);
        }
        mem_free(piece);
    }
    *ret_err = e;
    *ret_refusal = e != OK ? http1_refusal(h) : 0;
    http1_free(h);
    buf_put_u8(&text, 0);
    size_t n;
    return (char *)buf_take(&text, &n);
}

static void assert_reads_as(const char *input, const char *expected)
{
    enum err e;
    int refusal;
    char *got = run(bytes_str(input), SIZE_MAX / 2, &e, &refusal);
    assert_int_equal(e, OK);
    assert_string_equal(got, expected);
    mem_free(got);
}

#define GET "GET /a?b=c HTTP/1.1\r\nHost: x\r\n\r\n"
#define CHUNKED                                                                      \
    "POST /p HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5;e=\"q\"\r\n" \
    "hello\r\n6\r\n world\r\n0\r\nX-Sum: 1\r\n\r\n"
#define SIZED "PUT /p HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"

static void get_has_no_body(void **state)
{
    assert_reads_as(GET, "<GET /a?b=c 1.1 keep|host=x>.");
}

static void names_are_lowered_and_values_trimmed(void **state)
{
    assert_reads_as("GET / HTTP/1.1\r\nHOST:\t x \t\r\nX-Empty:\r\nX-A: b c\r\n\r\n",
                    "<GET / 1.1 keep|host=x|x-empty=|x-a=b c>.");
}

static void sized_body_is_read_to_its_length(void **state)
{
    assert_reads_as(SIZED, "<PUT /p 1.1 keep|host=x|content-length=5>[hello].");
}

static void empty_sized_body_ends_at_once(void **state)
{
    assert_reads_as("PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
                    "<PUT / 1.1 keep|host=x|content-length=0>.");
}

static void chunks_are_joined_and_trailers_dropped(void **state)
{
    assert_reads_as(CHUNKED, "<POST /p 1.1 keep|host=x|transfer-encoding=chunked>[hello world].");
}

static void messages_follow_each_other(void **state)
{
    assert_reads_as(GET SIZED CHUNKED GET,
                    "<GET /a?b=c 1.1 keep|host=x>."
                    "<PUT /p 1.1 keep|host=x|content-length=5>[hello]."
                    "<POST /p 1.1 keep|host=x|transfer-encoding=chunked>[hello world]."
                    "<GET /a?b=c 1.1 keep|host=x>.");
}

static void nothing_is_read_after_connection_close(void **state)
{
    assert_reads_as("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" GET "\x01garbage",
                    "<GET / 1.1 close|host=x|connection=close>.");
}

static void http_1_0_closes_unless_it_asks_to_stay(void **state)
{
    assert_reads_as("GET / HTTP/1.0\r\n\r\n", "<GET / 1.0 close>.");
    assert_reads_as("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
                    "<GET / 1.0 keep|connection=keep-alive>.");
}

static void expect_100_continue_is_told(void **state)
{
    assert_reads_as(
        "PUT / HTTP/1.1\r\nHost: x\r\nExpect: 100-Continue\r\nContent-Length: 1\r\n\r\nz",
        "<PUT / 1.1 keep expect|host=x|expect=100-Continue|content-length=1>[z].");
}

static void upgrade_to_h2c_is_ignored_and_the_next_request_read(void **state)
{
    assert_reads_as("GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\n"
                    "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n" GET,
                    "<GET / 1.1 keep|host=x|connection=Upgrade, HTTP2-Settings|upgrade=h2c"
                    "|http2-settings=AAMAAABkAAQAAP__>.<GET /a?b=c 1.1 keep|host=x>.");
}

static void asterisk_target_is_for_options(void **state)
{
    assert_reads_as("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", "<OPTIONS * 1.1 keep|host=x>.");
}

static void absolute_target_without_a_path_is_the_root(void **state)
{
    enum err e;
    int refusal;
    char *got =
        run(bytes_str("GET http://y HTTP/1.1\r\nHost: y\r\n\r\n"), SIZE_MAX / 2, &e, &refusal);
    assert_int_equal(e, OK);
    assert_string_equal(got, "<GET  1.1 keep|host=y>.");
    mem_free(got);
}

static void every_cut_gives_the_same_events(void **state)
{
    static const char *const inputs[] = {
        GET SIZED CHUNKED GET,
        "\r\n" GET,
        "GET /0.9\r\n",
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\n y\r\n\r\n",
        GET "POST / HTTP/1.1\r\nHost: x\r\n"
            "Transfer-Encoding: chunked\r\n\r\n2\r\nabXX",
    };
    for (size_t i = 0; i < ARRAY_LEN(inputs); i++) {
        struct bytes in = bytes_str(inputs[i]);
        enum err whole_err, e;
        int whole_refusal, refusal;
        char *whole = run(in, in.n, &whole_err, &whole_refusal);
        for (size_t step = 1; step < in.n; step++) {
            char *cut = run(in, step, &e, &refusal);
            assert_int_equal(e, whole_err);
            assert_int_equal(refusal, whole_refusal);
            /* A piece of body may or may not come before the failure that follows it. */
            if (whole_err == OK)
                assert_string_equal(cut, whole);
            else
                assert_memory_equal(cut, whole, strlen(whole));
            mem_free(cut);
        }
        mem_free(whole);
    }
}

/* Cut in two at each byte: what had been fed before must not matter to what comes after. */
static void one_cut_at_every_byte_gives_the_same_events(void **state)
{
    struct bytes in = bytes_str(GET SIZED CHUNKED GET);
    enum err e;
    int refusal;
    char *whole = run(in, in.n, &e, &refusal);
    for (size_t cut = 1; cut < in.n; cut++) {
        struct http1 *h = http1_new();
        struct buf text;
        bool in_body = false;
        buf_init(&text, 1 << 20);
        struct bytes parts[2] = { bytes_of(in.p, cut), bytes_skip(in, cut) };
        for (size_t i = 0; i < 2; i++) {
            struct http1_event event = { .kind = HTTP1_END };
            while (event.kind != HTTP1_NEED_MORE) {
                size_t used;
                assert_int_equal(http1_feed(h, parts[i], &used, &event), OK);
                print_event(&text, &event, &in_body);
                parts[i] = bytes_skip(parts[i], used);
            }
        }
        assert_true(bytes_is(buf_bytes(&text), whole));
        buf_fini(&text);
        http1_free(h);
    }
    mem_free(whole);
}

static void between_is_true_only_between_messages(void **state)
{
    struct http1 *h = http1_new();
    struct http1_event event;
    size_t used;
    assert_true(http1_is_between(h));
    assert_int_equal(http1_feed(h, bytes_str("G"), &used, &event), OK);
    assert_false(http1_is_between(h));
    http1_free(h);
}

/* -- writing -- */

static void assert_written(const struct buf *out, const char *expected)
{
    assert_true(bytes_is(buf_bytes(out), expected));
}

static void head_with_a_length(void **state)
{
    struct buf out;
    buf_init(&out, 4096);
    const struct http_header h = { bytes_str("content-type"), bytes_str("text/plain") };
    http1_write_head(&out, 200, &h, 1, HTTP1_WITH_LENGTH, 5, true, false);
    assert_written(&out,
                   "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 5\r\n\r\n");
    buf_fini(&out);
}

static void head_in_pieces_that_closes(void **state)
{
    struct buf out;
    buf_init(&out, 4096);
    http1_write_head(&out, 404, NULL, 0, HTTP1_CHUNKED, 0, false, false);
    assert_written(&out, "HTTP/1.1 404 Not Found\r\ntransfer-encoding: chunked\r\n"
                         "connection: close\r\n\r\n");
    buf_fini(&out);
}

static void http_1_0_is_told_that_the_connection_stays(void **state)
{
    struct buf out;
    buf_init(&out, 4096);
    http1_write_head(&out, 204, NULL, 0, HTTP1_NO_BODY, 0, true, true);
    assert_written(&out, "HTTP/1.1 204 No Content\r\nconnection: keep-alive\r\n\r\n");
    buf_fini(&out);
}

static void header_value_cannot_end_its_line(void **state)
{
    struct buf out;
    buf_init(&out, 4096);
    const struct http_header h = { bytes_str("location"), bytes_str("/a\r\nset-cookie: b") };
    http1_write_head(&out, 302, &h, 1, HTTP1_WITH_LENGTH, 0, true, false);
    assert_written(&out, "HTTP/1.1 302 Found\r\nlocation: /a  set-cookie: b\r\n"
                         "content-length: 0\r\n\r\n");
    buf_fini(&out);
}

static void empty_chunk_is_not_written(void **state)
{
    struct buf out;
    buf_init(&out, 4096);
    http1_write_chunk(&out, bytes_str("hello world, hello"));
    http1_write_chunk(&out, bytes_str(""));
    http1_write_last_chunk(&out);
    assert_written(&out, "12\r\nhello world, hello\r\n0\r\n\r\n");
    buf_fini(&out);
}

/* Round trip: chunks as we write them, read by ourselves as a request's. */
static void chunks_written_are_read_back(void **state)
{
    struct buf out;
    buf_init(&out, 1 << 20);
    buf_put_str(&out, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
    char expected[4096] = "<POST / 1.1 keep|host=x|transfer-encoding=chunked>[";
    for (unsigned i = 1; i < 40; i++) {
        char piece[64];
        memset(piece, 'a' + (int)(i % 26), i);
        piece[i] = 0;
        http1_write_chunk(&out, bytes_of(piece, i));
        strcat(expected, piece);
    }
    http1_write_last_chunk(&out);
    strcat(expected, "].");
    enum err e;
    int refusal;
    char *got = run(buf_bytes(&out), 7, &e, &refusal);
    assert_string_equal(got, expected);
    mem_free(got);
    buf_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(get_has_no_body),
        cmocka_unit_test(names_are_lowered_and_values_trimmed),
        cmocka_unit_test(sized_body_is_read_to_its_length),
        cmocka_unit_test(empty_sized_body_ends_at_once),
        cmocka_unit_test(chunks_are_joined_and_trailers_dropped),
        cmocka_unit_test(messages_follow_each_other),
        cmocka_unit_test(nothing_is_read_after_connection_close),
        cmocka_unit_test(http_1_0_closes_unless_it_asks_to_stay),
        cmocka_unit_test(expect_100_continue_is_told),
        cmocka_unit_test(upgrade_to_h2c_is_ignored_and_the_next_request_read),
        cmocka_unit_test(asterisk_target_is_for_options),
        cmocka_unit_test(absolute_target_without_a_path_is_the_root),
        cmocka_unit_test(every_cut_gives_the_same_events),
        cmocka_unit_test(one_cut_at_every_byte_gives_the_same_events),
        cmocka_unit_test(between_is_true_only_between_messages),
        cmocka_unit_test(head_with_a_length),
        cmocka_unit_test(head_in_pieces_that_closes),
        cmocka_unit_test(http_1_0_is_told_that_the_connection_stays),
        cmocka_unit_test(header_value_cannot_end_its_line),
        cmocka_unit_test(empty_chunk_is_not_written),
        cmocka_unit_test(chunks_written_are_read_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
