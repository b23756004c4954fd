#include "loop/loop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <uv.h>

#include "test/lib/loops.h"

static struct loop *new_loop(void)
{
    struct loop *loop;
    assert_int_equal(loop_new("test", &loop), OK);
    return loop;
}

/* -- hooks -- */

struct note {
    struct loop_hook hook;
    char letter;
    char *log;
    struct note *removes, *adds;
    struct loop *loop;
};

static void write_letter(struct loop_hook *hook)
{
    struct note *note = CONTAINER_OF(hook, struct note, hook);
    size_t n = strlen(note->log);
    if (n < 15)
        note->log[n] = note->letter;
    if (note->removes != NULL)
        loop_hook_remove(&note->removes->hook);
    if (note->adds != NULL)
        loop_hook_add(note->loop, LOOP_STAGE_FLUSH, &note->adds->hook);
    note->adds = NULL;
}

static void hooks_run_in_the_order_of_their_stages(void **state)
{
    char log[16] = "";
    struct loop *loop = new_loop();
    struct note flush = { { .run = write_letter }, 'f', log };
    struct note answer = { { .run = write_letter }, 'a', log };
    struct note mail = { { .run = write_letter }, 'm', log };
    loop_hook_add(loop, LOOP_STAGE_FLUSH, &flush.hook);
    loop_hook_add(loop, LOOP_STAGE_ANSWER, &answer.hook);
    loop_hook_add(loop, LOOP_STAGE_MAIL, &mail.hook);
    loops_run_turns(loop, 2);
    /* The first turn begins at its end: nothing has been polled yet. */
    assert_memory_equal(log, "afmaf", 5);
    loop_hook_remove(&flush.hook);
    loop_hook_remove(&answer.hook);
    loop_hook_remove(&mail.hook);
    loop_free(loop);
}

static void hook_may_remove_the_one_after_it(void **state)
{
    char log[16] = "";
    struct loop *loop = new_loop();
    struct note second = { { .run = write_letter }, '2', log };
    struct note first = { { .run = write_letter }, '1', log, .removes = &second };
    loop_hook_add(loop, LOOP_STAGE_FLUSH, &first.hook);
    loop_hook_add(loop, LOOP_STAGE_FLUSH, &second.hook);
    loops_run_turns(loop, 1);
    assert_null(strchr(log, '2'));
    loop_hook_remove(&first.hook);
    loop_free(loop);
}

static void hook_added_by_a_hook_waits_for_the_next_turn(void **state)
{
    char log[16] = "";
    struct loop *loop = new_loop();
    struct note second = { { .run = write_letter }, '2', log };
    struct note first = { { .run = write_letter }, '1', log, .adds = &second, .loop = loop };
    loop_hook_add(loop, LOOP_STAGE_FLUSH, &first.hook);
    loops_run_turns(loop, 2);
    assert_memory_equal(log, "112", 3);
    loop_hook_remove(&first.hook);
    loop_hook_remove(&second.hook);
    loop_free(loop);
}

struct repeat {
    struct loop_hook hook;
    struct loop *loop;
    unsigned left;
    bool done;
};

static void go_again(struct loop_hook *hook)
{
    struct repeat *r = CONTAINER_OF(hook, struct repeat, hook);
    if (r->left > 0 && --r->left > 0)
        loop_again(r->loop);
    else
        r->done = true;
}

static void again_makes_another_turn_without_an_event(void **state)
{
    struct loop *loop = new_loop();
    struct repeat r = { .hook.run = go_again, .loop = loop, .left = 1000 };
    loop_hook_add(loop, LOOP_STAGE_ANSWER, &r.hook);
    assert_true(loops_run_until_set(loop, &r.done, LOOPS_DEADLINE_MS));
    loop_hook_remove(&r.hook);
    loop_free(loop);
}

/* -- timers -- */

struct bell {
    struct timer timer;
    uint64_t rung_ns;
    unsigned rung;
    struct bell *stops, *starts;
    bool done;
};

static void ring(struct timer *timer)
{
    struct bell *bell = CONTAINER_OF(timer, struct bell, timer);
    bell->rung++;
    bell->rung_ns = clock_now_ns();
    for (struct bell *other = bell->stops; other != NULL; other = other->stops)
        timer_stop(&other->timer);
    if (bell->starts != NULL)
        timer_start(&bell->starts->timer, 5);
    bell->done = true;
}

static void timer_never_rings_early(void **state)
{
    struct loop *loop = new_loop();
    for (uint64_t ms = 0; ms < 8; ms++) {
        struct bell bell = { 0 };
        timer_init(&bell.timer, loop, ring);
        uint64_t from_ns = loop_now_ns(loop);
        timer_start(&bell.timer, ms);
        assert_true(loops_run_until_set(loop, &bell.done, LOOPS_DEADLINE_MS));
        assert_true(bell.rung_ns - from_ns >= ms * 1000000);
    }
    loop_free(loop);
}

struct visitor { /* wakes a loop that has slept for long, as a socket does */
    uv_async_t socket;
    struct bell bell;
    uint64_t from_ns;
};

enum { SLEPT_MS = 60, BELL_MS = 20 };

static void on_visit(uv_async_t *socket)
{
    struct visitor *v = CONTAINER_OF(socket, struct visitor, socket);
    v->from_ns = clock_now_ns();
    timer_start(&v->bell.timer, BELL_MS);
    uv_close((uv_handle_t *)socket, NULL);
}

static void *visit_later(void *arg)
{
    struct visitor *v = arg;
    IGNORE(poll(NULL, 0, SLEPT_MS)); /* the sleep itself is what is tested */
    uv_async_send(&v->socket);
    return NULL;
}

static void timer_set_by_what_ends_a_long_sleep_is_not_early(void **state)
{
    struct loop *loop = new_loop();
    struct visitor v = { 0 };
    pthread_t thread;
    timer_init(&v.bell.timer, loop, ring);
    assert_int_equal(uv_async_init(loop_uv(loop), &v.socket, on_visit), 0);
    assert_int_equal(pthread_create(&thread, NULL, visit_later, &v), 0);
    assert_true(loops_run_until_set(loop, &v.bell.done, LOOPS_DEADLINE_MS));
    pthread_join(thread, NULL);
    assert_true(v.bell.rung_ns - v.from_ns >= BELL_MS * UINT64_C(1000000));
    loop_free(loop);
}

static void earlier_timer_set_later_rings_first(void **state)
{
    struct loop *loop = new_loop();
    struct bell late = { 0 }, early = { 0 };
    timer_init(&late.timer, loop, ring);
    timer_init(&early.timer, loop, ring);
    timer_start(&late.timer, 30);
    timer_start(&early.timer, 10);
    assert_true(loops_run_until_set(loop, &late.done, LOOPS_DEADLINE_MS));
    assert_true(early.done);
    assert_true(early.rung_ns < late.rung_ns);
    loop_free(loop);
}

static void stopped_timer_does_not_ring(void **state)
{
    struct loop *loop = new_loop();
    struct bell stopped = { 0 }, after = { 0 };
    timer_init(&stopped.timer, loop, ring);
    timer_init(&after.timer, loop, ring);
    timer_start(&stopped.timer, 1);
    timer_start(&after.timer, 20);
    assert_true(timer_is_set(&stopped.timer));
    timer_stop(&stopped.timer);
    assert_false(timer_is_set(&stopped.timer));
    assert_true(loops_run_until_set(loop, &after.done, LOOPS_DEADLINE_MS));
    assert_int_equal(stopped.rung, 0);
    loop_free(loop);
}

/* All have been taken from the wheel when the first rings: it must not count them out twice. */
static void timer_may_stop_others_due_at_the_same_time(void **state)
{
    struct loop *loop = new_loop();
    struct bell third = { 0 }, after = { 0 };
    struct bell second = { .stops = &third };
    struct bell first = { .stops = &second };
    timer_init(&first.timer, loop, ring);
    timer_init(&second.timer, loop, ring);
    timer_init(&third.timer, loop, ring);
    timer_init(&after.timer, loop, ring);
    timer_start(&first.timer, 2);
    timer_start(&second.timer, 2);
    timer_start(&third.timer, 2);
    timer_start(&after.timer, 10);
    assert_true(loops_run_until_set(loop, &after.done, LOOPS_DEADLINE_MS));
    assert_int_equal(first.rung, 1);
    assert_int_equal(second.rung + third.rung, 0);
    loop_free(loop);
}

static void timer_may_move_one_due_at_the_same_time(void **state)
{
    struct loop *loop = new_loop();
    struct bell second = { 0 };
    struct bell first = { .starts = &second };
    timer_init(&first.timer, loop, ring);
    timer_init(&second.timer, loop, ring);
    timer_start(&first.timer, 2);
    timer_start(&second.timer, 2);
    assert_true(loops_run_until_set(loop, &second.done, LOOPS_DEADLINE_MS));
    assert_int_equal(second.rung, 1);
    assert_true(second.rung_ns - first.rung_ns >= 4000000);
    loop_free(loop);
}

static void timer_started_again_rings_once_at_the_new_time(void **state)
{
    struct loop *loop = new_loop();
    struct bell bell = { 0 };
    timer_init(&bell.timer, loop, ring);
    uint64_t from_ns = loop_now_ns(loop);
    timer_start(&bell.timer, 1);
    timer_start(&bell.timer, 15);
    assert_true(loops_run_until_set(loop, &bell.done, LOOPS_DEADLINE_MS));
    assert_int_equal(bell.rung, 1);
    assert_true(bell.rung_ns - from_ns >= 15000000);
    loop_free(loop);
}

static void ten_thousand_timers_all_ring(void **state)
{
    enum { N = 10000 };
    static struct bell bells[N];
    struct loop *loop = new_loop();
    for (unsigned i = 0; i < N; i++) {
        bells[i] = (struct bell){ 0 };
        timer_init(&bells[i].timer, loop, ring);
        timer_start(&bells[i].timer, 1 + i % 97);
    }
    struct bell last = { 0 };
    timer_init(&last.timer, loop, ring);
    timer_start(&last.timer, 120);
    assert_true(loops_run_until_set(loop, &last.done, LOOPS_DEADLINE_MS));
    for (unsigned i = 0; i < N; i++)
        assert_int_equal(bells[i].rung, 1);
    loop_free(loop);
}

/* -- threads -- */

struct facts {
    struct loop_hook hook;
    struct loop *loop;
    size_t stack;
    char name[16];
    struct loops_event seen;
};

static void look_at_thread(struct loop_hook *hook)
{
    struct facts *facts = CONTAINER_OF(hook, struct facts, hook);
    if (facts->stack != 0)
        return;
    pthread_attr_t attr;
    pthread_getattr_np(pthread_self(), &attr);
    pthread_attr_getstacksize(&attr, &facts->stack);
    pthread_attr_destroy(&attr);
    pthread_getname_np(pthread_self(), facts->name, sizeof(facts->name));
    loops_event_happen(&facts->seen);
}

static void thread_has_its_name_and_a_stack_of_a_mebibyte(void **state)
{
    struct facts facts = { .hook.run = look_at_thread };
    loops_event_init(&facts.seen);
    struct loop *loop;
    assert_int_equal(loop_new("io-7", &loop), OK);
    loop_hook_add(loop, LOOP_STAGE_ANSWER, &facts.hook);
    assert_int_equal(loop_start(loop), OK);
    assert_true(loops_event_wait(&facts.seen, 1, LOOPS_DEADLINE_MS));
    loop_stop_join(loop);
    assert_true(facts.stack >= 1024 * 1024);
    assert_string_equal(facts.name, "io-7");
    loop_hook_remove(&facts.hook);
    loop_free(loop);
    loops_event_fini(&facts.seen);
}

static void stop_before_the_first_turn_is_kept(void **state)
{
    struct loop *loop = new_loop();
    loop_stop(loop);
    loop_run(loop); /* returns */
    loop_free(loop);
}

static void stop_of_its_own_ends_a_joined_thread(void **state)
{
    struct loop *loop = new_loop();
    assert_int_equal(loop_start(loop), OK);
    loop_stop(loop);
    loop_join(loop);
    loop_free(loop);
}

static void entropy_differs(void **state)
{
    assert_true(entropy_u64() != entropy_u64());
}

static void wall_clock_is_after_the_year_2020(void **state)
{
    assert_true(clock_wall_ms() > 1577836800000U);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hooks_run_in_the_order_of_their_stages),
        cmocka_unit_test(hook_may_remove_the_one_after_it),
        cmocka_unit_test(hook_added_by_a_hook_waits_for_the_next_turn),
        cmocka_unit_test(again_makes_another_turn_without_an_event),
        cmocka_unit_test(timer_never_rings_early),
        cmocka_unit_test(timer_set_by_what_ends_a_long_sleep_is_not_early),
        cmocka_unit_test(earlier_timer_set_later_rings_first),
        cmocka_unit_test(stopped_timer_does_not_ring),
        cmocka_unit_test(timer_may_stop_others_due_at_the_same_time),
        cmocka_unit_test(timer_may_move_one_due_at_the_same_time),
        cmocka_unit_test(timer_started_again_rings_once_at_the_new_time),
        cmocka_unit_test(ten_thousand_timers_all_ring),
        cmocka_unit_test(thread_has_its_name_and_a_stack_of_a_mebibyte),
        cmocka_unit_test(stop_before_the_first_turn_is_kept),
        cmocka_unit_test(stop_of_its_own_ends_a_joined_thread),
        cmocka_unit_test(entropy_differs),
        cmocka_unit_test(wall_clock_is_after_the_year_2020),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
