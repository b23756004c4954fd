#include "net/endpoint.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <string.h>

static struct endpoint parse(const char *text)
{
    struct endpoint e;
    struct why why = { "" };
    if (endpoint_parse(bytes_str(text), &e, &why) != OK)
        fail_msg("'%s' was refused: %s", text, why.text);
    return e;
}

static void assert_refused(const char *text, const char *because)
{
    struct endpoint e = { .port = 7 };
    struct why why = { "" };
    assert_int_equal(endpoint_parse(bytes_str(text), &e, &why), ERR_INVALID);
    assert_non_null(strstr(why.text, because));
    assert_int_equal(e.port, 7); /* untouched */
}

static void host_and_port_are_a_tcp_address(void **state)
{
    struct endpoint e = parse("127.0.0.1:2379");
    assert_int_equal(e.kind, ENDPOINT_TCP);
    assert_string_equal(e.host, "127.0.0.1");
    assert_int_equal(e.port, 2379);
    assert_false(e.tls);
}

static void port_alone_means_every_address(void **state)
{
    struct endpoint e = parse(":8500");
    assert_string_equal(e.host, "");
    assert_false(endpoint_is_loopback(&e));
}

static void ipv6_address_stands_in_brackets(void **state)
{
    struct endpoint e = parse("[::1]:80");
    assert_string_equal(e.host, "::1");
    assert_true(endpoint_is_loopback(&e));
}

static void ipv6_address_without_brackets_is_refused(void **state)
{
    assert_refused("::1:80", "brackets");
}

static void brackets_around_ipv4_are_refused(void **state)
{
    assert_refused("[127.0.0.1]:80", "brackets");
}

static void http_url_is_plain(void **state)
{
    struct endpoint e = parse("http://127.0.0.1:2379/");
    assert_int_equal(e.port, 2379);
    assert_false(e.tls);
}

static void https_url_asks_for_tls(void **state)
{
    assert_true(parse("https://0.0.0.0:2379").tls);
}

static void url_with_a_path_is_refused(void **state)
{
    assert_refused("http://127.0.0.1:2379/v3", "port");
}

static void unix_url_is_a_path(void **state)
{
    struct endpoint e = parse("unix:///run/muster.sock");
    assert_int_equal(e.kind, ENDPOINT_UNIX);
    assert_string_equal(e.host, "/run/muster.sock");
    assert_true(endpoint_is_loopback(&e));
}

static void unixs_url_asks_for_tls(void **state)
{
    assert_true(parse("unixs:///run/muster.sock").tls);
}

static void relative_socket_path_is_refused(void **state)
{
    assert_refused("unix://muster.sock", "begin with /");
}

static void long_socket_path_is_refused(void **state)
{
    char text[200] = "unix:///";
    memset(text + 8, 'a', 108);
    text[116] = 0;
    assert_refused(text, "longer");
}

static void off_is_off(void **state)
{
    assert_int_equal(parse("off").kind, ENDPOINT_OFF);
}

static void localhost_in_any_case_is_loopback(void **state)
{
    struct endpoint e = parse("LocalHost:1");
    assert_string_equal(e.host, "localhost");
    assert_true(endpoint_is_loopback(&e));
}

static void other_names_are_refused(void **state)
{
    assert_refused("example.com:80", "no IP address");
}

static void all_of_127_is_loopback(void **state)
{
    struct endpoint e = parse("127.9.8.7:1");
    assert_true(endpoint_is_loopback(&e));
}

static void other_addresses_are_not_loopback(void **state)
{
    struct endpoint e = parse("0.0.0.0:1");
    assert_false(endpoint_is_loopback(&e));
    e = parse("[::]:1");
    assert_false(endpoint_is_loopback(&e));
    e = parse("10.0.0.1:1");
    assert_false(endpoint_is_loopback(&e));
}

static void ports_beyond_the_range_are_refused(void **state)
{
    assert_refused("127.0.0.1:65536", "0 to 65535");
    assert_refused("127.0.0.1:-1", "0 to 65535");
    assert_refused("127.0.0.1:", "0 to 65535");
    assert_refused("127.0.0.1", "port");
    assert_refused("", "port");
}

static void refusal_says_what_would_be_right(void **state)
{
    assert_refused("nonsense", "host:port");
}

static void print_gives_back_what_was_parsed(void **state)
{
    const char *const texts[] = {
        "off",   "127.0.0.1:2379",     "[::1]:80",           "https://0.0.0.0:1",
        ":8500", "unix:///run/a.sock", "unixs:///run/a.sock"
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct endpoint e = parse(texts[i]);
        char text[300];
        endpoint_print(&e, text, sizeof(text));
        assert_string_equal(text, texts[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(host_and_port_are_a_tcp_address),
        cmocka_unit_test(port_alone_means_every_address),
        cmocka_unit_test(ipv6_address_stands_in_brackets),
        cmocka_unit_test(ipv6_address_without_brackets_is_refused),
        cmocka_unit_test(brackets_around_ipv4_are_refused),
        cmocka_unit_test(http_url_is_plain),
        cmocka_unit_test(https_url_asks_for_tls),
        cmocka_unit_test(url_with_a_path_is_refused),
        cmocka_unit_test(unix_url_is_a_path),
        cmocka_unit_test(unixs_url_asks_for_tls),
        cmocka_unit_test(relative_socket_path_is_refused),
        cmocka_unit_test(long_socket_path_is_refused),
        cmocka_unit_test(off_is_off),
        cmocka_unit_test(localhost_in_any_case_is_loopback),
        cmocka_unit_test(other_names_are_refused),
        cmocka_unit_test(all_of_127_is_loopback),
        cmocka_unit_test(other_addresses_are_not_loopback),
        cmocka_unit_test(ports_beyond_the_range_are_refused),
        cmocka_unit_test(refusal_says_what_would_be_right),
        cmocka_unit_test(print_gives_back_what_was_parsed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
