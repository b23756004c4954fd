/* What waits for clients: its sum, and who is given up. */
#include "net/unsent.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test/lib/loops.h"

enum { STALL_MS = 50 };

static struct loop *loop;
static struct unsent u;
static struct unsent_share a, b;
static unsigned given_up;

static void give_up(struct unsent_share *share)
{
    given_up++;
    unsent_set(&u, share, 0);
}

static int set_up(void **state)
{
    assert_int_equal(loop_new("unsent", &loop), OK);
    unsent_init(&u, loop, 100, STALL_MS);
    a = (struct unsent_share){ .give_up = give_up };
    b = (struct unsent_share){ .give_up = give_up };
    given_up = 0;
    return 0;
}

static int tear_down(void **state)
{
    unsent_set(&u, &a, 0);
    unsent_set(&u, &b, 0);
    unsent_fini(&u);
    loop_free(loop);
    return 0;
}

static void room_ends_at_the_limit(void **state)
{
    unsent_set(&u, &a, 60);
    unsent_set(&u, &b, 39);
    assert_int_equal(unsent_room(&u), 1);
    unsent_set(&u, &b, 40);
    assert_int_equal(unsent_room(&u), 0);
    unsent_set(&u, &b, 41);
    assert_int_equal(unsent_room(&u), 0);
    unsent_set(&u, &a, 0);
    assert_int_equal(unsent_room(&u), 59);
}

static void wait_until_given_up(unsigned n)
{
    uint64_t until = clock_now_ns() + LOOPS_DEADLINE_MS * UINT64_C(1000000);
    while (given_up < n && clock_now_ns() < until)
        loops_run_turns(loop, 1);
    assert_int_equal(given_up, n);
}

/* B moves for longer than A may stand still. (Unless this thread itself stood still: then B too.)
 */
static void only_what_does_not_move_is_given_up(void **state)
{
    unsent_set(&u, &a, 10);
    unsent_set(&u, &b, 90);
    uint64_t now = 0;
    for (size_t left = 90; given_up == 0; left -= left > 1 ? 1 : 0) {
        now = loop_now_ms(loop);
        unsent_set(&u, &b, left);
        unsent_set(&u, &a, a.bytes == 0 ? 0 : a.bytes + 1); /* more to send is not a move */
        for (uint64_t ns = clock_now_ns(); given_up == 0 && loop_now_ms(loop) < now + 2;) {
            loops_run_turns(loop, 1);
            assert_true(clock_now_ns() - ns < LOOPS_DEADLINE_MS * UINT64_C(1000000));
        }
    }
    assert_int_equal(a.bytes, 0);
    assert_true(b.bytes > 0 || loop_now_ms(loop) >= now + STALL_MS);
    wait_until_given_up(2);
    assert_true(unsent_room(&u) == SIZE_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(room_ends_at_the_limit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(only_what_does_not_move_is_given_up, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("unsent", tests, NULL, NULL);
}
