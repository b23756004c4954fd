/* Deadlines of leases on virtual time. */
#include "keeper/lease_clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct siphash_key key = { { 1, 2 } };

enum { TTL_MS = 5000, LONG_TTL_MS = 20 * 60 * 1000 };

static void grant_with(struct lease_clock *c, struct lease_grant grant)
{
    struct lease_change change = { .kind = LEASE_CHANGE_GRANTED, .grant = grant };
    lease_clock_apply(c, &change);
}

static void grant(struct lease_clock *c, int64_t id, uint64_t ttl_ms)
{
    grant_with(c, (struct lease_grant){
                      .id = id, .ttl_ms = ttl_ms, .remove_ms = ttl_ms, .face = FACE_ETCD });
}

static void moved(struct lease_clock *c, int64_t id, enum lease_stage stage)
{
    struct lease_change change = {
        .kind = stage == LEASE_REMOVED ? LEASE_CHANGE_REMOVED : LEASE_CHANGE_MOVED,
        .grant.id = id,
        .stage = stage,
    };
    lease_clock_apply(c, &change);
}

/* MS of clock time in turns that are not cut short. */
static void pass(struct lease_clock *c, uint64_t ms)
{
    for (; ms > 100; ms -= 100)
        assert_false(lease_clock_turn(c, 100));
    assert_false(lease_clock_turn(c, ms));
}

static size_t due(struct lease_clock *c, struct lease_move *ret)
{
    struct lease_move moves[8];
    size_t n = lease_clock_due(c, moves, 8);
    if (n > 0)
        *ret = moves[0];
    return n;
}

static enum renewal renew(struct lease_clock *c, int64_t id)
{
    uint64_t ttl;
    return lease_clock_renew(c, FACE_ETCD, id, &ttl);
}

static uint64_t remaining(struct lease_clock *c, int64_t id)
{
    uint64_t left = 0, ttl = 0;
    assert_true(lease_clock_remaining(c, FACE_ETCD, id, &left, &ttl));
    return left;
}

static int setup(void **state)
{
    *state = lease_clock_new(1000, &key);
    return 0;
}

static int teardown(void **state)
{
    lease_clock_free(*state);
    return 0;
}

static void lease_is_due_at_its_time_and_not_before(void **state)
{
    struct lease_move move = { 0 };
    grant(*state, 7, TTL_MS);
    pass(*state, TTL_MS - 1);
    assert_int_equal(due(*state, &move), 0);
    pass(*state, 1);
    assert_int_equal(due(*state, &move), 1);
    assert_int_equal(move.id, 7);
    assert_int_equal(move.from, LEASE_LIVE);
    assert_int_equal(move.to, LEASE_REMOVED);
}

static void renewal_gives_full_time_again(void **state)
{
    struct lease_move move = { 0 };
    grant(*state, 7, TTL_MS);
    pass(*state, 4000);
    assert_int_equal(renew(*state, 7), RENEWAL_DONE);
    assert_int_equal(remaining(*state, 7), TTL_MS);
    pass(*state, 4999);
    assert_int_equal(due(*state, &move), 0);
}

static void long_pause_counts_as_half_a_second(void **state)
{
    grant(*state, 7, TTL_MS);
    assert_true(lease_clock_turn(*state, 20000));
    assert_int_equal(remaining(*state, 7), TTL_MS - 500);
}

static void nobody_is_removed_between_a_pause_and_a_full_round(void **state)
{
    struct lease_move move = { 0 };
    grant(*state, 7, TTL_MS);
    pass(*state, 4900);
    assert_true(lease_clock_turn(*state, 20000));
    assert_int_equal(due(*state, &move), 0);
    lease_clock_settled(*state);
    assert_int_equal(due(*state, &move), 1);
}

static void renewal_during_the_pause_saves_the_lease(void **state)
{
    struct lease_move move = { 0 };
    grant(*state, 7, TTL_MS);
    pass(*state, 4900);
    assert_true(lease_clock_turn(*state, 20000));
    assert_int_equal(renew(*state, 7), RENEWAL_DONE);
    lease_clock_settled(*state);
    assert_int_equal(due(*state, &move), 0);
}

static void renewal_waits_while_removal_is_under_way(void **state)
{
    struct lease_move move = { 0 };
    grant(*state, 7, TTL_MS);
    pass(*state, TTL_MS);
    assert_int_equal(due(*state, &move), 1);
    assert_int_equal(renew(*state, 7), RENEWAL_WAIT);
    moved(*state, 7, LEASE_REMOVED);
    assert_int_equal(renew(*state, 7), RENEWAL_GONE);
}

static void refused_move_is_asked_again_later(void **state)
{
    struct lease_move move = { 0 };
    grant(*state, 7, TTL_MS);
    pass(*state, TTL_MS);
    assert_int_equal(due(*state, &move), 1);
    lease_clock_move_failed(*state, 7);
    assert_int_equal(due(*state, &move), 0);
    pass(*state, 500);
    assert_int_equal(due(*state, &move), 1);
}

static void face_does_not_renew_anothers_lease(void **state)
{
    uint64_t ttl;
    grant(*state, 7, TTL_MS);
    assert_int_equal(lease_clock_renew(*state, FACE_CONSUL, 7, &ttl), RENEWAL_GONE);
}

static void stages_come_in_order_and_renewal_moves_back(void **state)
{
    struct lease_move move = { 0 };
    grant_with(*state, (struct lease_grant){ .id = 3,
                                             .ttl_ms = 5000,
                                             .down_ms = 3000,
                                             .suspect_ms = 1000,
                                             .remove_ms = 5000,
                                             .face = FACE_ETCD });
    pass(*state, 1000);
    assert_int_equal(due(*state, &move), 1);
    assert_int_equal(move.to, LEASE_SUSPECT);
    moved(*state, 3, LEASE_SUSPECT);
    pass(*state, 2000);
    assert_int_equal(due(*state, &move), 1);
    assert_int_equal(move.to, LEASE_DOWN);
    moved(*state, 3, LEASE_DOWN);
    assert_int_equal(renew(*state, 3), RENEWAL_DONE);
    assert_int_equal(due(*state, &move), 1);
    assert_int_equal(move.from, LEASE_DOWN);
    assert_int_equal(move.to, LEASE_LIVE);
}

static void long_lease_is_checkpointed_every_five_minutes(void **state)
{
    struct lease_remaining marks[4];
    grant(*state, 9, LONG_TTL_MS);
    pass(*state, 5 * 60 * 1000 - 1);
    assert_int_equal(lease_clock_checkpoint(*state, marks, 4), 0);
    pass(*state, 1);
    assert_int_equal(lease_clock_checkpoint(*state, marks, 4), 1);
    assert_int_equal(marks[0].id, 9);
    assert_int_equal(marks[0].remaining_ms, 15 * 60 * 1000);
}

static void renewal_after_a_checkpoint_takes_it_back_at_once(void **state)
{
    struct lease_remaining marks[4];
    grant(*state, 9, LONG_TTL_MS);
    pass(*state, 5 * 60 * 1000);
    assert_int_equal(lease_clock_checkpoint(*state, marks, 4), 1);
    assert_int_equal(renew(*state, 9), RENEWAL_DONE);
    assert_int_equal(lease_clock_checkpoint(*state, marks, 4), 1);
    assert_int_equal(marks[0].remaining_ms, LONG_TTL_MS);
}

static void loaded_lease_has_what_its_checkpoint_says(void **state)
{
    struct lease lease = {
        .grant = { .id = 9, .ttl_ms = LONG_TTL_MS, .remove_ms = LONG_TTL_MS, .face = FACE_ETCD },
        .remaining_ms = 700
    };
    struct lease_clock *c = lease_clock_new(LONG_TTL_MS * 2, &key);
    lease_clock_load(c, &lease);
    assert_int_equal(remaining(c, 9), 700);
    lease_clock_free(c);
}

static void loaded_lease_without_checkpoint_has_full_time(void **state)
{
    struct lease lease = {
        .grant = { .id = 9, .ttl_ms = TTL_MS, .remove_ms = TTL_MS, .face = FACE_ETCD },
        .remaining_ms = UINT64_MAX
    };
    lease_clock_load(*state, &lease);
    assert_int_equal(remaining(*state, 9), TTL_MS);
}

/* -- starts that follow each other ------------------------------------------------------------- */

/* A clock as it is after a start, with one lease of TTL_MS that has REMAINING_MS by its checkpoint
 * (UINT64_MAX: none). */
static struct lease_clock *start_with(uint64_t age_ms, uint64_t remaining_ms)
{
    struct lease lease = {
        .grant = { .id = 9, .ttl_ms = TTL_MS, .remove_ms = TTL_MS, .face = FACE_ETCD },
        .remaining_ms = remaining_ms
    };
    struct lease_clock *c = lease_clock_new(age_ms, &key);
    lease_clock_load(c, &lease);
    return c;
}

/* What is written down of lease 9 now; 0: nothing. */
static uint64_t written_down(struct lease_clock *c)
{
    struct lease_remaining marks[4];
    size_t n = lease_clock_checkpoint(c, marks, 4);
    assert_true(n <= 1);
    return n == 0 ? 0 : marks[0].remaining_ms;
}

static void short_lease_is_not_written_down(void **state)
{
    grant(*state, 9, TTL_MS);
    for (int i = 0; i < 100; i++) {
        pass(*state, 4000);
        assert_int_equal(renew(*state, 9), RENEWAL_DONE);
        assert_int_equal(written_down(*state), 0);
    }
}

static void loaded_lease_nobody_renews_is_written_down_at_half_its_time(void **state)
{
    struct lease_clock *c = start_with(1000, UINT64_MAX);
    pass(c, TTL_MS / 2 - 1);
    assert_int_equal(written_down(c), 0);
    pass(c, 1);
    assert_int_equal(written_down(c), TTL_MS / 2);
    pass(c, TTL_MS / 4);
    assert_int_equal(written_down(c), TTL_MS / 4);
    lease_clock_free(c);
}

static void loaded_lease_that_is_renewed_is_never_written_down(void **state)
{
    struct lease_clock *c = start_with(1000, UINT64_MAX);
    for (int i = 0; i < 100; i++) {
        pass(c, i == 0 ? TTL_MS / 3 : TTL_MS / 3 * 2);
        assert_int_equal(written_down(c), 0);
        assert_int_equal(renew(c, 9), RENEWAL_DONE);
        assert_int_equal(written_down(c), 0);
    }
    lease_clock_free(c);
}

static void late_renewal_is_written_down_once_with_all_its_time(void **state)
{
    struct lease_clock *c = start_with(1000, UINT64_MAX);
    pass(c, TTL_MS / 2);
    assert_int_equal(written_down(c), TTL_MS / 2);
    assert_int_equal(renew(c, 9), RENEWAL_DONE);
    assert_int_equal(written_down(c), TTL_MS);
    for (int i = 0; i < 100; i++) {
        pass(c, TTL_MS / 3 * 2);
        assert_int_equal(written_down(c), 0);
        assert_int_equal(renew(c, 9), RENEWAL_DONE);
        assert_int_equal(written_down(c), 0);
    }
    lease_clock_free(c);
}

/* Each start comes right after something was written down, which is the best that a dead client can
 * hope for. */
static void starts_do_not_keep_a_dead_lease_alive(void **state)
{
    uint64_t remaining_ms = UINT64_MAX, lived_ms = 0;
    struct lease_move move = { 0 };
    for (int starts = 0; starts < 100; starts++) {
        struct lease_clock *c = start_with(1000000 + lived_ms, remaining_ms);
        remaining_ms = 0;
        while (remaining_ms == 0 && due(c, &move) == 0) {
            pass(c, 1);
            lived_ms++;
            remaining_ms = written_down(c);
        }
        lease_clock_free(c);
        if (remaining_ms == 0)
            break;
    }
    assert_int_equal(move.id, 9);
    assert_true(lived_ms <= 2 * TTL_MS);
}

/* -- moving ------------------------------------------------------------------------------------ */

static void renewal_that_met_a_move_to_suspect_is_followed_by_the_move_back(void **state)
{
    struct lease_move move = { 0 };
    grant_with(
        *state,
        (struct lease_grant){
            .id = 3, .ttl_ms = 5000, .suspect_ms = 1000, .remove_ms = 5000, .face = FACE_ETCD });
    pass(*state, 1000);
    assert_int_equal(due(*state, &move), 1);
    assert_int_equal(renew(*state, 3), RENEWAL_WAIT);
    moved(*state, 3, LEASE_SUSPECT);
    assert_int_equal(renew(*state, 3), RENEWAL_DONE);
    assert_int_equal(due(*state, &move), 1);
    assert_int_equal(move.from, LEASE_SUSPECT);
    assert_int_equal(move.to, LEASE_LIVE);
    assert_int_equal(renew(*state, 3), RENEWAL_WAIT); /* this move is under way, too */
    moved(*state, 3, LEASE_LIVE);
    assert_int_equal(renew(*state, 3), RENEWAL_DONE);
    assert_int_equal(due(*state, &move), 0);
    assert_int_equal(remaining(*state, 3), 5000);
}

/* -- time -------------------------------------------------------------------------------------- */

static void turn_of_half_a_second_counts_whole_and_a_longer_one_is_cut_short(void **state)
{
    uint64_t before = lease_clock_age_ms(*state);
    assert_false(lease_clock_turn(*state, 500));
    assert_int_equal(lease_clock_age_ms(*state), before + 500);
    assert_true(lease_clock_turn(*state, 501));
    assert_int_equal(lease_clock_age_ms(*state), before + 1000);
}

static void age_never_goes_back(void **state)
{
    uint64_t last = lease_clock_age_ms(*state);
    const uint64_t turns[] = { 0, 1, 100, 0, 20000, 0, UINT64_MAX, 7 };
    for (size_t i = 0; i < sizeof turns / sizeof turns[0]; i++) {
        lease_clock_turn(*state, turns[i]);
        assert_true(lease_clock_age_ms(*state) >= last);
        assert_true(lease_clock_age_ms(*state) <= last + 500);
        last = lease_clock_age_ms(*state);
    }
}

static void many_leases_ring_each_once(void **state)
{
    enum { MANY = 20000 };
    for (int64_t id = 1; id <= MANY; id++)
        grant(*state, id, 1000 + (uint64_t)id % 4000);
    size_t rang = 0;
    for (int turn = 0; turn < 60; turn++) {
        struct lease_move moves[1000];
        lease_clock_turn(*state, 100);
        for (size_t n; (n = lease_clock_due(*state, moves, 1000)) > 0;)
            for (size_t i = 0; i < n; i++, rang++)
                moved(*state, moves[i].id, LEASE_REMOVED);
    }
    assert_int_equal(rang, MANY);
    assert_int_equal(lease_clock_count(*state), 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(lease_is_due_at_its_time_and_not_before),
        T(renewal_gives_full_time_again),
        T(long_pause_counts_as_half_a_second),
        T(nobody_is_removed_between_a_pause_and_a_full_round),
        T(renewal_during_the_pause_saves_the_lease),
        T(renewal_waits_while_removal_is_under_way),
        T(refused_move_is_asked_again_later),
        T(face_does_not_renew_anothers_lease),
        T(stages_come_in_order_and_renewal_moves_back),
        T(long_lease_is_checkpointed_every_five_minutes),
        T(renewal_after_a_checkpoint_takes_it_back_at_once),
        T(loaded_lease_has_what_its_checkpoint_says),
        T(loaded_lease_without_checkpoint_has_full_time),
        T(short_lease_is_not_written_down),
        T(loaded_lease_nobody_renews_is_written_down_at_half_its_time),
        T(loaded_lease_that_is_renewed_is_never_written_down),
        T(late_renewal_is_written_down_once_with_all_its_time),
        T(starts_do_not_keep_a_dead_lease_alive),
        T(renewal_that_met_a_move_to_suspect_is_followed_by_the_move_back),
        T(turn_of_half_a_second_counts_whole_and_a_longer_one_is_cut_short),
        T(age_never_goes_back),
        T(many_leases_ring_each_once),
    };
    return cmocka_run_group_tests_name("lease_clock", tests, NULL, NULL);
}
