#include "loop/mailbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <pthread.h>

#include "base/mem.h"
#include "test/lib/loops.h"

enum { SENDERS = 4, EACH = 20000 };

struct receiver {
    struct loop *loop;
    struct mailbox *box;
    unsigned got, out_of_order;
    unsigned last[SENDERS];
    bool all;
    unsigned expected;
};

struct letter {
    struct mail mail;
    struct receiver *to;
    unsigned sender, number;
};

static void receive(struct mail *mail)
{
    struct letter *letter = CONTAINER_OF(mail, struct letter, mail);
    struct receiver *r = letter->to;
    if (letter->number != r->last[letter->sender] + 1)
        r->out_of_order++;
    r->last[letter->sender] = letter->number;
    r->got++;
    r->all = r->got == r->expected;
    mem_free(letter);
}

static void send_letter(struct receiver *r, unsigned sender, unsigned number)
{
    struct letter *letter = mem_alloc(sizeof(*letter));
    *letter =
        (struct letter){ .mail.deliver = receive, .to = r, .sender = sender, .number = number };
    mailbox_send(r->box, &letter->mail);
}

static void set_up(struct receiver *r, unsigned expected)
{
    *r = (struct receiver){ .expected = expected };
    assert_int_equal(loop_new("box", &r->loop), OK);
    r->box = mailbox_new(r->loop);
}

static void tear_down(struct receiver *r)
{
    mailbox_free(r->box);
    loop_free(r->loop);
}

struct sender {
    struct receiver *to;
    unsigned number;
};

static void *send_many(void *arg)
{
    struct sender *s = arg;
    for (unsigned i = 1; i <= EACH; i++)
        send_letter(s->to, s->number, i);
    return NULL;
}

static void mail_of_many_senders_arrives_each_in_its_order(void **state)
{
    struct receiver r;
    set_up(&r, SENDERS * EACH);
    pthread_t threads[SENDERS];
    struct sender senders[SENDERS];
    for (unsigned i = 0; i < SENDERS; i++) {
        senders[i] = (struct sender){ &r, i };
        assert_int_equal(pthread_create(&threads[i], NULL, send_many, &senders[i]), 0);
    }
    assert_true(loops_run_until_set(r.loop, &r.all, LOOPS_DEADLINE_MS));
    for (unsigned i = 0; i < SENDERS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(r.got, SENDERS * EACH);
    assert_int_equal(r.out_of_order, 0);
    tear_down(&r);
}

static void mail_sent_before_the_loop_runs_is_delivered(void **state)
{
    struct receiver r;
    set_up(&r, 2);
    send_letter(&r, 0, 1);
    send_letter(&r, 0, 2);
    assert_true(loops_run_until_set(r.loop, &r.all, LOOPS_DEADLINE_MS));
    assert_int_equal(r.out_of_order, 0);
    tear_down(&r);
}

static void free_delivers_what_waits(void **state)
{
    struct receiver r;
    set_up(&r, 3);
    for (unsigned i = 1; i <= 3; i++)
        send_letter(&r, 0, i);
    tear_down(&r);
    assert_int_equal(r.got, 3);
}

static void take_delivers_without_a_turn(void **state)
{
    struct receiver r;
    set_up(&r, 2);
    send_letter(&r, 0, 1);
    mailbox_take(r.box);
    assert_int_equal(r.got, 1);
    send_letter(&r, 0, 2);
    mailbox_take(r.box);
    assert_int_equal(r.got, 2);
    tear_down(&r);
}

/* What is sent while the loop is awake rings no bell: the loop must look before it sleeps. */
struct late {
    struct loop_hook hook;
    struct receiver *r;
    bool sent;
};

static void send_late(struct loop_hook *hook)
{
    struct late *late = CONTAINER_OF(hook, struct late, hook);
    if (!late->sent)
        send_letter(late->r, 0, 1);
    late->sent = true;
}

static void mail_sent_at_the_end_of_a_turn_is_not_slept_over(void **state)
{
    for (unsigned stage = 0; stage < LOOP_STAGES; stage++) {
        struct receiver r;
        set_up(&r, 1);
        mailbox_take(r.box); /* awake */
        struct late late = { .hook.run = send_late, .r = &r };
        loop_hook_add(r.loop, stage, &late.hook);
        loop_again(r.loop); /* so that a turn begins and its MAIL hooks run */
        assert_true(loops_run_until_set(r.loop, &r.all, LOOPS_DEADLINE_MS));
        loop_hook_remove(&late.hook);
        tear_down(&r);
    }
}

/* Ping-pong between two running loops: each send meets a receiver about to sleep. */
struct player {
    struct loop *loop;
    struct mailbox *box;
    struct player *other;
    struct loops_event *over;
};

struct ball {
    struct mail mail;
    struct player *at;
    unsigned left;
};

static void hit(struct mail *mail)
{
    struct ball *ball = CONTAINER_OF(mail, struct ball, mail);
    if (ball->left-- == 0) {
        loops_event_happen(ball->at->over);
        return;
    }
    ball->at = ball->at->other;
    mailbox_send(ball->at->box, &ball->mail);
}

/* Over in time, whatever loops the two boxes are of. */
static bool ten_thousand_hits(struct player *first)
{
    struct ball ball = { .mail.deliver = hit, .at = first, .left = 10000 };
    mailbox_send(first->box, &ball.mail);
    return loops_event_wait(first->over, 1, LOOPS_DEADLINE_MS);
}

static void ten_thousand_wakes_between_two_loops_lose_none(void **state)
{
    struct loops_event over;
    loops_event_init(&over);
    struct player a = { .over = &over }, b = { .over = &over };
    a.other = &b;
    b.other = &a;
    assert_int_equal(loop_new("a", &a.loop), OK);
    assert_int_equal(loop_new("b", &b.loop), OK);
    a.box = mailbox_new(a.loop);
    b.box = mailbox_new(b.loop);
    assert_int_equal(loop_start(a.loop), OK);
    assert_int_equal(loop_start(b.loop), OK);
    assert_true(ten_thousand_hits(&a));
    loop_stop_join(a.loop);
    loop_stop_join(b.loop);
    mailbox_free(a.box);
    mailbox_free(b.box);
    loop_free(a.loop);
    loop_free(b.loop);
    loops_event_fini(&over);
}

/* No bell is rung here: a loop that slept over its own mail would sleep for ever. */
static void ten_thousand_mails_of_a_loop_to_itself_lose_none(void **state)
{
    struct loops_event over;
    loops_event_init(&over);
    struct player a = { .over = &over }, b = { .over = &over };
    a.other = &b;
    b.other = &a;
    assert_int_equal(loop_new("both", &a.loop), OK);
    a.box = mailbox_new(a.loop);
    b.box = mailbox_new(a.loop);
    assert_int_equal(loop_start(a.loop), OK);
    assert_true(ten_thousand_hits(&a));
    loop_stop_join(a.loop);
    mailbox_free(a.box);
    mailbox_free(b.box);
    loop_free(a.loop);
    loops_event_fini(&over);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mail_of_many_senders_arrives_each_in_its_order),
        cmocka_unit_test(mail_sent_before_the_loop_runs_is_delivered),
        cmocka_unit_test(free_delivers_what_waits),
        cmocka_unit_test(take_delivers_without_a_turn),
        cmocka_unit_test(mail_sent_at_the_end_of_a_turn_is_not_slept_over),
        cmocka_unit_test(ten_thousand_wakes_between_two_loops_lose_none),
        cmocka_unit_test(ten_thousand_mails_of_a_loop_to_itself_lose_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
