#include "wire/time_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static const struct {
    const char *text;
    uint64_t ms;
} times[] = {
    { "1970-01-01T00:00:00.001Z", 1 },
    { "2000-02-29T00:00:00Z", UINT64_C(951782400000) },
    { "2024-12-31T23:59:59.500Z", UINT64_C(1735689599500) },
    { "2026-11-27T13:47:08Z", UINT64_C(1795787228000) },
    { "2100-03-01T00:00:00Z", UINT64_C(4107542400000) },
    { "9999-12-31T23:59:59.999Z", UINT64_C(253402300799999) },
    { "0001-01-01T00:00:00Z", 0 },
};

static void known_times_are_written_and_read_back(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(times); i++) {
        uint64_t ms = 7;
        struct buf out;
        buf_init(&out, 64);
        time_print(times[i].ms, &out);
        assert_true(bytes_is(buf_bytes(&out), times[i].text));
        assert_int_equal(time_parse(buf_bytes(&out), &ms), OK);
        assert_int_equal(ms, times[i].ms);
        buf_fini(&out);
    }
}

/* Every day of two eras' joint comes back as it was. */
static void days_follow_each_other(void **state)
{
    for (uint64_t day = 10000; day < 30000; day++) {
        uint64_t ms;
        struct buf out;
        buf_init(&out, 64);
        time_print(day * 86400000, &out);
        assert_int_equal(time_parse(buf_bytes(&out), &ms), OK);
        assert_int_equal(ms, day * 86400000);
        buf_fini(&out);
    }
}

static void offsets_and_decimals_are_read(void **state)
{
    uint64_t ms;
    assert_int_equal(time_parse(bytes_str("1970-01-01T01:00:00.1234567+01:00"), &ms), OK);
    assert_int_equal(ms, 123);
    assert_int_equal(time_parse(bytes_str("1969-12-31T23:30:00-00:30"), &ms), OK);
    assert_int_equal(ms, 0);
}

static void what_is_no_time_is_refused(void **state)
{
    static const char *const texts[] = {
        "",
        "1970",
        "1970-01-01",
        "1970-01-01T00:00:00",
        "1970-01-01 00:00:00Z",
        "1970-13-01T00:00:00Z",
        "1970-00-01T00:00:00Z",
        "1970-02-29T00:00:00Z",
        "1970-01-00T00:00:00Z",
        "1970-01-01T24:00:00Z",
        "1970-01-01T00:60:00Z",
        "1970-01-01T00:00:60Z",
        "1970-01-01T00:00:00.Z",
        "1970-01-01T00:00:00Zx",
        "1970-01-01T00:00:00+1:00",
        "1970-01-01T00:00:00+24:00",
        "1969-12-31T23:59:59Z",
        "+970-01-01T00:00:00Z",
    };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        uint64_t ms;
        assert_int_equal(time_parse(bytes_str(texts[i]), &ms), ERR_MALFORMED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_times_are_written_and_read_back),
        cmocka_unit_test(days_follow_each_other),
        cmocka_unit_test(offsets_and_decimals_are_read),
        cmocka_unit_test(what_is_no_time_is_refused),
    };
    return cmocka_run_group_tests_name("time_text", tests, NULL, NULL);
}
