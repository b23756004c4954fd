#include "base/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static int order(const char *a, const char *b)
{
    int c = bytes_cmp(bytes_str(a), bytes_str(b));
    return (c > 0) - (c < 0);
}

static void order_is_bytewise_and_a_prefix_comes_first(void **state)
{
    assert_int_equal(order("a", "b"), -1);
    assert_int_equal(order("b", "a"), 1);
    assert_int_equal(order("a", "ab"), -1);
    assert_int_equal(order("ab", "a"), 1);
    assert_int_equal(order("", "a"), -1);
    assert_int_equal(order("ab", "ab"), 0);
}

static void bytes_above_127_come_after_those_below(void **state)
{
    assert_int_equal(order("\x7f", "\x80"), -1);
    assert_int_equal(order("\xff", "a"), 1);
}

static void a_nul_is_a_byte_like_others(void **state)
{
    assert_false(bytes_eq(bytes_of("a\0b", 3), bytes_of("a\0c", 3)));
    assert_false(bytes_is(bytes_of("a\0b", 3), "a"));
    assert_true(bytes_cmp(bytes_of("a", 1), bytes_of("a\0", 2)) < 0);
}

static void empty_bytes_may_have_no_address(void **state)
{
    struct bytes none = { 0 };
    assert_true(bytes_eq(none, bytes_str("")));
    assert_int_equal(bytes_cmp(none, none), 0);
    assert_true(bytes_starts(none, none));
    assert_int_equal(bytes_skip(none, 1).n, 0);
}

static void everything_starts_with_nothing_and_itself(void **state)
{
    struct bytes text = bytes_str("/services/");
    assert_true(bytes_starts(text, bytes_str("")));
    assert_true(bytes_starts(text, text));
    assert_true(bytes_starts(text, bytes_str("/serv")));
    assert_false(bytes_starts(bytes_str("/serv"), text));
    assert_false(bytes_starts(text, bytes_str("serv")));
}

static void skipping_more_than_there_is_leaves_nothing(void **state)
{
    assert_true(bytes_is(bytes_skip(bytes_str("abc"), 1), "bc"));
    assert_true(bytes_is(bytes_skip(bytes_str("abc"), 0), "abc"));
    assert_int_equal(bytes_skip(bytes_str("abc"), 3).n, 0);
    assert_int_equal(bytes_skip(bytes_str("abc"), SIZE_MAX).n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order_is_bytewise_and_a_prefix_comes_first),
        cmocka_unit_test(bytes_above_127_come_after_those_below),
        cmocka_unit_test(a_nul_is_a_byte_like_others),
        cmocka_unit_test(empty_bytes_may_have_no_address),
        cmocka_unit_test(everything_starts_with_nothing_and_itself),
        cmocka_unit_test(skipping_more_than_there_is_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
