#include "health/report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static const struct bytes a = { (const uint8_t *)"a", 1 }, b = { (const uint8_t *)"b", 1 };

static void first_result_is_told(void **state)
{
    struct report r = { 0 };
    assert_true(report_is_due(&r, STATUS_UP, a, 1000));
    assert_false(report_is_due(&r, STATUS_UP, a, 2000));
}

static void change_of_status_is_told_at_once(void **state)
{
    struct report r = { 0 };
    assert_true(report_is_due(&r, STATUS_UP, a, 1000));
    assert_true(report_is_due(&r, STATUS_DOWN, a, 1001));
    assert_true(report_is_due(&r, STATUS_UP, b, 1002));
}

static void change_of_output_alone_waits_five_minutes(void **state)
{
    struct report r = { 0 };
    assert_true(report_is_due(&r, STATUS_UP, a, 1000));
    assert_false(report_is_due(&r, STATUS_UP, b, 1000 + REPORT_OUTPUT_INTERVAL_MS - 1));
    assert_true(report_is_due(&r, STATUS_UP, b, 1000 + REPORT_OUTPUT_INTERVAL_MS));
    assert_false(report_is_due(&r, STATUS_UP, a, 1001 + REPORT_OUTPUT_INTERVAL_MS));
}

static void output_that_came_back_is_not_told(void **state)
{
    struct report r = { 0 };
    assert_true(report_is_due(&r, STATUS_UP, a, 1000));
    assert_false(report_is_due(&r, STATUS_UP, a, 1000 + 2 * REPORT_OUTPUT_INTERVAL_MS));
}

static void what_stands_in_the_row_counts_as_told(void **state)
{
    struct report r;
    report_init(&r, STATUS_DOWN, a, 1000);
    assert_false(report_is_due(&r, STATUS_DOWN, a, 1001));
    assert_false(report_is_due(&r, STATUS_DOWN, b, 1001));
    assert_true(report_is_due(&r, STATUS_UP, a, 1001));
}

static void first_output_of_a_row_without_one_is_told(void **state)
{
    const struct bytes none = { 0 };
    struct report r;
    report_init(&r, STATUS_DOWN, none, 1000);
    assert_true(report_is_due(&r, STATUS_DOWN, a, 1001));
    assert_false(report_is_due(&r, STATUS_DOWN, none, 1002));
    assert_true(report_is_due(&r, STATUS_UP, none, 1003));
    assert_false(report_is_due(&r, STATUS_UP, a, 1004));
}

static void assert_output(struct bytes output, uint64_t total, size_t max, const char *expected)
{
    struct buf out;
    buf_init(&out, 1000);
    report_output(output, total, max, &out);
    buf_put_u8(&out, 0);
    assert_string_equal((const char *)out.p, expected);
    buf_fini(&out);
}

static void output_is_cut_with_a_note(void **state)
{
    assert_output(bytes_str("abcd"), 4, 4, "abcd");
    assert_output(bytes_str("abcde"), 5, 4, "abcd\n...\nCaptured 4 of 5 bytes\n...\n");
    assert_output(bytes_str("abcd"), 1000, 4, "abcd\n...\nCaptured 4 of 1000 bytes\n...\n");
}

static void output_is_cut_between_characters(void **state)
{
    assert_output(bytes_str("ab\xc3\xa4"), 4, 3, "ab\n...\nCaptured 2 of 4 bytes\n...\n");
    assert_output(bytes_str("ab\xc3\xa4"), 4, 4, "ab\xc3\xa4");
}

static void bytes_that_are_no_text_are_replaced(void **state)
{
    assert_output(bytes_of("a\xff\0z", 4), 4, 100, "a\xef\xbf\xbd z");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_result_is_told),
        cmocka_unit_test(change_of_status_is_told_at_once),
        cmocka_unit_test(change_of_output_alone_waits_five_minutes),
        cmocka_unit_test(output_that_came_back_is_not_told),
        cmocka_unit_test(what_stands_in_the_row_counts_as_told),
        cmocka_unit_test(first_output_of_a_row_without_one_is_told),
        cmocka_unit_test(output_is_cut_with_a_note),
        cmocka_unit_test(output_is_cut_between_characters),
        cmocka_unit_test(bytes_that_are_no_text_are_replaced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
