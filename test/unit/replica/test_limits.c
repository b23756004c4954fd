/* The limits of what waits before the log, at each and one byte above it, on a disk that stalls. */
#include "replica/core.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel.h"
#include "test/lib/stall_fs.h"

enum { PIECE = 1 << 20, PIECES = WAITING_MAX_BYTES / PIECE, MOST = PIECES + 3 };

static struct kernel kernel;

/* Proposals of this test's own thread, all with bytes of one body: what it says is not looked at
 * before it is applied. */
static struct {
    struct proposal proposals[MOST];
    enum err results[MOST];
    uint64_t entries[MOST]; /* in which each was applied */
    size_t n, answered;
    struct loop *loop;
    struct mailbox *replies;
    uint8_t *body;
} asker;

static int setup(void **state)
{
    memset(&asker, 0, sizeof asker);
    asker.body = calloc(1, ENTRY_MAX_BYTES + 1);
    assert_int_equal(loop_new("asker", &asker.loop), OK);
    asker.replies = mailbox_new(asker.loop);
    kernel_init(&kernel, NULL);
    kernel.replica_options.fs = stall_fs();
    kernel_start(&kernel);
    return 0;
}

static int teardown(void **state)
{
    stall_fs_release();
    kernel_stop(&kernel, true);
    kernel_fini(&kernel);
    mailbox_free(asker.replies);
    loop_free(asker.loop);
    free(asker.body);
    return 0;
}

static void answered(struct proposal *p)
{
    if (p->effects != NULL) {
        asker.results[p - asker.proposals] = p->result->err;
        asker.entries[p - asker.proposals] = p->effects->index;
        effects_unref(p->effects);
    }
    asker.answered++;
}

static struct proposal *propose_as(bool is_chore, size_t bytes)
{
    static const struct origin nobody = { .face = FACE_ETCD };
    assert_true(asker.n < MOST);
    struct proposal *p = &asker.proposals[asker.n++];
    *p = (struct proposal){
        .command = { .kind = COMMAND_TXN, .origin = &nobody, .body = bytes_of(asker.body, bytes) },
        .reply_to = asker.replies,
        .done = answered,
        .err = ERR_AGAIN, /* not answered */
        .background = is_chore,
    };
    replica_propose(kernel.replica, p);
    return p;
}

static struct proposal *propose(size_t bytes)
{
    return propose_as(false, bytes);
}

/* What core has answered of what was proposed before. */
static size_t answered_so_far(void)
{
    uint64_t left;
    assert_int_equal(kernel_renew(&kernel, 4711, &left), LEASE_ANSWER_GONE);
    mailbox_take(asker.replies);
    return asker.answered;
}

static bool is_all_answered(void *ctx)
{
    return asker.answered == asker.n;
}

static void wait_for_all(void)
{
    stall_fs_release();
    assert_true(loops_run_until(asker.loop, is_all_answered, NULL, LOOPS_DEADLINE_MS));
}

static void sixty_four_mib_wait_for_the_log_and_not_a_byte_more(void **state)
{
    stall_fs_stall();
    propose(1); /* is taken at once, and keeps the disk busy */
    assert_true(stall_fs_wait_caught());
    for (size_t i = 0; i < PIECES; i++)
        propose(PIECE);
    assert_int_equal(answered_so_far(), 0);
    struct proposal *beyond = propose(1);
    assert_int_equal(answered_so_far(), 1);
    assert_int_equal(beyond->err, ERR_BUSY);
    wait_for_all();
    for (size_t i = 0; i <= PIECES; i++)
        assert_int_equal(asker.proposals[i].err, OK);
}

static void room_comes_back_when_the_log_goes_on(void **state)
{
    stall_fs_stall();
    propose(1);
    assert_true(stall_fs_wait_caught());
    for (size_t i = 0; i < PIECES; i++)
        propose(PIECE);
    wait_for_all();
    propose(PIECE);
    wait_for_all();
    assert_int_equal(asker.proposals[asker.n - 1].err, OK);
    assert_true(kernel_put(&kernel, "a", "1", 0) > 0);
}

static void command_of_32_mib_is_taken_and_one_byte_more_is_too_big(void **state)
{
    struct proposal *at = propose(COMMAND_MAX_BYTES);
    struct proposal *above = propose(COMMAND_MAX_BYTES + 1);
    wait_for_all();
    assert_int_equal(at->err, OK);
    assert_int_equal(asker.results[0], ERR_MALFORMED); /* applied: zeros are no transaction */
    assert_int_equal(above->err, ERR_TOO_BIG);
}

/* What waits while the disk is busy goes into one entry, up to half a MiB. */
static void entry_is_closed_at_half_a_mebibyte(void **state)
{
    enum { SMALL = ENTRY_PACK_BYTES / 8 };
    uint64_t before = replica_published(kernel.replica);
    stall_fs_stall();
    propose(1);
    assert_true(stall_fs_wait_caught());
    for (size_t i = 0; i < 16; i++)
        propose(SMALL);
    assert_int_equal(answered_so_far(), 0);
    wait_for_all();
    assert_int_equal(replica_published(kernel.replica), before + 1 + 2);
}

/* Chores were there first, and more of them; the last one in may reach over its share. */
static void chores_get_a_third_of_an_entry_while_clients_wait(void **state)
{
    enum { SMALL = ENTRY_PACK_BYTES / 16, CHORES = 30, CLIENTS = 20 };
    stall_fs_stall();
    propose(1);
    assert_true(stall_fs_wait_caught());
    for (size_t i = 0; i < CHORES; i++)
        propose_as(true, SMALL);
    for (size_t i = 0; i < CLIENTS; i++)
        propose(SMALL);
    assert_int_equal(answered_so_far(), 0);
    wait_for_all();
    const uint64_t *chores = asker.entries + 1, *clients = chores + CHORES;
    size_t chores_n = 0, clients_n = 0;
    for (size_t i = 0; i < CHORES; i++)
        chores_n += chores[i] == clients[0];
    for (size_t i = 0; i < CLIENTS; i++)
        clients_n += clients[i] == clients[0];
    assert_int_equal(clients[0], asker.entries[0] + 1);
    assert_true(clients_n >= 15 && clients_n < CLIENTS); /* more of them waited on */
    assert_in_range(chores_n, clients_n / 2, clients_n / 2 + 1);
    assert_true(chores[CHORES - 1] > clients[0]);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(sixty_four_mib_wait_for_the_log_and_not_a_byte_more),
        T(room_comes_back_when_the_log_goes_on),
        T(command_of_32_mib_is_taken_and_one_byte_more_is_too_big),
        T(entry_is_closed_at_half_a_mebibyte),
        T(chores_get_a_third_of_an_entry_while_clients_wait),
    };
    return cmocka_run_group_tests_name("limits", tests, NULL, NULL);
}
