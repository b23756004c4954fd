/* Leases: granted, moved, revoked; who sees them; which keys they keep. */
#include "store/lease.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test/unit/store/stand.h"

static uint64_t put_leased(struct stand *s, const char *key, int64_t lease)
{
    entries_put(&s->entries, SPACE_ETCD, bytes_str(key), bytes_str("1"), lease);
    const struct command_result *r = stand_apply(s);
    assert_int_equal(r->err, OK);
    return r->revision;
}

static struct lease lease_of(struct stand *s, int64_t id)
{
    struct lease lease;
    assert_int_equal(lease_get(s->view, FACE_NONE, id, &lease), OK);
    return lease;
}

static const struct command_result *revoke(struct stand *s, int64_t id, enum face face)
{
    entries_revoke(&s->entries, id, face);
    return stand_apply(s);
}

static enum err move(struct stand *s, int64_t id, enum lease_stage from, enum lease_stage to)
{
    entries_move(&s->entries, id, from, to);
    return stand_apply(s)->err;
}

/* -- granting --------------------------------------------------------------------------------- */

static void grant_takes_no_revision(void **state)
{
    struct stand *s = *state;
    assert_int_equal(stand_grant(s, 7, FACE_ETCD), OK);
    assert_int_equal(view_revision(s->view), 1);
    assert_int_equal(s->effects->lease_changes[0].kind, LEASE_CHANGE_GRANTED);
}

static void id_that_is_taken_is_refused(void **state)
{
    struct stand *s = *state;
    assert_int_equal(stand_grant(s, -7, FACE_ETCD), OK);
    assert_int_equal(stand_grant(s, -7, FACE_CONSUL), ERR_LEASE_EXISTS);
}

static void id_0_is_refused(void **state)
{
    struct stand *s = *state;
    assert_int_equal(stand_grant(s, 0, FACE_ETCD), ERR_INVALID);
}

static void face_sees_and_revokes_its_own_only(void **state)
{
    struct stand *s = *state;
    struct lease lease;
    stand_grant(s, 7, FACE_NACOS);
    assert_int_equal(lease_get(s->view, FACE_ETCD, 7, &lease), ERR_LEASE_NOT_FOUND);
    assert_int_equal(lease_get(s->view, FACE_NACOS, 7, &lease), OK);
    assert_int_equal(revoke(s, 7, FACE_ETCD)->err, ERR_LEASE_NOT_FOUND);
    assert_int_equal(revoke(s, 7, FACE_NACOS)->err, OK);
}

static bool note_id(void *ctx, const struct lease *lease)
{
    int64_t **at = ctx;
    *(*at)++ = lease->grant.id;
    return true;
}

static void all_leases_come_in_order_of_their_signed_ids(void **state)
{
    struct stand *s = *state;
    int64_t ids[3], *at = ids;
    stand_grant(s, 1, FACE_ETCD);
    stand_grant(s, -5, FACE_ETCD);
    stand_grant(s, INT64_MAX, FACE_ETCD);
    bool all;
    assert_int_equal(lease_each(s->view, INT64_MIN, note_id, &at, &all), OK);
    assert_true(all);
    assert_int_equal(ids[0], -5);
    assert_int_equal(ids[1], 1);
    assert_true(ids[2] == INT64_MAX);
}

/* -- keys ------------------------------------------------------------------------------------- */

static void put_without_the_lease_detaches(void **state)
{
    struct stand *s = *state;
    stand_grant(s, 7, FACE_ETCD);
    put_leased(s, "a", 7);
    assert_int_equal(lease_of(s, 7).key_n, 1);
    put_leased(s, "a", 0);
    assert_int_equal(lease_of(s, 7).key_n, 0);
    assert_int_equal(revoke(s, 7, FACE_ETCD)->removed, 0);
    assert_string_equal(stand_value(s, "a", 0), "1");
}

static void put_with_another_lease_moves_the_key(void **state)
{
    struct stand *s = *state;
    stand_grant(s, 7, FACE_ETCD);
    stand_grant(s, 8, FACE_ETCD);
    put_leased(s, "a", 7);
    put_leased(s, "a", 8);
    assert_int_equal(lease_of(s, 7).key_n, 0);
    assert_int_equal(lease_of(s, 8).key_n, 1);
}

static void ignored_lease_stays(void **state)
{
    struct stand *s = *state;
    struct op op = stand_op_put("a", "2");
    struct txn txn = { .then_ops = &op, .then_n = 1 };
    op.put.ignore_lease = true;
    stand_grant(s, 7, FACE_ETCD);
    put_leased(s, "a", 7);
    stand_txn(s, &txn);
    assert_int_equal(lease_of(s, 7).key_n, 1);
    assert_string_equal(stand_value(s, "a", 0), "2");
}

static void ignored_value_alone_clears_the_lease(void **state)
{
    struct stand *s = *state;
    struct op op = stand_op_put("a", "");
    struct txn txn = { .then_ops = &op, .then_n = 1 };
    op.put.ignore_value = true;
    stand_grant(s, 7, FACE_ETCD);
    put_leased(s, "a", 7);
    stand_txn(s, &txn);
    assert_int_equal(lease_of(s, 7).key_n, 0);
}

static void key_set_version_moves_with_every_key(void **state)
{
    struct stand *s = *state;
    stand_grant(s, 7, FACE_ETCD);
    uint64_t before = lease_of(s, 7).key_set_version;
    put_leased(s, "a", 7);
    uint64_t attached = lease_of(s, 7).key_set_version;
    put_leased(s, "a", 7); /* the set is the same */
    assert_int_equal(lease_of(s, 7).key_set_version, attached);
    stand_remove(s, "a", NULL);
    assert_true(attached > before);
    assert_true(lease_of(s, 7).key_set_version > attached);
}

/* Somebody is asked about the keys of lease 7 as they stand, and revokes it with that. */
static enum err revoke_as_of(struct stand *s, uint64_t mark)
{
    struct lease_revoke revoke = { .id = 7, .face = FACE_ETCD, .key_set_mark = mark };
    struct buf body;
    buf_init(&body, 64);
    lease_revoke_encode(&revoke, &body);
    entries_command(&s->entries, COMMAND_LEASE_REVOKE, buf_bytes(&body));
    buf_fini(&body);
    return stand_apply(s)->err;
}

static uint64_t mark_of(struct stand *s)
{
    struct lease lease = lease_of(s, 7);
    return lease_key_set_mark(&lease);
}

static void revoke_that_was_checked_for_other_keys_removes_nothing(void **state)
{
    struct stand *s = *state;
    stand_grant(s, 7, FACE_ETCD);
    put_leased(s, "a", 7);
    uint64_t with_a = mark_of(s);
    put_leased(s, "b", 7); /* somebody else's, between the check and the revoke */
    assert_int_equal(revoke_as_of(s, with_a), ERR_CHECK_AGAIN);
    assert_string_equal(stand_value(s, "a", 0), "1");
    assert_string_equal(stand_value(s, "b", 0), "1");
    stand_remove(s, "b", NULL);
    assert_int_equal(revoke_as_of(s, with_a),
                     ERR_CHECK_AGAIN); /* the same keys, but not since then */
    assert_int_equal(revoke_as_of(s, mark_of(s)), OK);
    assert_int_equal(lease_get(s->view, FACE_ETCD, 7, &(struct lease){ 0 }), ERR_LEASE_NOT_FOUND);
}

static void revoke_that_nobody_was_asked_about_takes_what_there_is(void **state)
{
    struct stand *s = *state;
    stand_grant(s, 7, FACE_ETCD);
    put_leased(s, "a", 7);
    put_leased(s, "b", 7);
    assert_int_equal(revoke_as_of(s, 0), OK);
    assert_int_equal(revoke_as_of(s, 1), ERR_LEASE_NOT_FOUND);
}

static void keys_come_in_order_and_not_above_a_maximum(void **state)
{
    struct stand *s = *state;
    struct bytes *keys;
    size_t n;
    stand_grant(s, 7, FACE_ETCD);
    put_leased(s, "b", 7);
    put_leased(s, "a", 7);
    assert_int_equal(lease_keys(s->view, 7, SPACE_ETCD, 0, &s->arena, &keys, &n), OK);
    assert_int_equal(n, 2);
    assert_true(bytes_is(keys[0], "a"));
    assert_int_equal(lease_keys(s->view, 7, SPACE_ETCD, 1, &s->arena, &keys, &n), ERR_TOO_BIG);
}

/* -- the end ---------------------------------------------------------------------------------- */

static void revoke_deletes_its_keys_in_order_in_one_revision(void **state)
{
    struct stand *s = *state;
    stand_grant(s, 7, FACE_ETCD);
    put_leased(s, "lb", 7);
    put_leased(s, "la", 7);
    store_want_events(s->store, SPACE_ETCD, true);
    assert_int_equal(revoke(s, 7, FACE_ETCD)->revision, 4);
    const struct batch *b = s->effects->batch;
    assert_int_equal(b->event_n, 2);
    assert_true(bytes_is(b->events[0].event.kv.key, "la"));
    assert_true(bytes_is(b->events[1].event.kv.key, "lb"));
    assert_int_equal(b->events[1].event.kv.mod, 4);
}

static void revoke_without_keys_takes_no_revision(void **state)
{
    struct stand *s = *state;
    stand_grant(s, 7, FACE_ETCD);
    assert_int_equal(revoke(s, 7, FACE_ETCD)->revision, 1);
    assert_int_equal(revoke(s, 7, FACE_ETCD)->err, ERR_LEASE_NOT_FOUND);
}

static void move_names_the_stage_it_leaves(void **state)
{
    struct stand *s = *state;
    stand_grant(s, 7, FACE_ETCD);
    assert_int_equal(move(s, 7, LEASE_LIVE, LEASE_SUSPECT), OK);
    assert_int_equal(move(s, 7, LEASE_LIVE, LEASE_DOWN), ERR_LEASE_MOVED);
    assert_int_equal(lease_of(s, 7).stage, LEASE_SUSPECT);
}

static void lapsed_lease_keeps_its_keys_until_it_is_removed(void **state)
{
    struct stand *s = *state;
    stand_grant(s, 7, FACE_ETCD);
    put_leased(s, "a", 7);
    move(s, 7, LEASE_LIVE, LEASE_DOWN);
    assert_string_equal(stand_value(s, "a", 0), "1");
    move(s, 7, LEASE_DOWN, LEASE_REMOVED);
    assert_string_equal(stand_value(s, "a", 0), "");
    assert_int_equal(s->effects->lease_changes[0].kind, LEASE_CHANGE_REMOVED);
}

static void checkpoint_keeps_what_is_left_and_skips_the_unknown(void **state)
{
    struct stand *s = *state;
    const struct lease_remaining remaining[] = { { .id = 8, .remaining_ms = 1 },
                                                 { .id = 7, .remaining_ms = 1234 } };
    stand_grant(s, 7, FACE_ETCD);
    assert_true(lease_of(s, 7).remaining_ms == UINT64_MAX);
    entries_checkpoint(&s->entries, remaining, 2);
    assert_int_equal(stand_apply(s)->err, OK);
    assert_int_equal(lease_of(s, 7).remaining_ms, 1234);
}

static void leases_and_keys_survive_a_restart(void **state)
{
    struct stand *s = *state;
    stand_grant(s, 7, FACE_ETCD);
    put_leased(s, "a", 7);
    stand_reopen(s);
    assert_int_equal(lease_of(s, 7).key_n, 1);
    assert_int_equal(revoke(s, 7, FACE_ETCD)->removed, 1);
}

/* A put names a lease of the face that it came through. */
static void lease_of_another_face_keeps_no_key(void **state)
{
    struct stand *s = *state;
    assert_int_equal(stand_grant(s, 7, FACE_NACOS), OK);
    assert_int_equal(stand_grant(s, 8, FACE_ETCD), OK);
    entries_put(&s->entries, SPACE_ETCD, bytes_str("a"), bytes_str("1"), 7);
    assert_int_equal(stand_apply(s)->err, ERR_LEASE_NOT_FOUND);
    entries_put(&s->entries, SPACE_ETCD, bytes_str("a"), bytes_str("1"), 8);
    assert_int_equal(stand_apply(s)->err, OK);
    assert_int_equal(lease_of(s, 7).key_n, 0);
    assert_int_equal(lease_of(s, 8).key_n, 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, stand_set_up, stand_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(grant_takes_no_revision),
        TEST(id_that_is_taken_is_refused),
        TEST(id_0_is_refused),
        TEST(face_sees_and_revokes_its_own_only),
        TEST(all_leases_come_in_order_of_their_signed_ids),
        TEST(put_without_the_lease_detaches),
        TEST(put_with_another_lease_moves_the_key),
        TEST(ignored_lease_stays),
        TEST(ignored_value_alone_clears_the_lease),
        TEST(key_set_version_moves_with_every_key),
        TEST(revoke_that_was_checked_for_other_keys_removes_nothing),
        TEST(revoke_that_nobody_was_asked_about_takes_what_there_is),
        TEST(keys_come_in_order_and_not_above_a_maximum),
        TEST(revoke_deletes_its_keys_in_order_in_one_revision),
        TEST(revoke_without_keys_takes_no_revision),
        TEST(move_names_the_stage_it_leaves),
        TEST(lapsed_lease_keeps_its_keys_until_it_is_removed),
        TEST(checkpoint_keeps_what_is_left_and_skips_the_unknown),
        TEST(leases_and_keys_survive_a_restart),
        TEST(lease_of_another_face_keeps_no_key),
    };
    return cmocka_run_group_tests_name("lease", tests, NULL, NULL);
}
