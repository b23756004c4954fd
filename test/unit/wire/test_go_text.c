#include "wire/go_text.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static void assert_unquotes(struct bytes literal, struct bytes wanted)
{
    struct arena arena;
    struct bytes text;
    arena_init(&arena, 0);
    assert_int_equal(go_unquote(literal, &arena, &text), OK);
    assert_true(bytes_eq(text, wanted));
    arena_fini(&arena);
}

static void assert_no_literal(struct bytes literal)
{
    struct arena arena;
    struct bytes text;
    arena_init(&arena, 0);
    assert_int_equal(go_unquote(literal, &arena, &text), ERR_MALFORMED);
    arena_fini(&arena);
}

static void escapes_become_what_they_stand_for(void **state)
{
    assert_unquotes(bytes_str("\"\\a\\b\\f\\n\\r\\t\\v\\\\\\\"\""),
                    bytes_str("\a\b\f\n\r\t\v\\\""));
    assert_unquotes(bytes_str("\"\\x41\\101\\u0041\\U00000041\""), bytes_str("AAAA"));
    assert_unquotes(bytes_str("\"\\xff\\377\\000\""), bytes_of("\xff\xff\0", 3));
    assert_unquotes(bytes_str("\"\\u00e9\\U0001f600\""), bytes_str("\xc3\xa9\xf0\x9f\x98\x80"));
    assert_unquotes(bytes_str("\"'\xc3\xa9\""), bytes_str("'\xc3\xa9"));
    assert_unquotes(bytes_str("\"\""), bytes_str(""));
}

static void raw_text_is_itself_without_carriage_returns(void **state)
{
    assert_unquotes(bytes_str("`a\\n\"\r\n`"), bytes_str("a\\n\"\n"));
    assert_unquotes(bytes_str("``"), bytes_str(""));
}

static void what_is_no_literal_is_refused(void **state)
{
    static const char *const literals[] = {
        "",
        "\"",
        "`",
        "a",
        "\"a`",
        "'a'",
        "\"\\q\"",
        "\"\\'\"",
        "\"\\\"",
        "\"\\x4\"",
        "\"\\xg0\"",
        "\"\\400\"",
        "\"\\08\"",
        "\"\\u004\"",
        "\"a\nb\"",
        "\"\\ud800\"",
        "\"a\"b\"",
        "`a`b`",
        "\"\\U00110000\"",
        "\"\\U0000004\"",
    };
    for (size_t i = 0; i < ARRAY_LEN(literals); i++)
        assert_no_literal(bytes_str(literals[i]));
    assert_no_literal(bytes_of("\"\\\0\"", 4));
}

static void assert_quotes(struct bytes text, const char *wanted)
{
    struct buf out;
    buf_init(&out, 1000);
    go_quote(&out, text);
    buf_put_u8(&out, 0);
    assert_string_equal((const char *)out.p, wanted);
    buf_fini(&out);
}

static void what_is_quoted_can_be_seen(void **state)
{
    assert_quotes(bytes_str("a 'b' \"c\" \\"), "\"a 'b' \\\"c\\\" \\\\\"");
    assert_quotes(bytes_str("\a\b\f\n\r\t\v"), "\"\\a\\b\\f\\n\\r\\t\\v\"");
    assert_quotes(bytes_of("\0\x1f\x7f", 3), "\"\\x00\\x1f\\x7f\"");
    assert_quotes(bytes_str("\xc3\xa9\xf0\x9f\x98\x80"), "\"\xc3\xa9\xf0\x9f\x98\x80\"");
    assert_quotes(bytes_str("\xc2\xa0\xe2\x80\xa8\xef\xbb\xbf"), "\"\\u00a0\\u2028\\ufeff\"");
    assert_quotes(bytes_str("\xf3\xa0\x80\x81"), "\"\\U000e0001\"");
    assert_quotes(bytes_str("a\xff\xc3"), "\"a\\xff\\xc3\"");
}

static void what_is_quoted_is_read_again(void **state)
{
    for (unsigned c = 0; c < 256; c++) {
        uint8_t text[] = { 'a', (uint8_t)c, 'b' };
        struct buf out;
        buf_init(&out, 100);
        go_quote(&out, bytes_of(text, 3));
        assert_unquotes(buf_bytes(&out), bytes_of(text, 3));
        buf_fini(&out);
    }
}

static void assert_int(const char *text, unsigned bits, enum err wanted, int64_t value)
{
    int64_t v = 99;
    assert_int_equal(go_read_int(bytes_str(text), bits, &v), wanted);
    assert_true(v == (wanted == OK ? value : 99));
}

static void integers_have_signs_bases_and_underscores(void **state)
{
    assert_int("0", 64, OK, 0);
    assert_int("-0", 64, OK, 0);
    assert_int("+12", 64, OK, 12);
    assert_int("0x1F", 64, OK, 31);
    assert_int("-0b101", 64, OK, -5);
    assert_int("0o17", 64, OK, 15);
    assert_int("017", 64, OK, 15);
    assert_int("1_000", 64, OK, 1000);
    assert_int("0x_1", 64, OK, 1);
    assert_int("0_7", 64, OK, 7);
    static const char *const none[] = { "",     "-",  "+",  "x",     "1x",  "0x",  "0b2", "08",
                                        "1__0", "_1", "1_", "0x__1", "--1", "1.0", " 1",  "0_x1" };
    for (size_t i = 0; i < ARRAY_LEN(none); i++)
        assert_int(none[i], 64, ERR_MALFORMED, 0);
}

static void integers_end_at_their_bits(void **state)
{
    assert_int("127", 8, OK, 127);
    assert_int("128", 8, ERR_TOO_BIG, 0);
    assert_int("-128", 8, OK, -128);
    assert_int("-129", 8, ERR_TOO_BIG, 0);
    assert_int("9223372036854775807", 64, OK, INT64_MAX);
    assert_int("9223372036854775808", 64, ERR_TOO_BIG, 0);
    assert_int("-9223372036854775808", 64, OK, INT64_MIN);
    assert_int("-9223372036854775809", 64, ERR_TOO_BIG, 0);
    assert_int("99999999999999999999999", 64, ERR_TOO_BIG, 0);
    uint64_t v = 99;
    assert_int_equal(go_read_uint(bytes_str("18446744073709551615"), 64, &v), OK);
    assert_true(v == UINT64_MAX);
    assert_int_equal(go_read_uint(bytes_str("18446744073709551616"), 64, &v), ERR_TOO_BIG);
    assert_int_equal(go_read_uint(bytes_str("65535"), 16, &v), OK);
    assert_int_equal(go_read_uint(bytes_str("65536"), 16, &v), ERR_TOO_BIG);
    assert_int_equal(go_read_uint(bytes_str("-1"), 64, &v), ERR_MALFORMED);
    assert_int_equal(go_read_uint(bytes_str("+1"), 64, &v), ERR_MALFORMED);
}

static void floats_are_decimal_hexadecimal_or_special(void **state)
{
    static const struct {
        const char *text;
        double value;
    } rows[] = {
        { "0.5", 0.5 },    { "-.5", -0.5 },
        { "5.", 5 },       { "1e3", 1000 },
        { "1E+3", 1000 },  { "0x1p-1", 0.5 },
        { "0x1.8p1", 3 },  { "inf", INFINITY },
        { "1_0.5", 10.5 }, { "-Infinity", -INFINITY },
        { "1e-999", 0 },
    };
    static const char *const none[] = { "",   ".",  "e1",   "1e", "1e+", "0x1",  "0x",   "1p1",
                                        "1_", "_1", "1__0", " 1", "1 ",  "infx", "+nan", "0x.p1" };
    double v;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_int_equal(go_read_float(bytes_str(rows[i].text), &v), OK);
        assert_true(v == rows[i].value);
    }
    for (size_t i = 0; i < ARRAY_LEN(none); i++)
        assert_int_equal(go_read_float(bytes_str(none[i]), &v), ERR_MALFORMED);
    assert_int_equal(go_read_float(bytes_str("NaN"), &v), OK);
    assert_true(isnan(v));
    assert_int_equal(go_read_float(bytes_str("1e400"), &v), ERR_TOO_BIG);
}

static void truths_have_six_spellings_each(void **state)
{
    static const char *const texts[] = { "1", "t", "T", "true",  "True",  "TRUE",
                                         "0", "f", "F", "false", "False", "FALSE" };
    bool v;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        assert_int_equal(go_read_bool(bytes_str(texts[i]), &v), OK);
        assert_int_equal(v, i < 6);
    }
    assert_int_equal(go_read_bool(bytes_str("yes"), &v), ERR_MALFORMED);
    assert_int_equal(go_read_bool(bytes_str("tRUE"), &v), ERR_MALFORMED);
    assert_int_equal(go_read_bool(bytes_str(""), &v), ERR_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(escapes_become_what_they_stand_for),
        cmocka_unit_test(raw_text_is_itself_without_carriage_returns),
        cmocka_unit_test(what_is_no_literal_is_refused),
        cmocka_unit_test(what_is_quoted_can_be_seen),
        cmocka_unit_test(what_is_quoted_is_read_again),
        cmocka_unit_test(integers_have_signs_bases_and_underscores),
        cmocka_unit_test(integers_end_at_their_bits),
        cmocka_unit_test(floats_are_decimal_hexadecimal_or_special),
        cmocka_unit_test(truths_have_six_spellings_each),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
