#include "wire/json_writer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "base/text.h"
#include "test/lib/dice.h"

static void assert_written(struct buf *out, const char *wanted)
{
    buf_put_u8(out, 0);
    assert_string_equal((const char *)out->p, wanted);
    buf_fini(out);
}

static struct json_writer begin(struct buf *out)
{
    struct json_writer j;
    buf_init(out, 1 << 20);
    json_init(&j, out);
    return j;
}

static void commas_stand_between_and_nowhere_else(void **state)
{
    struct buf out;
    struct json_writer j = begin(&out);
    json_open_object(&j);
    json_put_name(&j, "a");
    json_put_int(&j, 1);
    json_put_name(&j, "b");
    json_open_array(&j);
    json_put_uint(&j, 2);
    json_put_null(&j);
    json_put_bool(&j, true);
    json_close_array(&j);
    json_put_name(&j, "c");
    json_open_object(&j);
    json_close_object(&j);
    json_close_object(&j);
    assert_written(&out, "{\"a\":1,\"b\":[2,null,true],\"c\":{}}");
}

static void empty_containers_are_followed_by_a_comma(void **state)
{
    struct buf out;
    struct json_writer j = begin(&out);
    json_open_array(&j);
    for (unsigned i = 0; i < 2; i++) {
        json_open_array(&j);
        json_close_array(&j);
    }
    json_open_object(&j);
    json_close_object(&j);
    json_put_str(&j, "x");
    json_close_array(&j);
    assert_written(&out, "[[],[],{},\"x\"]");
}

static void values_without_a_container_stand_alone(void **state)
{
    struct buf out;
    struct json_writer j = begin(&out);
    json_put_bool(&j, false);
    assert_written(&out, "false");
}

static void whole_numbers_keep_every_digit(void **state)
{
    struct buf out;
    struct json_writer j = begin(&out);
    json_open_array(&j);
    json_put_int(&j, INT64_MIN);
    json_put_int(&j, INT64_MAX);
    json_put_uint(&j, UINT64_MAX);
    json_close_array(&j);
    assert_written(&out, "[-9223372036854775808,9223372036854775807,18446744073709551615]");
}

static void doubles_are_short_and_as_go_writes_them(void **state)
{
    static const struct {
        double v;
        const char *text;
    } rows[] = { { 0, "0" },
                 { 1, "1" },
                 { -1.5, "-1.5" },
                 { 0.00001, "0.00001" },
                 { 0.000001, "0.000001" },
                 { 0.00000123, "0.00000123" },
                 { 0.0000001, "1e-7" },
                 { -0.00000025, "-2.5e-7" },
                 { 0.1, "0.1" },
                 { 100, "100" },
                 { 120.25, "120.25" },
                 { 1e20, "100000000000000000000" },
                 { 1e21, "1e+21" },
                 { 1.5e300, "1.5e+300" },
                 { 0x1p-1074, "5e-324" },
                 { 0x1p-1022, "2.2250738585072014e-308" },
                 { 0x1p+70, "1.1805916207174113e+21" },
                 { 0x1.fffffffffffffp+1023, "1.7976931348623157e+308" },
                 { 0.1 + 0.2, "0.30000000000000004" } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf out;
        struct json_writer j = begin(&out);
        json_put_double(&j, rows[i].v);
        assert_written(&out, rows[i].text);
    }
}

static void what_json_forbids_is_escaped(void **state)
{
    struct buf out;
    struct json_writer j = begin(&out);
    json_put_string(&j, bytes_of("\"\\/\b\f\n\r\t\x01\x1f\0", 11));
    assert_written(&out, "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\\u0000\"");
}

/* The text between the quotes that the writer makes of it. */
static void escape_alone(const char *text, size_t n, struct buf *out)
{
    buf_init(out, 64);
    json_escape(out, bytes_of(text, n));
}

static void every_byte_is_written_between_others_as_it_is_alone(void **state)
{
    for (unsigned c = 0; c < 256; c++) {
        const char text[] = { 'a', 'b', (char)c, '~', ' ' };
        struct buf whole, part;
        escape_alone(text, sizeof text, &whole);
        escape_alone(text + 2, 1, &part);
        assert_int_equal(whole.n, part.n + 4);
        assert_memory_equal(whole.p, "ab", 2);
        assert_memory_equal(whole.p + 2, part.p, part.n);
        assert_memory_equal(whole.p + 2 + part.n, "~ ", 2);
        buf_fini(&whole);
        buf_fini(&part);
    }
}

static void base64_is_a_value_like_others(void **state)
{
    struct buf out;
    struct json_writer j = begin(&out);
    json_open_array(&j);
    json_put_base64(&j, bytes_str("hello"));
    json_put_base64(&j, bytes_str(""));
    json_close_array(&j);
    assert_written(&out, "[\"aGVsbG8=\",\"\"]");
}

static void names_are_escaped_too(void **state)
{
    struct buf out;
    struct json_writer j = begin(&out);
    json_open_object(&j);
    json_put_name(&j, "a\"b");
    json_put_str(&j, "");
    json_close_object(&j);
    assert_written(&out, "{\"a\\\"b\":\"\"}");
}

static void text_beyond_ascii_is_kept(void **state)
{
    struct buf out;
    struct json_writer j = begin(&out);
    json_put_str(&j, "\xe4\xb8\xad \xf0\x9f\x98\x80 \xc3\xa9");
    assert_written(&out, "\"\xe4\xb8\xad \xf0\x9f\x98\x80 \xc3\xa9\"");
}

static void bytes_that_are_no_utf8_become_replacement_characters(void **state)
{
    struct buf out;
    struct json_writer j = begin(&out);
    json_put_str(&j, "a\xff"
                     "b\xed\xa0\x80"
                     "c\xe4\xb8");
    assert_written(&out, "\"a\xef\xbf\xbd"
                         "b\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
                         "c\xef\xbf\xbd"
                         "\xef\xbf\xbd\"");
}

static void sixty_three_levels_are_written(void **state)
{
    struct buf out;
    struct json_writer j = begin(&out);
    for (unsigned i = 0; i < JSON_DEPTH_MAX - 1; i++)
        json_open_array(&j);
    for (unsigned i = 0; i < JSON_DEPTH_MAX - 1; i++)
        json_close_array(&j);
    assert_int_equal(out.n, 2 * (JSON_DEPTH_MAX - 1));
    buf_fini(&out);
}

static void a_full_buffer_is_told_by_the_buffer(void **state)
{
    struct buf out;
    struct json_writer j;
    buf_init(&out, 8);
    json_init(&j, &out);
    json_put_str(&j, "longer than eight");
    assert_int_equal(buf_err(&out), ERR_TOO_BIG);
    buf_fini(&out);
}

/* The bytes of one character of a JSON string at TEXT; 0: a strict reader would refuse it. */
static size_t strict_character(struct bytes text)
{
    static const char escaped[] = "\"\\/bfnrt";
    if (text.p[0] < 0x20 || text.p[0] == '"')
        return 0;
    if (text.p[0] != '\\')
        return 1;
    if (text.n > 1 && strchr(escaped, text.p[1]) != NULL && text.p[1] != 0)
        return 2;
    bool is_unicode = text.n > 5 && text.p[1] == 'u';
    for (size_t i = 2; i < 6 && is_unicode; i++)
        is_unicode = strchr("0123456789abcdef", text.p[i]) != NULL && text.p[i] != 0;
    return is_unicode ? 6 : 0;
}

static void random_bytes_make_a_string_that_a_strict_reader_takes(void **state)
{
    struct dice dice = dice_of(5, 0);
    for (unsigned round = 0; round < 5000; round++) {
        struct buf out;
        uint8_t text[40];
        size_t n = dice_below(&dice, sizeof text);
        for (size_t i = 0; i < n; i++)
            text[i] = (uint8_t)(dice_percent(&dice, 50) ? dice_u64(&dice) : dice_below(&dice, 96));
        struct json_writer j = begin(&out);
        json_put_string(&j, bytes_of(text, n));
        assert_true(text_is_utf8(buf_bytes(&out)));
        assert_true(out.n >= 2 && out.p[0] == '"' && out.p[out.n - 1] == '"');
        struct bytes inside = bytes_of(out.p + 1, out.n - 2);
        while (inside.n > 0) {
            size_t used = strict_character(inside);
            assert_int_not_equal(used, 0);
            inside = bytes_skip(inside, used);
        }
        buf_fini(&out);
    }
}

static void durations_are_texts_as_go_writes_them(void **state)
{
    struct buf out;
    struct json_writer j;
    buf_init(&out, 1000);
    json_init(&j, &out);
    json_open_object(&j);
    json_add_duration(&j, "a", 0);
    json_add_duration(&j, "b", INT64_C(90000000000));
    json_add_duration(&j, "c", INT64_MIN);
    json_close_object(&j);
    assert_true(bytes_is(buf_bytes(&out),
                         "{\"a\":\"0s\",\"b\":\"1m30s\",\"c\":\"-2562047h47m16.854775808s\"}"));
    buf_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commas_stand_between_and_nowhere_else),
        cmocka_unit_test(empty_containers_are_followed_by_a_comma),
        cmocka_unit_test(values_without_a_container_stand_alone),
        cmocka_unit_test(whole_numbers_keep_every_digit),
        cmocka_unit_test(doubles_are_short_and_as_go_writes_them),
        cmocka_unit_test(what_json_forbids_is_escaped),
        cmocka_unit_test(every_byte_is_written_between_others_as_it_is_alone),
        cmocka_unit_test(base64_is_a_value_like_others),
        cmocka_unit_test(names_are_escaped_too),
        cmocka_unit_test(text_beyond_ascii_is_kept),
        cmocka_unit_test(bytes_that_are_no_utf8_become_replacement_characters),
        cmocka_unit_test(sixty_three_levels_are_written),
        cmocka_unit_test(durations_are_texts_as_go_writes_them),
        cmocka_unit_test(a_full_buffer_is_told_by_the_buffer),
        cmocka_unit_test(random_bytes_make_a_string_that_a_strict_reader_takes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
