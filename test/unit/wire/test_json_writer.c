#include "wire/json_writer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <jansson.h>

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

static void what_json_forbids_is_escaped(void **state)
{
    struct buf out;
    struct json_writer j = begin(&out);
    json_put_string(&j, bytes_of("\"\\/\b\f\n\r\t\x01\x1f\0", 11));
    assert_written(&out, "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\\u0000\"");
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

/* Whatever bytes come, a strict reader takes what was written. */
static void random_bytes_make_a_text_that_jansson_reads(void **state)
{
    struct dice dice = dice_of(5, 0);
    for (unsigned round = 0; round < 2000; round++) {
        struct buf out;
        uint8_t text[40];
        size_t n = dice_below(&dice, sizeof text);
        for (size_t i = 0; i < n; i++) {
            text[i] = (uint8_t)dice_u64(&dice);
            if (text[i] == 0)
                text[i] = 1; /* jansson wants a flag for NUL */
        }
        struct json_writer j = begin(&out);
        json_open_array(&j);
        json_put_string(&j, bytes_of(text, n));
        json_close_array(&j);
        json_t *read = json_loadb((const char *)out.p, out.n, 0, NULL);
        assert_non_null(read);
        json_decref(read);
        buf_fini(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commas_stand_between_and_nowhere_else),
        cmocka_unit_test(empty_containers_are_followed_by_a_comma),
        cmocka_unit_test(values_without_a_container_stand_alone),
        cmocka_unit_test(whole_numbers_keep_every_digit),
        cmocka_unit_test(what_json_forbids_is_escaped),
        cmocka_unit_test(names_are_escaped_too),
        cmocka_unit_test(text_beyond_ascii_is_kept),
        cmocka_unit_test(bytes_that_are_no_utf8_become_replacement_characters),
        cmocka_unit_test(sixty_three_levels_are_written),
        cmocka_unit_test(a_full_buffer_is_told_by_the_buffer),
        cmocka_unit_test(random_bytes_make_a_text_that_jansson_reads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
