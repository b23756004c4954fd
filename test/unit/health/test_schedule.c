#include "health/schedule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

#include "base/compiler.h"

enum { CHECKS = 2000, SLICES = 20 };

static void first_runs_are_spread_over_the_interval(void **state)
{
    unsigned slices[SLICES] = { 0 };
    for (unsigned i = 0; i < CHECKS; i++) {
        char id[30];
        snprintf(id, sizeof(id), "service:web-%u", i);
        uint64_t at = schedule_first(bytes_str(id), 7, 1000, 5000);
        assert_in_range(at, 5000, 5999);
        slices[(at - 5000) * SLICES / 1000]++;
    }
    for (size_t i = 0; i < SLICES; i++) /* 100 each; 5 standard deviations */
        assert_in_range(slices[i], 50, 150);
}

static void spread_is_of_id_and_seed_alone(void **state)
{
    uint64_t at = schedule_first(bytes_str("a"), 1, 60000, 0);
    assert_int_equal(schedule_first(bytes_str("a"), 1, 60000, 0), at);
    assert_int_equal(schedule_first(bytes_str("a"), 1, 60000, 100), at + 100);
    assert_int_not_equal(schedule_first(bytes_str("a"), 2, 60000, 0), at);
    assert_int_not_equal(schedule_first(bytes_str("b"), 1, 60000, 0), at);
}

static void phase_is_kept(void **state)
{
    static const struct {
        uint64_t due, now, next;
    } rows[] = {
        { 300, 300, 1300 },  { 300, 305, 1300 },  { 300, 1299, 1300 },
        { 300, 1300, 2300 }, { 300, 5000, 5300 }, { 300, 299, 1300 },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_int_equal(schedule_next(rows[i].due, 1000, rows[i].now), rows[i].next);
}

/* A year of runs, each a little late: no drift. */
static void a_year_of_late_runs_does_not_drift(void **state)
{
    uint64_t due = 123, runs = 0;
    while (due < UINT64_C(365) * 24 * 3600 * 1000) {
        due = schedule_next(due, 10000, due + runs % 9000);
        runs++;
    }
    assert_int_equal(due % 10000, 123);
    assert_int_equal(runs, UINT64_C(365) * 24 * 360);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_runs_are_spread_over_the_interval),
        cmocka_unit_test(spread_is_of_id_and_seed_alone),
        cmocka_unit_test(phase_is_kept),
        cmocka_unit_test(a_year_of_late_runs_does_not_drift),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
