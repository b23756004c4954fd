/* What leaves core after an entry: batches in order, before results, and bounded for a thread that
 * does not take them. The thread is this test's own, which takes its mail when it likes. */
#include "replica/core.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel.h"

enum { LARGE = 1 << 20 };

static struct kernel kernel;
static char *value; /* LARGE bytes of text */

static struct {
    struct loop *loop; /* never runs */
    struct mailbox *box;
    struct subscriber subscriber;
    char heard[1024]; /* "b3 " a batch with changes, "e4 " one without, "r " a result, "lost17 " */
    uint64_t last_index;
    size_t batches;
    bool left_out;
} thread;

static void say(const char *what, uint64_t number)
{
    size_t n = strlen(thread.heard);
    snprintf(thread.heard + n, sizeof thread.heard - n, "%s%u ", what, (unsigned)number);
}

static void hear_batch(struct subscriber *s, struct batch *b, uint64_t index)
{
    assert_int_equal(index, thread.last_index + 1); /* one for each entry */
    thread.last_index = index;
    thread.batches++;
    thread.left_out = b->left_out;
    if (b->spaces == 0)
        say("e", index);
    else
        say("b", b->last);
}

static void hear_lost(struct subscriber *s, uint64_t from, uint64_t generation)
{
    say("lost", from);
}

static void subscribe(void *ctx)
{
    assert_int_equal(loop_new("thread", &thread.loop), OK);
    thread.box = mailbox_new(thread.loop);
    thread.subscriber =
        (struct subscriber){ .box = thread.box, .batch = hear_batch, .lost = hear_lost };
    thread.last_index = replica_published(kernel.replica);
    store_want_events(replica_store(kernel.replica), SPACE_ETCD, true);
    replica_subscribe(kernel.replica, &thread.subscriber);
}

static int setup(void **state)
{
    memset(&thread, 0, sizeof thread);
    value = malloc(LARGE + 1);
    memset(value, 'v', LARGE);
    value[LARGE] = 0;
    kernel_init(&kernel, NULL);
    kernel.made = subscribe;
    kernel_start(&kernel);
    return 0;
}

static int teardown(void **state)
{
    kernel_stop(&kernel, true);
    kernel_fini(&kernel);
    mailbox_free(thread.box);
    loop_free(thread.loop);
    free(value);
    return 0;
}

static void assert_heard(const char *wanted)
{
    mailbox_take(thread.box);
    assert_string_equal(thread.heard, wanted);
    thread.heard[0] = 0;
}

/* -- order ------------------------------------------------------------------------------------ */

static void hear_result(struct proposal *p)
{
    say("r", p->result->revision);
    effects_unref(p->effects);
}

static void put_and_hear_here(struct proposal *p, struct buf *body, const char *key)
{
    static const struct origin nobody = { .face = FACE_ETCD };
    struct op op = { .kind = OP_PUT, .put = { .key = bytes_str(key), .value = bytes_str("1") } };
    struct txn txn = { .then_ops = &op, .then_n = 1 };
    buf_init(body, 4096);
    assert_int_equal(txn_encode(&txn, body), OK);
    *p = (struct proposal){
        .command = { .kind = COMMAND_TXN, .origin = &nobody, .body = buf_bytes(body) },
        .reply_to = thread.box,
        .done = hear_result,
    };
    replica_propose(kernel.replica, p);
}

static void batch_comes_before_the_results_of_its_entry(void **state)
{
    struct proposal proposals[2];
    struct buf bodies[2];
    put_and_hear_here(&proposals[0], &bodies[0], "a");
    kernel_put(&kernel, "b", "1", 0); /* its answer comes after all of the first entry */
    put_and_hear_here(&proposals[1], &bodies[1], "c");
    kernel_put(&kernel, "d", "1", 0);
    mailbox_take(thread.box);
    const char *first = strstr(thread.heard, "r2 "), *second = strstr(thread.heard, "r4 ");
    const char *batch_of_first = strstr(thread.heard, "b");
    assert_non_null(first);
    assert_non_null(second);
    assert_true(batch_of_first < first);
    /* Whichever entry the second result came from, a batch up to its revision was there before. */
    const char *batch_of_second = strstr(thread.heard, "b4 ");
    if (batch_of_second == NULL)
        batch_of_second = strstr(thread.heard, "b5 ");
    assert_non_null(batch_of_second);
    assert_true(batch_of_second < second);
    buf_fini(&bodies[0]);
    buf_fini(&bodies[1]);
}

static void every_entry_has_a_batch_also_one_that_changes_nothing(void **state)
{
    kernel_put(&kernel, "a", "1", 0);
    assert_int_equal(kernel_remove_range(&kernel, "x", ""), 0);
    kernel_put(&kernel, "a", "2", 0);
    char wanted[64];
    snprintf(wanted, sizeof wanted, "b2 e%u b3 ", (unsigned)thread.last_index + 2);
    assert_heard(wanted);
}

/* -- bounds ----------------------------------------------------------------------------------- */

static uint64_t waiting(void)
{
    return atomic_load(&thread.subscriber.waiting_bytes);
}

static bool is_lost(void)
{
    return atomic_load(&thread.subscriber.lost_pending);
}

static void sixteen_mib_of_batches_wait_and_the_next_is_lost(void **state)
{
    kernel_put(&kernel, "a", value, 0);
    uint64_t each = waiting();
    assert_true(each > LARGE);
    size_t fit = SUBSCRIBER_MAX_BYTES / each;
    for (size_t i = 1; i < fit; i++)
        kernel_put(&kernel, "a", value, 0);
    assert_false(is_lost());
    assert_int_equal(waiting(), fit * each);
    uint64_t lost = kernel_put(&kernel, "a", value, 0);
    assert_true(is_lost());
    kernel_put(&kernel, "b", "1", 0); /* nothing more is sent until it has been heard */
    assert_int_equal(waiting(), fit * each);

    char last[32];
    mailbox_take(thread.box);
    snprintf(last, sizeof last, " b%u lost%u ", (unsigned)lost - 1, (unsigned)lost);
    const char *end = thread.heard + strlen(thread.heard) - strlen(last);
    assert_string_equal(end, last);
    assert_int_equal(thread.batches, fit);
    assert_int_equal(waiting(), 0);
}

static void batches_come_again_when_the_loss_has_been_heard(void **state)
{
    while (!is_lost())
        kernel_put(&kernel, "a", value, 0);
    mailbox_take(thread.box);
    assert_false(is_lost());
    thread.heard[0] = 0;
    thread.last_index = replica_published(kernel.replica);
    char wanted[32];
    snprintf(wanted, sizeof wanted, "b%u ", (unsigned)kernel_put(&kernel, "a", "1", 0));
    assert_heard(wanted);
}

/* The events of an entry, keys, values and all that is beside them. */
static void batch_of_more_than_four_mib_is_left_out(void **state)
{
    enum { BESIDE = 16 * 1024 };
    struct op ops[4];
    struct txn txn = { .then_ops = ops, .then_n = 4 };
    for (int above = 0; above < 2; above++) {
        size_t n = above ? LARGE : LARGE - BESIDE / 4;
        for (size_t i = 0; i < 4; i++)
            ops[i] = (struct op){ .kind = OP_PUT,
                                  .put = { .key = bytes_of("abcd" + i, 1),
                                           .value = bytes_of(value, n) } };
        struct buf body;
        uint64_t revision;
        buf_init(&body, 8 << 20);
        assert_int_equal(txn_encode(&txn, &body), OK);
        assert_int_equal(kernel_submit(&kernel, COMMAND_TXN, buf_bytes(&body), &revision), OK);
        buf_fini(&body);
        mailbox_take(thread.box);
        assert_int_equal(thread.left_out, above);
    }
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(batch_comes_before_the_results_of_its_entry),
        T(every_entry_has_a_batch_also_one_that_changes_nothing),
        T(sixteen_mib_of_batches_wait_and_the_next_is_lost),
        T(batches_come_again_when_the_loss_has_been_heard),
        T(batch_of_more_than_four_mib_is_left_out),
    };
    return cmocka_run_group_tests_name("publish", tests, NULL, NULL);
}
