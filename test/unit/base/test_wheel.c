#include "base/wheel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "test/lib/dice.h"

enum { HOUR_MS = 3600 * 1000 };

/* Advances and counts what rang. */
static size_t advance(struct wheel *w, uint64_t now_ms)
{
    struct list rung;
    size_t n = 0;
    list_init(&rung);
    wheel_advance(w, now_ms, &rung);
    LIST_FOR_EACH(link, &rung)
    {
        list_remove(link);
        n++;
    }
    return n;
}

static void a_timer_rings_at_its_time_and_not_before(void **state)
{
    static const uint64_t spans[] = { 1,
                                      2,
                                      63,
                                      64,
                                      65,
                                      4095,
                                      4096,
                                      4097,
                                      262143,
                                      262144,
                                      HOUR_MS,
                                      24ULL * HOUR_MS,
                                      400ULL * 24 * HOUR_MS };
    for (size_t i = 0; i < ARRAY_LEN(spans); i++)
        for (uint64_t begin = 0; begin < 5000; begin += 777) {
            struct wheel w;
            struct wheel_timer t = { 0 };
            wheel_init(&w, begin);
            wheel_set(&w, &t, begin + spans[i]);
            assert_int_equal(advance(&w, begin + spans[i] - 1), 0);
            assert_true(wheel_timer_is_set(&t));
            assert_int_equal(advance(&w, begin + spans[i]), 1);
            assert_false(wheel_timer_is_set(&t));
        }
}

static void a_time_that_has_passed_rings_at_the_next_advance(void **state)
{
    struct wheel w;
    struct wheel_timer t = { 0 };
    wheel_init(&w, 1000);
    wheel_set(&w, &t, 10);
    assert_int_equal(advance(&w, 1001), 1);
}

static void a_canceled_timer_does_not_ring(void **state)
{
    struct wheel w;
    struct wheel_timer t = { 0 };
    wheel_init(&w, 0);
    wheel_set(&w, &t, 100);
    wheel_cancel(&w, &t);
    wheel_cancel(&w, &t);
    assert_int_equal(w.timer_n, 0);
    assert_int_equal(advance(&w, 1000), 0);
}

static void setting_a_set_timer_moves_it(void **state)
{
    struct wheel w;
    struct wheel_timer t = { 0 };
    wheel_init(&w, 0);
    wheel_set(&w, &t, 100);
    wheel_set(&w, &t, 5000);
    assert_int_equal(w.timer_n, 1);
    assert_int_equal(advance(&w, 4999), 0);
    assert_int_equal(advance(&w, 5000), 1);
}

static void one_long_step_rings_all_in_order_of_time(void **state)
{
    enum { TIMERS = 3000 };
    static struct wheel_timer timers[TIMERS];
    struct wheel w;
    struct dice dice = dice_of(3, 0);
    struct list rung;
    wheel_init(&w, 12345);
    for (size_t i = 0; i < TIMERS; i++) {
        timers[i] = (struct wheel_timer){ 0 };
        wheel_set(&w, &timers[i], 12345 + dice_below(&dice, 30ULL * HOUR_MS));
    }
    list_init(&rung);
    wheel_advance(&w, 12345 + 30ULL * HOUR_MS, &rung);
    uint64_t last = 0;
    size_t n = 0;
    LIST_FOR_EACH(link, &rung)
    {
        const struct wheel_timer *t = CONTAINER_OF(link, struct wheel_timer, link);
        assert_true(t->at_ms >= last);
        last = t->at_ms;
        n++;
        list_remove(link);
    }
    assert_int_equal(n, TIMERS);
    assert_int_equal(w.timer_n, 0);
}

static void without_timers_there_is_no_next(void **state)
{
    struct wheel w;
    wheel_init(&w, 5);
    assert_true(wheel_next_ms(&w) == UINT64_MAX);
    assert_int_equal(advance(&w, UINT64_MAX / 2), 0);
    assert_true(w.now_ms == UINT64_MAX / 2);
}

static void sleeping_until_next_never_oversleeps(void **state)
{
    struct wheel w;
    struct wheel_timer t = { 0 };
    wheel_init(&w, 77);
    wheel_set(&w, &t, 77 + 50ULL * HOUR_MS);
    unsigned wakes = 0;
    while (wheel_timer_is_set(&t)) {
        uint64_t next = wheel_next_ms(&w);
        assert_true(next > w.now_ms && next <= t.at_ms);
        advance(&w, next);
        assert_true(++wakes <= WHEEL_LEVELS); /* and it seldom wakes in vain */
    }
}

/* Against a table that is searched: what a wheel is to be, slowly. */
static void random_work_does_what_a_plain_table_does(void **state)
{
    enum { TIMERS = 200, STEPS = 20000 };
    static struct wheel_timer timers[TIMERS];
    uint64_t at[TIMERS] = { 0 }, now = 1000;
    struct wheel w;
    uint64_t seed = dice_env("MUSTER_SEED", 11);
    struct dice dice = dice_of(seed, 0);
    print_message("seed %llu\n", (unsigned long long)seed);
    for (size_t i = 0; i < TIMERS; i++)
        timers[i] = (struct wheel_timer){ 0 };
    wheel_init(&w, now);
    for (unsigned step = 0; step < STEPS; step++) {
        size_t i = dice_below(&dice, TIMERS);
        if (dice_percent(&dice, 60)) {
            at[i] = now + 1 + dice_below(&dice, (size_t)1 << dice_below(&dice, 33));
            wheel_set(&w, &timers[i], at[i]);
        } else if (dice_percent(&dice, 30)) {
            wheel_cancel(&w, &timers[i]);
            at[i] = 0;
        } else {
            now += dice_below(&dice, (size_t)1 << dice_below(&dice, 24));
            size_t wanted = 0;
            for (size_t k = 0; k < TIMERS; k++)
                if (at[k] != 0 && at[k] <= now) {
                    at[k] = 0;
                    wanted++;
                }
            assert_int_equal(advance(&w, now), wanted);
        }
        size_t set = 0;
        for (size_t k = 0; k < TIMERS; k++)
            set += at[k] != 0;
        assert_int_equal(w.timer_n, set);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_timer_rings_at_its_time_and_not_before),
        cmocka_unit_test(a_time_that_has_passed_rings_at_the_next_advance),
        cmocka_unit_test(a_canceled_timer_does_not_ring),
        cmocka_unit_test(setting_a_set_timer_moves_it),
        cmocka_unit_test(one_long_step_rings_all_in_order_of_time),
        cmocka_unit_test(without_timers_there_is_no_next),
        cmocka_unit_test(sleeping_until_next_never_oversleeps),
        cmocka_unit_test(random_work_does_what_a_plain_table_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
