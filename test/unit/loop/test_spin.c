#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "loop/spin.h"

enum { US = 1000 };

/* A turn with work, then looks every 10 us until GAP_US have passed; the next work comes then.
 * Returns how long it looked on. */
static unsigned pause_of(struct spin *s, uint64_t *now_ns, unsigned gap_us)
{
    unsigned looked_us = 0;
    bool looks = spin_on(s, true, *now_ns);
    for (unsigned us = 0; us < gap_us; us += 10) {
        *now_ns += 10 * US;
        looked_us += looks ? 10 : 0;
        if (looks && us + 10 < gap_us)
            looks = spin_on(s, false, *now_ns);
    }
    return looked_us;
}

static unsigned pauses_of(struct spin *s, uint64_t *now_ns, unsigned gap_us, unsigned n)
{
    unsigned looked_us = 0;
    for (unsigned i = 0; i < n; i++)
        looked_us += pause_of(s, now_ns, gap_us);
    return looked_us;
}

static void short_pauses_are_looked_through(void **state)
{
    struct spin s = { 0 };
    uint64_t now = 1;
    pauses_of(&s, &now, 20, 100);
    assert_int_equal(pauses_of(&s, &now, 20, 100), 100 * 20);
}

static void long_pauses_cost_a_look_now_and_then(void **state)
{
    struct spin s = { 0 };
    uint64_t now = 1;
    pauses_of(&s, &now, 20, 100);
    pauses_of(&s, &now, 1000, 10); /* the luck is used up */
    assert_in_range(pauses_of(&s, &now, 1000, 1000), 100, 1000 * 100 / 50);
}

static void a_look_ends_after_100_us(void **state)
{
    struct spin s = { 0 };
    uint64_t now = 1;
    pauses_of(&s, &now, 20, 100);
    assert_int_equal(pause_of(&s, &now, 1000), 100);
}

static void without_work_nobody_looks(void **state)
{
    struct spin s = { 0 };
    for (uint64_t now = 0; now < 1000 * US; now += US)
        assert_false(spin_on(&s, false, now));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(short_pauses_are_looked_through),
        cmocka_unit_test(long_pauses_cost_a_look_now_and_then),
        cmocka_unit_test(a_look_ends_after_100_us),
        cmocka_unit_test(without_work_nobody_looks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
