#include "net/grpc_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct arena a;

static int set_up(void **state)
{
    arena_init(&a, 0);
    return 0;
}

static int tear_down(void **state)
{
    arena_fini(&a);
    return 0;
}

/* -- timeouts -- */

static void assert_timeout(const char *text, uint64_t expected_ns)
{
    uint64_t ns;
    assert_int_equal(grpc_timeout_parse(bytes_str(text), &ns), OK);
    assert_true(ns == expected_ns);
}

static void timeouts_of_every_unit_are_read(void **state)
{
    assert_timeout("1n", 1);
    assert_timeout("2u", 2000);
    assert_timeout("3m", 3000000);
    assert_timeout("4S", UINT64_C(4000000000));
    assert_timeout("5M", UINT64_C(300000000000));
    assert_timeout("6H", UINT64_C(21600000000000));
    assert_timeout("00000007n", 7);
    assert_timeout("0S", 0);
}

static void timeout_that_does_not_fit_is_for_ever(void **state)
{
    assert_timeout("99999999H", UINT64_MAX);
    assert_timeout("99999999M", UINT64_C(99999999) * UINT64_C(60000000000));
}

static void malformed_timeouts_are_refused(void **state)
{
    static const char *const bad[] = { "",   "1",    "S",   "1s",  "-1S",  "+1S",        "1 S",
                                       "1x", "1.5S", " 1S", "1S ", "0x1S", "123456789S", "SS" };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        uint64_t ns = 42;
        assert_int_equal(grpc_timeout_parse(bytes_str(bad[i]), &ns), ERR_MALFORMED);
        assert_int_equal(ns, 42);
    }
}

/* -- grpc-message -- */

static void assert_encoded(const char *message, const char *expected)
{
    assert_true(bytes_is(grpc_message_encode(&a, message), expected));
}

static void plain_message_is_itself(void **state)
{
    const char *text = "etcdserver: key not found ~ \"/a b\"";
    struct bytes encoded = grpc_message_encode(&a, text);
    assert_ptr_equal(encoded.p, text);
    assert_true(bytes_is(encoded, text));
}

static void other_bytes_are_percent_encoded(void **state)
{
    assert_encoded("100%", "100%25");
    assert_encoded("a\nb\tc", "a%0Ab%09c");
    assert_encoded("\xe4\xbd\xa0", "%E4%BD%A0");
    assert_encoded("\x7f\x1f", "%7F%1F");
    assert_encoded("", "");
}

/* -- content types, quotes, lists -- */

static void grpc_content_types_are_told_from_others(void **state)
{
    static const char *const good[] = { "application/grpc", "application/grpc+proto",
                                        "application/grpc;charset=utf-8", "application/grpc+" };
    static const char *const bad[] = { "",           "application/grp",      "application/grpcx",
                                       "text/plain", "application/grpc-web", "Application/grpc" };
    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        assert_true(grpc_content_type_is_grpc(bytes_str(good[i])));
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(grpc_content_type_is_grpc(bytes_str(bad[i])));
    assert_false(grpc_content_type_is_grpc((struct bytes){ 0 }));
}

static void text_is_quoted_as_go_does(void **state)
{
    assert_string_equal(grpc_quote(&a, bytes_str("/foo")), "\"/foo\"");
    assert_string_equal(grpc_quote(&a, bytes_str("a\"b\\c")), "\"a\\\"b\\\\c\"");
    assert_string_equal(grpc_quote(&a, bytes_str("\n\t\r\x01")), "\"\\n\\t\\r\\x01\"");
    assert_string_equal(grpc_quote(&a, bytes_of("\0", 1)), "\"\\x00\"");
    assert_string_equal(grpc_quote(&a, (struct bytes){ 0 }), "\"\"");
}

static void list_is_searched_item_by_item(void **state)
{
    assert_true(grpc_list_has(bytes_str("gzip"), "gzip"));
    assert_true(grpc_list_has(bytes_str("identity, deflate,gzip"), "gzip"));
    assert_true(grpc_list_has(bytes_str("identity , gzip , x"), "gzip"));
    assert_false(grpc_list_has(bytes_str("xgzip,gzipx"), "gzip"));
    assert_false(grpc_list_has(bytes_str(""), "gzip"));
    assert_false(grpc_list_has(bytes_str(",,"), "gzip"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(timeouts_of_every_unit_are_read), TEST(timeout_that_does_not_fit_is_for_ever),
        TEST(malformed_timeouts_are_refused),  TEST(plain_message_is_itself),
        TEST(other_bytes_are_percent_encoded), TEST(grpc_content_types_are_told_from_others),
        TEST(text_is_quoted_as_go_does),       TEST(list_is_searched_item_by_item),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
