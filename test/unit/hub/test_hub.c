/* One turn, one revision: what a hub answers while commits and batches are apart. */
#include "hub/hub.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake_replica.h"
#include "hub/core.h"

struct turns {
    struct loop_hook hook;
    unsigned n;
};

static void count_turn(struct loop_hook *hook)
{
    CONTAINER_OF(hook, struct turns, hook)->n++;
}

struct reading {
    struct hub_read read;
    unsigned answers;
    uint64_t revision;
    bool found;
    const char *key;
    const struct turns *turns; /* or NULL */
    unsigned turn;             /* of the answer */
};

static void ready(struct hub_read *r, enum err err, const struct view *view)
{
    struct reading *g = CONTAINER_OF(r, struct reading, read);
    struct arena arena;
    struct kv kv;
    assert_int_equal(err, OK);
    arena_init(&arena, 0);
    g->answers++;
    g->turn = g->turns != NULL ? g->turns->n : 0;
    g->revision = view_revision(view);
    g->found = range_get(view, SPACE_ETCD, bytes_str(g->key), 0, &arena, &kv) == OK;
    arena_fini(&arena);
}

static void ask(struct fake *f, struct reading *g, bool linearizable)
{
    *g = (struct reading){
        .key = "a", .read = { .linearizable = linearizable, .granted = f->granted, .ready = ready }
    };
    hub_read(f->hub, &g->read);
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

static void read_is_not_answered_inside_the_call(void **state)
{
    struct fake *f = *state;
    struct reading g;
    ask(f, &g, true);
    assert_int_equal(g.answers, 0);
    fake_run(f);
    assert_int_equal(g.answers, 1);
}

static void linearizable_read_sees_what_was_published_before_it(void **state)
{
    struct fake *f = *state;
    struct reading g;
    uint64_t revision = fake_put(f, "a=1");
    ask(f, &g, true);
    fake_run(f);
    assert_true(g.found);
    assert_int_equal(g.revision, revision);
}

/* The view is renewed for a first entry, and thereby sees a second whose batch has not come. */
static void answers_wait_while_the_view_is_ahead_of_the_batches(void **state)
{
    struct fake *f = *state;
    struct reading g;
    fake_commit(f, "x=1", NULL);
    fake_send(f);
    uint64_t ahead = fake_commit(f, "a=1", NULL);
    ask(f, &g, true);
    fake_run(f);
    assert_int_equal(g.answers, 0);
    fake_send(f);
    fake_run(f);
    assert_int_equal(g.answers, 1);
    assert_int_equal(g.revision, ahead);
}

static void view_is_kept_while_it_is_ahead(void **state)
{
    struct fake *f = *state;
    struct reading g;
    fake_commit(f, "x=1", NULL);
    fake_send(f);
    uint64_t ahead = fake_commit(f, "y=1", NULL);
    ask(f, &g, true);
    fake_run(f);
    fake_commit(f, "a=1", NULL); /* steady writes: renewing again would starve the read */
    assert_int_equal(hub_revision(f->hub), ahead);
    fake_run(f);
    assert_int_equal(hub_revision(f->hub), ahead);
    assert_int_equal(g.answers, 0);
}

static void all_reads_of_a_turn_are_answered_from_one_revision(void **state)
{
    struct fake *f = *state;
    struct reading g[3];
    fake_put(f, "x=1");
    for (size_t i = 0; i < 3; i++)
        ask(f, &g[i], i != 1);
    fake_run(f);
    assert_int_equal(g[0].revision, g[1].revision);
    assert_int_equal(g[1].revision, g[2].revision);
    assert_int_equal(g[2].answers, 1);
}

/* Takes longer than a turn may answer. */
static void ready_late(struct hub_read *r, enum err err, const struct view *view)
{
    uint64_t until = clock_now_ns() + 20 * UINT64_C(1000000);
    while (clock_now_ns() < until)
        continue;
    ready(r, err, view);
}

static void reads_behind_a_heavy_one_come_in_order_in_later_turns(void **state)
{
    struct fake *f = *state;
    struct reading g[4];
    struct turns turns = { .hook.run = count_turn };
    loop_hook_add(f->loop, LOOP_STAGE_MAIL, &turns.hook);
    for (size_t i = 0; i < 4; i++) {
        ask(f, &g[i], true);
        g[i].turns = &turns;
        g[i].read.ready = i == 2 ? ready : ready_late;
    }
    fake_run(f);
    assert_true(g[0].turn < g[1].turn);
    assert_true(g[1].turn < g[2].turn);
    assert_true(g[2].turn <= g[3].turn);
    assert_int_equal(g[3].answers, 1);
    loop_hook_remove(&turns.hook);
}

static void canceled_read_is_not_answered(void **state)
{
    struct fake *f = *state;
    struct reading g;
    ask(f, &g, true);
    hub_read_cancel(f->hub, &g.read);
    fake_run(f);
    assert_int_equal(g.answers, 0);
}

static void lost_batches_do_not_hold_answers_back(void **state)
{
    struct fake *f = *state;
    struct reading g;
    uint64_t revision = fake_commit(f, "a=1", NULL);
    fake_lose(f);
    ask(f, &g, true);
    fake_run(f);
    assert_int_equal(g.revision, revision);
}

struct listening {
    struct hub_listener listener;
    unsigned calls, spaces;
};

static void changed(struct hub_listener *l, unsigned spaces, const struct view *view)
{
    struct listening *g = CONTAINER_OF(l, struct listening, listener);
    g->calls++;
    g->spaces = spaces;
}

static void listener_hears_which_spaces_changed(void **state)
{
    struct fake *f = *state;
    struct listening g = { .listener.changed = changed };
    hub_listen(f->hub, &g.listener);
    fake_put(f, "a=1");
    assert_int_equal(g.calls, 1);
    assert_int_equal(g.spaces, BIT(SPACE_ETCD));
    hub_unlisten(f->hub, &g.listener);
    fake_put(f, "a=2");
    assert_int_equal(g.calls, 1);
}

struct working {
    struct hub_work work;
    unsigned runs;
};

static bool work_some(struct hub_work *w, const struct view *view)
{
    return ++CONTAINER_OF(w, struct working, work)->runs == 3;
}

static void work_is_run_once_a_turn_until_it_is_done(void **state)
{
    struct fake *f = *state;
    struct working g = { .work.run = work_some };
    hub_work_add(f->hub, &g.work);
    fake_run(f);
    assert_int_equal(g.runs, 3);
}

static void not_called(void *ctx, enum err err, const struct command_result *result)
{
    fail();
}

static void note_error(void *ctx, enum err err, const struct command_result *result)
{
    *(enum err *)ctx = err;
}

struct lengthy { /* takes more time than a turn has for all works */
    struct hub_work work;
    unsigned runs;
    uint64_t turn_ns; /* of the last run */
};

static struct lengthy *ran[6]; /* in the order of their runs */
static size_t ran_n;
static struct fake *lengthy_fake;

static bool be_lengthy(struct hub_work *w, const struct view *view)
{
    struct lengthy *l = CONTAINER_OF(w, struct lengthy, work);
    l->turn_ns = loop_now_ns(hub_loop(lengthy_fake->hub));
    for (uint64_t until = clock_now_ns() + 3000000; clock_now_ns() < until;)
        ;
    ran[ran_n++] = l;
    return ++l->runs == 3;
}

static void works_share_the_time_of_a_turn_and_take_turns(void **state)
{
    struct fake *f = *state;
    struct lengthy a = { .work.run = be_lengthy }, b = { .work.run = be_lengthy };
    lengthy_fake = f;
    ran_n = 0;
    hub_work_add(f->hub, &a.work);
    hub_work_add(f->hub, &b.work);
    while (ran_n < 6) {
        fake_run(f);
        assert_true(a.turn_ns != b.turn_ns);
    }
    for (size_t i = 0; i < 6; i++)
        assert_ptr_equal(ran[i], i % 2 == 0 ? &a : &b);
}

static void write_beyond_the_credits_is_refused_as_busy(void **state)
{
    struct fake *f = *state;
    static uint8_t large[12 << 20];
    enum err err = OK;
    struct hub_write *first = hub_submit(f->hub, f->granted, COMMAND_TXN,
                                         bytes_of(large, sizeof large), not_called, NULL);
    hub_submit(f->hub, f->granted, COMMAND_TXN, bytes_of(large, sizeof large), note_error, &err);
    assert_int_equal(err, OK); /* not inside the call */
    fake_run(f);
    assert_int_equal(err, ERR_BUSY);
    hub_write_abandon(first);
    fake_refuse(f);
    fake_run(f);
}

static void limits_are_those_of_the_book_unless_told_otherwise(void **state)
{
    struct fake *f = *state;
    const struct hub_options *o = &f->hub->options;
    assert_int_equal(o->credits, 16 << 20);
    assert_int_equal(o->watch_buffer_bytes, 256 << 10);
    assert_int_equal(o->quota_bytes, (uint64_t)2 << 30);
}

/* What a write counts for beside its body is what a first one has shown. */
static void write_of_just_the_credits_is_taken_and_one_byte_more_refused(void **state)
{
    struct fake *f = *state;
    static uint8_t body[16 << 20];
    struct hub *h = f->hub;
    enum err err = OK;
    struct hub_write *small =
        hub_submit(h, f->granted, COMMAND_TXN, bytes_of(body, 1), not_called, NULL);
    uint64_t beside = h->bytes_under_way - 1;
    size_t rest = (16 << 20) - h->bytes_under_way - beside;
    hub_submit(h, f->granted, COMMAND_TXN, bytes_of(body, rest + 1), note_error, &err);
    fake_run(f);
    assert_int_equal(err, ERR_BUSY);
    struct proposal *first = fake_proposed(f);
    struct hub_write *whole =
        hub_submit(h, f->granted, COMMAND_TXN, bytes_of(body, rest), not_called, NULL);
    assert_int_equal(h->bytes_under_way, 16 << 20);
    fake_run(f); /* nobody is called */
    hub_write_abandon(small);
    hub_write_abandon(whole);
    fake_refuse(f);
    fake_refuse_one(first);
    fake_run(f);
    assert_int_equal(h->bytes_under_way, 0);
}

/* A larger command than all credits would else never come to its turn. */
static void write_above_the_credits_is_taken_when_nothing_else_is_under_way(void **state)
{
    struct fake *f = *state;
    static uint8_t body[17 << 20];
    enum err err = OK;
    hub_submit(f->hub, f->granted, COMMAND_TXN, bytes_of(body, sizeof body), note_error, &err);
    fake_run(f);
    assert_int_equal(err, OK);
    fake_refuse(f);
    fake_run(f);
    assert_int_equal(err, ERR_STOPPING);
}

struct credits {
    unsigned lows, backs;
};

static void note_credits(void *ctx, bool low);

static void write_that_wants_to_be_alone_waits_for_what_is_under_way(void **state)
{
    struct fake *f = *state;
    static uint8_t body[17 << 20];
    struct credits seen = { 0 };
    struct bytes large = bytes_of(body, sizeof body);
    enum err first = OK, second = OK;
    f->hub->options.on_credits = note_credits;
    f->hub->options.ctx = &seen;
    hub_submit(f->hub, f->granted, COMMAND_TXN, bytes_of(body, 1), note_error, &first);
    struct proposal *small = fake_proposed(f);
    struct hub_write *alone =
        hub_submit_alone(f->hub, f->granted, COMMAND_TXN, large, not_called, NULL);
    hub_submit_alone(f->hub, f->granted, COMMAND_TXN, large, note_error, &second);
    fake_run(f);
    assert_int_equal(second, ERR_BUSY); /* one waits */
    assert_ptr_equal(fake_proposed(f), small);
    assert_int_equal(seen.lows, 1);
    fake_refuse(f);
    fake_run(f);
    assert_int_equal(first, ERR_STOPPING);
    assert_int_equal(fake_proposed(f)->command.body.n, sizeof body);
    hub_write_abandon(alone);
    fake_refuse(f);
    fake_run(f);
    assert_int_equal(f->hub->bytes_under_way, 0);
    assert_int_equal(seen.backs, seen.lows);
}

static void note_credits(void *ctx, bool low)
{
    struct credits *c = ctx;
    low ? c->lows++ : c->backs++;
    assert_in_range(c->lows - c->backs, 0, 1); /* in turns */
}

static struct hub_write *submit_so_many(struct fake *f, size_t under_way, uint64_t beside)
{
    static uint8_t body[16 << 20];
    size_t n = under_way - f->hub->bytes_under_way - beside;
    struct hub_write *w =
        hub_submit(f->hub, f->granted, COMMAND_TXN, bytes_of(body, n), not_called, NULL);
    hub_write_abandon(w);
    assert_int_equal(f->hub->bytes_under_way, under_way);
    return w;
}

static void credits_are_low_at_three_quarters_and_back_at_a_half(void **state)
{
    enum { HALF = 8 << 20, LOW = 12 << 20 };
    struct fake *f = *state;
    struct credits seen = { 0 };
    f->hub->options.on_credits = note_credits;
    f->hub->options.ctx = &seen;
    hub_write_abandon(
        hub_submit(f->hub, f->granted, COMMAND_TXN, bytes_str("x"), not_called, NULL));
    uint64_t beside = f->hub->bytes_under_way - 1;
    struct proposal *parts[5] = { fake_proposed(f) };
    const size_t at[] = { HALF, HALF + beside + 1, LOW - 1, LOW + beside };
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(seen.lows, 0);
        submit_so_many(f, at[i], beside);
        parts[i + 1] = fake_proposed(f);
    }
    assert_int_equal(seen.lows, 1);
    fake_refuse_one(parts[3]);
    fake_refuse_one(parts[4]);
    fake_run(f);
    assert_int_equal(f->hub->bytes_under_way, HALF + beside + 1);
    assert_int_equal(seen.backs, 0);
    fake_refuse_one(parts[2]);
    fake_run(f);
    assert_int_equal(f->hub->bytes_under_way, HALF);
    assert_int_equal(seen.backs, 1);
    fake_refuse_one(parts[0]);
    fake_refuse_one(parts[1]);
    fake_run(f);
    assert_int_equal(seen.backs, 1);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(read_is_not_answered_inside_the_call),
        T(linearizable_read_sees_what_was_published_before_it),
        T(answers_wait_while_the_view_is_ahead_of_the_batches),
        T(view_is_kept_while_it_is_ahead),
        T(all_reads_of_a_turn_are_answered_from_one_revision),
        T(reads_behind_a_heavy_one_come_in_order_in_later_turns),
        T(canceled_read_is_not_answered),
        T(lost_batches_do_not_hold_answers_back),
        T(listener_hears_which_spaces_changed),
        T(work_is_run_once_a_turn_until_it_is_done),
        T(works_share_the_time_of_a_turn_and_take_turns),
        T(write_beyond_the_credits_is_refused_as_busy),
        T(limits_are_those_of_the_book_unless_told_otherwise),
        T(write_of_just_the_credits_is_taken_and_one_byte_more_refused),
        T(write_above_the_credits_is_taken_when_nothing_else_is_under_way),
        T(write_that_wants_to_be_alone_waits_for_what_is_under_way),
        T(credits_are_low_at_three_quarters_and_back_at_a_half),
    };
    return cmocka_run_group_tests_name("hub", tests, NULL, NULL);
}
