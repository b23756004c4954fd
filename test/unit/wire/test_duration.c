#include "wire/duration.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/compiler.h"

static const int64_t US = 1000, MS = 1000000, S = 1000000000, M = 60000000000, H = 3600000000000;

static void assert_reads(const char *text, int64_t wanted)
{
    int64_t ns = -1;
    if (duration_parse(bytes_str(text), &ns) != OK || ns != wanted)
        fail_msg("'%s' gives %lld", text, (long long)ns);
}

static void every_unit_is_read(void **state)
{
    assert_reads("7ns", 7);
    assert_reads("7us", 7 * US);
    assert_reads("7\xc2\xb5s", 7 * US); /* micro sign */
    assert_reads("7\xce\xbcs", 7 * US); /* Greek mu */
    assert_reads("7ms", 7 * MS);
    assert_reads("7s", 7 * S);
    assert_reads("7m", 7 * M);
    assert_reads("7h", 7 * H);
}

static void parts_are_added(void **state)
{
    assert_reads("1h30m", 90 * M);
    assert_reads("1m1s1ms1us1ns", M + S + MS + US + 1);
    assert_reads("3s1h", H + 3 * S); /* Go minds no order */
}

static void fractions_and_signs_are_read(void **state)
{
    assert_reads("1.5s", 1500 * MS);
    assert_reads(".5s", 500 * MS);
    assert_reads("1.s", S);
    assert_reads("0.1s", 100 * MS);
    assert_reads("0.57s", 570 * MS);
    assert_reads("1.0000000001h", H + 360);
    assert_reads("0.100000000000000000000h", 6 * M); /* more digits than a double has */
    assert_reads("-1.5h", -90 * M);
    assert_reads("+5s", 5 * S);
}

static void zero_needs_no_unit(void **state)
{
    assert_reads("0", 0);
    assert_reads("-0", 0);
    assert_reads("0s", 0);
}

static void what_is_no_duration_is_malformed(void **state)
{
    static const char *const texts[] = { "",     "3",    "-",   "s",   ".s",   "1",
                                         "1d",   "1 s",  " 1s", "1s ", "+-1s", "1.2.3s",
                                         "1,5s", "1e3s", "10",  "1S" };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        int64_t ns = 42;
        assert_int_equal(duration_parse(bytes_str(texts[i]), &ns), ERR_MALFORMED);
        assert_int_equal(ns, 42);
    }
}

static void what_does_not_fit_is_too_big(void **state)
{
    int64_t ns;
    assert_reads("9223372036854775807ns", INT64_MAX);
    assert_int_equal(duration_parse(bytes_str("9223372036854775808ns"), &ns), ERR_TOO_BIG);
    assert_int_equal(duration_parse(bytes_str("2562048h"), &ns), ERR_TOO_BIG);
    assert_int_equal(duration_parse(bytes_str("2562047h2562047h"), &ns), ERR_TOO_BIG);
    assert_int_equal(duration_parse(bytes_str("99999999999999999999s"), &ns), ERR_TOO_BIG);
}

static void assert_prints(int64_t ns, const char *wanted)
{
    struct buf out;
    buf_init(&out, 100);
    duration_print(ns, &out);
    buf_put_u8(&out, 0);
    assert_string_equal((const char *)out.p, wanted);
    buf_fini(&out);
}

/* As Go's time.Duration.String prints them. */
static void printed_as_go_prints(void **state)
{
    assert_prints(0, "0s");
    assert_prints(1, "1ns");
    assert_prints(1100, "1.1\xc2\xb5s");
    assert_prints(2200 * US, "2.2ms");
    assert_prints(100 * MS, "100ms");
    assert_prints(3300 * MS, "3.3s");
    assert_prints(4 * M + 5 * S, "4m5s");
    assert_prints(4 * M + 5001 * MS, "4m5.001s");
    assert_prints(5 * H + 6 * M + 7001 * MS, "5h6m7.001s");
    assert_prints(8 * M + 1, "8m0.000000001s");
    assert_prints(24 * H, "24h0m0s");
    assert_prints(-90 * S, "-1m30s");
    assert_prints(INT64_MAX, "2562047h47m16.854775807s");
    assert_prints(INT64_MIN, "-2562047h47m16.854775808s");
}

static void what_is_printed_is_read_back(void **state)
{
    static const int64_t times[] = { 0,         1,          999,           1000,     123456,
                                     999999999, 1000000001, 3599999999999, -5000000, INT64_MAX };
    for (size_t i = 0; i < ARRAY_LEN(times); i++) {
        struct buf out;
        int64_t ns;
        buf_init(&out, 100);
        duration_print(times[i], &out);
        assert_int_equal(duration_parse(buf_bytes(&out), &ns), OK);
        assert_true(ns == times[i]);
        buf_fini(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_unit_is_read),
        cmocka_unit_test(parts_are_added),
        cmocka_unit_test(fractions_and_signs_are_read),
        cmocka_unit_test(zero_needs_no_unit),
        cmocka_unit_test(what_is_no_duration_is_malformed),
        cmocka_unit_test(what_does_not_fit_is_too_big),
        cmocka_unit_test(printed_as_go_prints),
        cmocka_unit_test(what_is_printed_is_read_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
