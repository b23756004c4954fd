/* Readings over several turns: one state, answered no earlier than watchers know of it; few views
 * held at a time, and none for long. */
#include "hub/hub.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake_replica.h"

enum { HELD = 2 /* views at a time */, FEW = 3 };

struct reading {
    struct hub_long_read read;
    unsigned steps, needed; /* until it is done */
    enum err fails;         /* at its last step */
    uint64_t first, last;   /* revisions that its steps saw */
    unsigned answers;
    enum err err;
    uint64_t revision; /* of the answer */
};

static enum err step(struct hub_long_read *r, const struct view *view, bool *ret_done)
{
    struct reading *g = CONTAINER_OF(r, struct reading, read);
    g->last = view_revision(view);
    if (g->steps++ == 0)
        g->first = g->last;
    *ret_done = g->steps == g->needed;
    return *ret_done ? g->fails : OK;
}

static void ready(struct hub_long_read *r, enum err err, const struct view *view)
{
    struct reading *g = CONTAINER_OF(r, struct reading, read);
    g->answers++;
    g->err = err;
    assert_true((view == NULL) == (err != OK));
    g->revision = view == NULL ? 0 : view_revision(view);
}

static void ask(struct fake *f, struct reading *g, unsigned needed)
{
    *g = (struct reading){ .needed = needed,
                           .read = { .granted = f->granted, .step = step, .ready = ready } };
    hub_long_read(f->hub, &g->read);
}

static int setup(void **state)
{
    static struct fake fake;
    fake_init(&fake, 0, 0);
    *state = &fake;
    return 0;
}

static int teardown(void **state)
{
    fake_fini(*state);
    return 0;
}

static void goes_on_turn_by_turn_and_is_answered_once(void **state)
{
    struct fake *f = *state;
    struct reading g;
    ask(f, &g, FEW);
    assert_int_equal(g.steps, 0);
    fake_run(f);
    assert_int_equal(g.steps, FEW);
    assert_int_equal(g.answers, 1);
    assert_int_equal(g.err, OK);
    fake_run(f);
    assert_int_equal(g.answers, 1);
}

static void all_its_steps_see_one_state(void **state)
{
    struct fake *f = *state;
    struct reading g;
    uint64_t before = fake_put(f, "a=1");
    ask(f, &g, 1000);
    fake_run(f);
    assert_int_equal(g.first, before);
    fake_put(f, "a=2");
    fake_compact(f, before + 1);
    fake_send(f);
    while (g.answers == 0)
        fake_run(f);
    assert_int_equal(g.last, before);
    assert_int_equal(g.revision, before);
}

static void sees_what_was_committed_before_it(void **state)
{
    struct fake *f = *state;
    struct reading g;
    uint64_t revision = fake_put(f, "a=1");
    ask(f, &g, 1);
    fake_run(f);
    assert_int_equal(g.revision, revision);
}

static void answer_waits_for_the_batch_of_its_view(void **state)
{
    struct fake *f = *state;
    struct reading g;
    uint64_t revision = fake_commit(f, "a=1", NULL);
    ask(f, &g, FEW);
    fake_run(f);
    assert_int_equal(g.steps, FEW);
    assert_int_equal(g.answers, 0);
    fake_send(f);
    fake_run(f);
    assert_int_equal(g.answers, 1);
    assert_int_equal(g.revision, revision);
}

static void failure_of_a_step_ends_it(void **state)
{
    struct fake *f = *state;
    struct reading g;
    ask(f, &g, FEW);
    g.fails = ERR_TOO_BIG;
    fake_run(f);
    assert_int_equal(g.answers, 1);
    assert_int_equal(g.err, ERR_TOO_BIG);
}

static void two_views_are_held_and_the_third_reading_waits(void **state)
{
    struct fake *f = *state;
    struct reading g[HELD + 2];
    for (size_t i = 0; i < HELD + 2; i++)
        ask(f, &g[i], 1000);
    fake_run(f);
    for (size_t i = 0; i < HELD + 2; i++)
        assert_true((g[i].steps > 0) == (i < HELD));
    g[0].needed = g[0].steps + 1;
    fake_run(f);
    assert_int_equal(g[0].answers, 1);
    assert_true(g[HELD].steps > 0);
    assert_int_equal(g[HELD + 1].steps, 0);
    for (size_t i = 1; i < HELD + 2; i++)
        hub_long_read_cancel(&g[i].read);
}

static void canceled_one_makes_room_for_the_next(void **state)
{
    struct fake *f = *state;
    struct reading g[HELD + 2];
    for (size_t i = 0; i < HELD + 2; i++)
        ask(f, &g[i], 1000);
    hub_long_read_cancel(&g[HELD].read); /* one that waits gives nothing */
    fake_run(f);
    assert_int_equal(g[HELD + 1].steps, 0);
    hub_long_read_cancel(&g[0].read);
    hub_long_read_cancel(&g[0].read); /* harmless */
    fake_run(f);
    assert_true(g[HELD + 1].steps > 0);
    unsigned steps = g[0].steps;
    hub_long_read_cancel(&g[1].read);
    hub_long_read_cancel(&g[HELD + 1].read);
    fake_run(f);
    assert_int_equal(g[0].steps, steps);
    assert_int_equal(g[0].answers + g[1].answers + g[HELD + 1].answers, 0);
}

static void view_is_held_for_a_minute_and_no_longer(void **state)
{
    struct fake *f = *state;
    struct reading g;
    ask(f, &g, 1000);
    fake_run(f);
    uint64_t left = g.read.until_ms - loop_now_ms(f->loop);
    assert_true(left > 50000 && left <= 60000);
    g.read.until_ms = loop_now_ms(f->loop) + 60000; /* far from it */
    fake_run(f);
    assert_int_equal(g.answers, 0);
    g.read.until_ms = loop_now_ms(f->loop);
    fake_run(f);
    assert_int_equal(g.answers, 1);
    assert_int_equal(g.err, ERR_DEADLINE);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(goes_on_turn_by_turn_and_is_answered_once),
        T(all_its_steps_see_one_state),
        T(sees_what_was_committed_before_it),
        T(answer_waits_for_the_batch_of_its_view),
        T(failure_of_a_step_ends_it),
        T(two_views_are_held_and_the_third_reading_waits),
        T(canceled_one_makes_room_for_the_next),
        T(view_is_held_for_a_minute_and_no_longer),
    };
    return cmocka_run_group_tests_name("long_read", tests, NULL, NULL);
}
