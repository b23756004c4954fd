/* Each row of the table of what a server refuses because other readers read it differently. */
#include "net/http1.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

/* The status that answers INPUT; 0 if all of it is accepted. *ENDS: messages read to their end. */
static int verdict(struct bytes in, unsigned *ends)
{
    struct http1 *h = http1_new();
    struct http1_event event = { .kind = HTTP1_END };
    int status = 0;
    *ends = 0;
    while (event.kind != HTTP1_NEED_MORE) {
        size_t used;
        if (http1_feed(h, in, &used, &event) != OK) {
            status = http1_refusal(h);
            break;
        }
        in = bytes_skip(in, used);
        *ends += event.kind == HTTP1_END;
    }
    http1_free(h);
    return status;
}

static void assert_verdict(const char *input, int expected)
{
    unsigned ends;
    int status = verdict(bytes_str(input), &ends);
    if (status != expected)
        fail_msg("%d instead of %d for: %s", status, expected, input);
    if (expected == 0)
        assert_int_equal(ends, 1);
}

/* With a body that a reader of either framing could take for a request of its own. */
static void refuse_headers(const char *headers, int expected)
{
    char input[2048];
    snprintf(input, sizeof(input),
             "POST / HTTP/1.1\r\nHost: x\r\n%s\r\n0\r\n\r\nGET /admin HTTP/1.1\r\nHost: x\r\n\r\n",
             headers);
    assert_verdict(input, expected);
}

static void refuse_chunks(const char *body)
{
    char input[1024];
    snprintf(input, sizeof(input),
             "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n%s", body);
    assert_verdict(input, 400);
}

static void length_with_transfer_encoding_is_refused(void **state)
{
    refuse_headers("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", 400);
    refuse_headers("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", 400);
}

static void two_lengths_are_refused_even_when_equal(void **state)
{
    refuse_headers("Content-Length: 5\r\nContent-Length: 6\r\n", 400);
    refuse_headers("Content-Length: 5\r\nContent-Length: 5\r\n", 400);
    refuse_headers("Content-Length: 5, 5\r\n", 400);
}

static void length_that_is_no_plain_number_is_refused(void **state)
{
    refuse_headers("Content-Length: +0\r\n", 400);
    refuse_headers("Content-Length: -1\r\n", 400);
    refuse_headers("Content-Length: 0x1\r\n", 400);
    refuse_headers("Content-Length: 1 1\r\n", 400);
    refuse_headers("Content-Length:\r\n", 400);
    refuse_headers("Content-Length: 1a\r\n", 400);
}

static void length_that_overflows_is_refused(void **state)
{
    refuse_headers("Content-Length: 18446744073709551616\r\n", 400);
    refuse_headers("Content-Length: 99999999999999999999999\r\n", 400);
    refuse_headers("Content-Length: 18446744073709551615\r\n", 400);
}

static void transfer_encodings_but_chunked_are_refused(void **state)
{
    refuse_headers("Transfer-Encoding: xchunked\r\n", 501);
    refuse_headers("Transfer-Encoding: identity\r\n", 501);
    refuse_headers("Transfer-Encoding: chunked, gzip\r\n", 501);
    refuse_headers("Transfer-Encoding: gzip, chunked\r\n", 501);
    refuse_headers("Transfer-Encoding: chunked, chunked\r\n", 501);
    refuse_headers("Transfer-Encoding: gzip\r\n", 501);
    refuse_headers("Transfer-Encoding: \"chunked\"\r\n", 501);
    refuse_headers("Transfer-Encoding:\r\n", 501);
}

static void transfer_encoding_twice_is_refused(void **state)
{
    refuse_headers("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", 501);
    refuse_headers("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", 501);
}

static void transfer_encoding_in_http_1_0_is_refused(void **state)
{
    assert_verdict("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400);
}

static void http_0_9_is_refused(void **state)
{
    assert_verdict("GET /a\r\n\r\n", 400);
    assert_verdict("GET /a \r\n\r\n", 400);
}

static void space_before_the_colon_is_refused(void **state)
{
    refuse_headers("X-A : b\r\n", 400);
    refuse_headers("Content-Length : 5\r\n", 400);
    refuse_headers("Transfer-Encoding : chunked\r\n", 400);
    refuse_headers("X-A\t: b\r\n", 400);
}

static void folded_lines_are_refused(void **state)
{
    refuse_headers("X-A: b\r\n c\r\n", 400);
    refuse_headers("X-A: b\r\n\tc\r\n", 400);
    refuse_headers("Transfer-Encoding:\r\n chunked\r\n", 400);
    refuse_headers("Transfer-Encoding: chunked\r\n , identity\r\n", 400);
}

static void fold_before_the_first_header_is_refused(void **state)
{
    assert_verdict("GET / HTTP/1.1\r\n Host: x\r\n\r\n", 400);
}

static void bare_lf_as_line_end_is_refused(void **state)
{
    assert_verdict("GET / HTTP/1.1\nHost: x\n\n", 400);
    assert_verdict("GET / HTTP/1.1\r\nHost: x\n\r\n", 400);
    refuse_headers("X-A: b\nX-C: d\r\n", 400);
}

static void bare_lf_as_the_last_line_is_refused(void **state)
{
    assert_verdict("GET / HTTP/1.1\r\nHost: x\r\n\n", 400);
}

static void cr_inside_a_line_is_refused(void **state)
{
    refuse_headers("X-A: b\rc\r\n", 400);
    refuse_headers("X-A: b\r\r\n", 400);
    assert_verdict("GET /\r HTTP/1.1\r\nHost: x\r\n\r\n", 400);
}

static void nul_is_refused(void **state)
{
    const char input[] = "GET / HTTP/1.1\r\nHost: x\r\nX-A: b\0c\r\n\r\n";
    unsigned ends;
    assert_int_equal(verdict(bytes_of(input, sizeof(input) - 1), &ends), 400);
}

static void control_characters_in_a_value_are_refused(void **state)
{
    refuse_headers("X-A: b\x01\r\n", 400);
    refuse_headers("X-A: b\x7f\r\n", 400);
}

static void bad_characters_in_a_name_are_refused(void **state)
{
    refuse_headers("X@A: b\r\n", 400);
    refuse_headers("X\xc3\xa9: b\r\n", 400);
    refuse_headers("X(A): b\r\n", 400);
    refuse_headers("no colon\r\n", 400);
}

static void unknown_methods_are_not_implemented(void **state)
{
    assert_verdict("BREW / HTTP/1.1\r\nHost: x\r\n\r\n", 501);
    assert_verdict("GETX / HTTP/1.1\r\nHost: x\r\n\r\n", 501);
    assert_verdict("get / HTTP/1.1\r\nHost: x\r\n\r\n", 501);
}

static void connect_and_the_h2_preface_are_not_implemented(void **state)
{
    assert_verdict("CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n", 501);
    assert_verdict("PRI * HTTP/1.1\r\nHost: x\r\n\r\n", 501);
}

static void method_that_is_no_token_is_refused(void **state)
{
    assert_verdict("G@T / HTTP/1.1\r\nHost: x\r\n\r\n", 400);
    assert_verdict(" GET / HTTP/1.1\r\nHost: x\r\n\r\n", 400);
}

static void other_versions_are_refused(void **state)
{
    assert_verdict("GET / HTTP/1.2\r\nHost: x\r\n\r\n", 400);
    assert_verdict("GET / HTTP/2.0\r\nHost: x\r\n\r\n", 400);
    assert_verdict("GET / HTTP/0.9\r\nHost: x\r\n\r\n", 400);
    assert_verdict("GET / http/1.1\r\nHost: x\r\n\r\n", 400);
    assert_verdict("GET / HTTP/1.10\r\nHost: x\r\n\r\n", 400);
}

static void empty_header_name_is_refused(void **state)
{
    refuse_headers(": 1\r\n", 400);
    refuse_headers("X-A: b\r\n:\r\n", 400);
}

static void request_without_a_host_is_refused(void **state)
{
    assert_verdict("GET / HTTP/1.1\r\n\r\n", 400);
}

static void two_hosts_are_refused(void **state)
{
    assert_verdict("GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n", 400);
    assert_verdict("GET / HTTP/1.0\r\nHost: x\r\nHost: y\r\n\r\n", 400);
}

static void host_that_is_no_authority_is_refused(void **state)
{
    assert_verdict("GET / HTTP/1.1\r\nHost: x y\r\n\r\n", 400);
    assert_verdict("GET / HTTP/1.1\r\nHost: x/y\r\n\r\n", 400);
    assert_verdict("GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", 400);
    assert_verdict("GET / HTTP/1.1\r\nHost: a,b\r\n\r\n", 400);
}

static void host_of_an_absolute_target_wins(void **state)
{
    struct http1 *h = http1_new();
    struct http1_event event;
    size_t used;
    assert_int_equal(http1_feed(h,
                                bytes_str("GET http://target:80/a HTTP/1.1\r\nHost: other\r\n\r\n"),
                                &used, &event),
                     OK);
    assert_int_equal(event.kind, HTTP1_HEAD);
    assert_true(bytes_is(event.head->target, "/a"));
    assert_int_equal(event.head->header_n, 1);
    assert_true(bytes_is(event.head->headers[0].value, "target:80"));
    http1_free(h);
}

static void absolute_target_without_a_proper_host_is_refused(void **state)
{
    assert_verdict("GET http:///a HTTP/1.1\r\nHost: x\r\n\r\n", 400);
    assert_verdict("GET http://a@b/ HTTP/1.1\r\nHost: x\r\n\r\n", 400);
    assert_verdict("GET ftp://a/ HTTP/1.1\r\nHost: x\r\n\r\n", 400);
    assert_verdict("GET http://a/ HTTP/1.1\r\n\r\n", 400);
}

static void target_that_is_no_path_is_refused(void **state)
{
    assert_verdict("GET x HTTP/1.1\r\nHost: x\r\n\r\n", 400);
    assert_verdict("GET * HTTP/1.1\r\nHost: x\r\n\r\n", 400);
}

static void fragment_tab_and_8_bit_in_the_target_are_refused(void **state)
{
    assert_verdict("GET /a#b HTTP/1.1\r\nHost: x\r\n\r\n", 400);
    assert_verdict("GET /a\tb HTTP/1.1\r\nHost: x\r\n\r\n", 400);
    assert_verdict("GET /\xc3\xa9 HTTP/1.1\r\nHost: x\r\n\r\n", 400);
    assert_verdict("GET /a b HTTP/1.1\r\nHost: x\r\n\r\n", 400);
}

static void chunk_sizes_but_plain_hex_are_refused(void **state)
{
    refuse_chunks("0x1\r\na\r\n0\r\n\r\n");
    refuse_chunks("1 \r\na\r\n0\r\n\r\n");
    refuse_chunks(" 1\r\na\r\n0\r\n\r\n");
    refuse_chunks("-1\r\na\r\n0\r\n\r\n");
    refuse_chunks("+1\r\na\r\n0\r\n\r\n");
    refuse_chunks("\r\na\r\n0\r\n\r\n");
    refuse_chunks("11111111111111111\r\na\r\n0\r\n\r\n");
}

static void chunk_size_that_ends_with_a_bare_lf_is_refused(void **state)
{
    refuse_chunks("1\na\r\n0\r\n\r\n");
}

static void chunk_data_without_crlf_is_refused(void **state)
{
    refuse_chunks("1\r\nab\r\n0\r\n\r\n");
    refuse_chunks("1\r\na\n0\r\n\r\n");
    refuse_chunks("1\r\na\rX0\r\n\r\n");
}

static void bare_cr_in_a_chunk_extension_is_refused(void **state)
{
    refuse_chunks("1;a\rb\r\na\r\n0\r\n\r\n");
    refuse_chunks("1;a=\"b\rc\"\r\na\r\n0\r\n\r\n");
}

static void bare_lf_in_a_chunk_extension_is_refused(void **state)
{
    refuse_chunks("1;a\nb\r\na\r\n0\r\n\r\n");
    refuse_chunks("1;a=b\na\r\n0\r\n\r\n");
}

static void endless_chunk_extension_is_refused(void **state)
{
    char body[8192];
    memset(body, 'e', sizeof(body));
    memcpy(body, "1;", 2);
    body[sizeof(body) - 1] = 0;
    char *input = mem_alloc(16384);
    snprintf(input, 16384, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n%s",
             body);
    assert_verdict(input, 400);
    mem_free(input);
}

static void trailers_obey_the_rules_of_headers(void **state)
{
    refuse_chunks("0\r\nX-A: b\r\n c\r\n\r\n");
    refuse_chunks("0\r\nX-A: b\n\r\n");
    refuse_chunks("0\r\nX-A: b\r\n\n");
    refuse_chunks("0\r\n: b\r\n\r\n");
    refuse_chunks("0\r\n\n");
}

static void bytes_after_a_closing_request_are_dropped(void **state)
{
    assert_verdict("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\nGET / HTTP/1.1\r\n"
                   "Host: x\r\n\r\n",
                   0);
}

static void one_empty_line_before_the_request_is_accepted(void **state)
{
    assert_verdict("\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n", 0);
}

static void two_empty_lines_before_the_request_are_refused(void **state)
{
    assert_verdict("\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n", 400);
    assert_verdict("\nGET / HTTP/1.1\r\nHost: x\r\n\r\n", 400);
}

static char *head_with(unsigned header_n, size_t line_bytes)
{
    struct buf b;
    size_t n;
    buf_init(&b, 1 << 22);
    buf_put_str(&b, "GET / HTTP/1.1\r\nHost: x\r\n");
    for (unsigned i = 1; i < header_n; i++) {
        buf_put_str(&b, "x: ");
        for (size_t k = 3; k < line_bytes; k++)
            buf_put_u8(&b, 'v');
        buf_put_str(&b, "\r\n");
    }
    buf_put_str(&b, "\r\n");
    buf_put_u8(&b, 0);
    return (char *)buf_take(&b, &n);
}

static void assert_head_verdict(unsigned header_n, size_t line_bytes, int expected)
{
    char *head = head_with(header_n, line_bytes);
    unsigned ends;
    assert_int_equal(verdict(bytes_str(head), &ends), expected);
    mem_free(head);
}

static void hundred_headers_are_accepted_and_one_more_refused(void **state)
{
    assert_head_verdict(100, 10, 0);
    assert_head_verdict(101, 10, 431);
}

static void line_of_16_kib_is_accepted_and_a_longer_one_refused(void **state)
{
    assert_head_verdict(2, 16384, 0);
    assert_head_verdict(2, 16385, 431);
}

static void head_of_more_than_60_kib_is_refused(void **state)
{
    assert_head_verdict(4, 16000, 0);
    assert_head_verdict(5, 16000, 431);
}

static void endless_line_is_refused_before_it_ends(void **state)
{
    char *input = mem_alloc(20000);
    memset(input, 'a', 20000);
    unsigned ends;
    assert_int_equal(verdict(bytes_of(input, 20000), &ends), 431);
    mem_free(input);
}

static void upgrade_h2c_is_ignored(void **state)
{
    assert_verdict("GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n", 0);
}

static void upgrade_with_a_body_is_read_as_a_body(void **state)
{
    assert_verdict("POST / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n"
                   "Content-Length: 3\r\n\r\nabc",
                   0);
}

static void other_expectations_are_refused(void **state)
{
    refuse_headers("Expect: 200-ok\r\nContent-Length: 5\r\n", 417);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(length_with_transfer_encoding_is_refused),
        cmocka_unit_test(two_lengths_are_refused_even_when_equal),
        cmocka_unit_test(length_that_is_no_plain_number_is_refused),
        cmocka_unit_test(length_that_overflows_is_refused),
        cmocka_unit_test(transfer_encodings_but_chunked_are_refused),
        cmocka_unit_test(transfer_encoding_twice_is_refused),
        cmocka_unit_test(transfer_encoding_in_http_1_0_is_refused),
        cmocka_unit_test(http_0_9_is_refused),
        cmocka_unit_test(space_before_the_colon_is_refused),
        cmocka_unit_test(folded_lines_are_refused),
        cmocka_unit_test(fold_before_the_first_header_is_refused),
        cmocka_unit_test(bare_lf_as_line_end_is_refused),
        cmocka_unit_test(bare_lf_as_the_last_line_is_refused),
        cmocka_unit_test(cr_inside_a_line_is_refused),
        cmocka_unit_test(nul_is_refused),
        cmocka_unit_test(control_characters_in_a_value_are_refused),
        cmocka_unit_test(bad_characters_in_a_name_are_refused),
        cmocka_unit_test(unknown_methods_are_not_implemented),
        cmocka_unit_test(connect_and_the_h2_preface_are_not_implemented),
        cmocka_unit_test(method_that_is_no_token_is_refused),
        cmocka_unit_test(other_versions_are_refused),
        cmocka_unit_test(empty_header_name_is_refused),
        cmocka_unit_test(request_without_a_host_is_refused),
        cmocka_unit_test(two_hosts_are_refused),
        cmocka_unit_test(host_that_is_no_authority_is_refused),
        cmocka_unit_test(host_of_an_absolute_target_wins),
        cmocka_unit_test(absolute_target_without_a_proper_host_is_refused),
        cmocka_unit_test(target_that_is_no_path_is_refused),
        cmocka_unit_test(fragment_tab_and_8_bit_in_the_target_are_refused),
        cmocka_unit_test(chunk_sizes_but_plain_hex_are_refused),
        cmocka_unit_test(chunk_size_that_ends_with_a_bare_lf_is_refused),
        cmocka_unit_test(chunk_data_without_crlf_is_refused),
        cmocka_unit_test(bare_cr_in_a_chunk_extension_is_refused),
        cmocka_unit_test(bare_lf_in_a_chunk_extension_is_refused),
        cmocka_unit_test(endless_chunk_extension_is_refused),
        cmocka_unit_test(trailers_obey_the_rules_of_headers),
        cmocka_unit_test(bytes_after_a_closing_request_are_dropped),
        cmocka_unit_test(one_empty_line_before_the_request_is_accepted),
        cmocka_unit_test(two_empty_lines_before_the_request_are_refused),
        cmocka_unit_test(hundred_headers_are_accepted_and_one_more_refused),
        cmocka_unit_test(line_of_16_kib_is_accepted_and_a_longer_one_refused),
        cmocka_unit_test(head_of_more_than_60_kib_is_refused),
        cmocka_unit_test(endless_line_is_refused_before_it_ends),
        cmocka_unit_test(upgrade_h2c_is_ignored),
        cmocka_unit_test(upgrade_with_a_body_is_read_as_a_body),
        cmocka_unit_test(other_expectations_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
