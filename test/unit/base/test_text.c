#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/compiler.h"

static void the_whole_range_of_u64_is_read(void **state)
{
    uint64_t v;
    assert_true(text_u64(bytes_str("0"), &v));
    assert_true(v == 0);
    assert_true(text_u64(bytes_str("18446744073709551615"), &v));
    assert_true(v == UINT64_MAX);
    assert_true(text_u64(bytes_str("007"), &v));
    assert_true(v == 7);
}

static void what_is_no_u64_is_refused_and_leaves_the_result(void **state)
{
    static const char *const texts[] = { "",
                                         "-1",
                                         "+1",
                                         " 1",
                                         "1 ",
                                         "1x",
                                         "0x1",
                                         "1.0",
                                         "18446744073709551616",
                                         "99999999999999999999999" };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        uint64_t v = 42;
        assert_false(text_u64(bytes_str(texts[i]), &v));
        assert_true(v == 42);
    }
}

static void a_nul_inside_a_number_is_refused(void **state)
{
    uint64_t v;
    assert_false(text_u64(bytes_of("1\0", 2), &v));
}

static void the_whole_range_of_i64_is_read(void **state)
{
    int64_t v;
    assert_true(text_i64(bytes_str("9223372036854775807"), &v));
    assert_true(v == INT64_MAX);
    assert_true(text_i64(bytes_str("-9223372036854775808"), &v));
    assert_true(v == INT64_MIN);
    assert_true(text_i64(bytes_str("-0"), &v));
    assert_true(v == 0);
}

static void what_is_no_i64_is_refused(void **state)
{
    static const char *const texts[] = {
        "", "-", "--1", "+1", "- 1", "9223372036854775808", "-9223372036854775809"
    };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        int64_t v;
        assert_false(text_i64(bytes_str(texts[i]), &v));
    }
}

static void only_ascii_letters_lose_their_case(void **state)
{
    assert_true(text_eq_nocase(bytes_str("Content-TYPE"), bytes_str("content-type")));
    assert_false(text_eq_nocase(bytes_str("a"), bytes_str("b")));
    assert_false(text_eq_nocase(bytes_str("a"), bytes_str("aa")));
    assert_false(text_eq_nocase(bytes_str("[@"), bytes_str("{`"))); /* 32 apart, no letters */
    assert_false(text_eq_nocase(bytes_str("\xc3\x84"), bytes_str("\xc3\xa4")));
}

static void well_formed_utf8_is_taken(void **state)
{
    static const char *const texts[] = { "",
                                         "plain",
                                         "\xc2\x80",
                                         "\xdf\xbf",
                                         "\xe0\xa0\x80",
                                         "\xed\x9f\xbf", /* below the surrogates */
                                         "\xee\x80\x80", /* above them */
                                         "\xef\xbf\xbf",
                                         "\xf0\x90\x80\x80",
                                         "\xf4\x8f\xbf\xbf", /* U+10FFFF */
                                         "a\xe4\xb8\xad\xe6\x96\x87z" };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        assert_true(text_is_utf8(bytes_str(texts[i])));
    assert_true(text_is_utf8(bytes_of("a\0b", 3)));
}

static void ill_formed_utf8_is_refused(void **state)
{
    static const char *const texts[] = {
        "\x80",             /* a continuation alone */
        "\xc0\xaf",         /* over-long slash */
        "\xc1\xbf",         /* over-long */
        "\xe0\x9f\xbf",     /* over-long */
        "\xed\xa0\x80",     /* a surrogate */
        "\xed\xbf\xbf",     /* a surrogate */
        "\xf0\x8f\xbf\xbf", /* over-long */
        "\xf4\x90\x80\x80", /* above U+10FFFF */
        "\xf5\x80\x80\x80",
        "\xff",
        "\xc3", /* cut */
        "\xe4\xb8",
        "\xf0\x9f\x98",
        "\xc3(", /* no continuation */
        "\xe4\xb8(",
        "\xf0\x9f\x98(",
        "ab\xff!", /* in the middle */
    };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        assert_false(text_is_utf8(bytes_str(texts[i])));
}

static void every_character_is_written_and_read_again(void **state)
{
    for (uint32_t rune = 0; rune <= 0x10ffff; rune++) {
        uint8_t out[4];
        uint32_t again = 0;
        size_t n = text_put_rune(rune, out);
        bool is_surrogate = rune >= 0xd800 && rune <= 0xdfff;
        assert_int_equal(text_rune(bytes_of(out, n), &again), is_surrogate ? 0 : n);
        assert_int_equal(again, is_surrogate ? 0 : rune);
        assert_int_equal(text_rune(bytes_of(out, n - 1), &again), 0);
    }
}

static void first_character_says_nothing_of_what_follows(void **state)
{
    uint32_t rune = 0;
    assert_int_equal(text_rune(bytes_str("\xc3\xa4\xff"), &rune), 2);
    assert_int_equal(rune, 0xe4);
    assert_int_equal(text_rune(bytes_str("\xff\xc3\xa4"), &rune), 0);
    assert_int_equal(rune, 0xe4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_whole_range_of_u64_is_read),
        cmocka_unit_test(what_is_no_u64_is_refused_and_leaves_the_result),
        cmocka_unit_test(a_nul_inside_a_number_is_refused),
        cmocka_unit_test(the_whole_range_of_i64_is_read),
        cmocka_unit_test(what_is_no_i64_is_refused),
        cmocka_unit_test(only_ascii_letters_lose_their_case),
        cmocka_unit_test(well_formed_utf8_is_taken),
        cmocka_unit_test(ill_formed_utf8_is_refused),
        cmocka_unit_test(every_character_is_written_and_read_again),
        cmocka_unit_test(first_character_says_nothing_of_what_follows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
