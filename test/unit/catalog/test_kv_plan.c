/* Consul's rules for pairs, locks and sessions, one by one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "catalog/kv_lock.h"
#include "catalog/node.h"
#include "test/unit/catalog/kv/rig.h"

static struct rig rig;
static const struct uuid anna = { { 0xaa } }, bert = { { 0xbb } }, nobody;

static struct bytes text(const char *t)
{
    return bytes_str(t);
}

/* One operation as one command; its result. */
static struct kv_result kv(struct kv_op op)
{
    const struct answer *answer;
    struct step step = { .kind = STEP_KV, .kv = op };
    enum err e = rig_apply(&rig, &step, 1, &answer);
    assert_int_equal(e == OK, answer->kv.refusal == KV_DONE);
    return answer->kv;
}

static void set(const char *key, const char *value)
{
    struct kv_op op = { .verb = KV_SET, .key = text(key), .value = text(value) };
    assert_int_equal(kv(op).refusal, KV_DONE);
}

static enum kv_refusal lock(const char *key, const struct uuid *session)
{
    struct kv_op op = {
        .verb = KV_LOCK, .key = text(key), .value = text("l"), .session = *session
    };
    return kv(op).refusal;
}

static enum kv_refusal unlock(const char *key, const struct uuid *session)
{
    struct kv_op op = {
        .verb = KV_UNLOCK, .key = text(key), .value = text("u"), .session = *session
    };
    return kv(op).refusal;
}

static struct kv_entry standing(const char *key)
{
    struct kv_entry e = { 0 };
    assert_true(rig_get(&rig, text(key), &e));
    return e;
}

static bool is_held_by(const char *key, const struct uuid *session)
{
    struct kv_entry e = standing(key);
    return uuid_eq(&e.pair.session, session);
}

static bool is_there(const char *key)
{
    struct kv_entry e;
    return rig_get(&rig, text(key), &e);
}

static struct step creation(const struct uuid *id, enum session_behavior behavior,
                            uint64_t lock_delay_s)
{
    return (struct step){ .kind = STEP_CREATE,
                          .create = { .id = *id,
                                      .of_member = true,
                                      .session = { .behavior = behavior,
                                                   .lock_delay_ns = lock_delay_s * 1000000000,
                                                   .node = text("n") } } };
}

static void begin(const struct uuid *id, enum session_behavior behavior, uint64_t lock_delay_s)
{
    const struct answer *answer;
    struct step step = creation(id, behavior, lock_delay_s);
    assert_int_equal(rig_apply(&rig, &step, 1, &answer), OK);
}

static void end(const struct uuid *id)
{
    const struct answer *answer;
    struct step step = { .kind = STEP_END, .session = *id };
    assert_int_equal(rig_apply(&rig, &step, 1, &answer), OK);
}

static void step_on(enum step_kind kind, const char *node, const char *check, enum status status)
{
    const struct answer *answer;
    struct step step = { .kind = kind, .node = text(node), .check = text(check), .status = status };
    assert_int_equal(rig_apply(&rig, &step, 1, &answer), OK);
}

/* -- pairs ------------------------------------------------------------------------------------ */

static void set_without_flags_stores_zero(void **state)
{
    struct kv_op op = { .verb = KV_SET, .key = text("k"), .value = text("v"), .flags = 7 };
    kv(op);
    assert_int_equal(standing("k").pair.flags, 7);
    set("k", "v");
    assert_int_equal(standing("k").pair.flags, 0);
}

static void identical_value_moves_no_index(void **state)
{
    set("k", "v");
    uint64_t before = standing("k").modify, revision = view_revision(rig.stand->view);
    set("k", "v");
    assert_int_equal(standing("k").modify, before);
    assert_int_equal(view_revision(rig.stand->view), revision);
    set("k", "w");
    assert_int_equal(standing("k").modify, before + 1);
    assert_int_equal(standing("k").create, before);
}

static void cas_of_zero_creates_only(void **state)
{
    struct kv_op op = { .verb = KV_CAS, .key = text("k"), .value = text("v") };
    assert_int_equal(kv(op).refusal, KV_DONE);
    assert_int_equal(kv(op).refusal, KV_STALE);
    op.index = standing("k").modify;
    op.value = text("w");
    assert_int_equal(kv(op).refusal, KV_DONE);
    assert_int_equal(kv(op).refusal, KV_STALE);
    op.key = text("other");
    assert_int_equal(kv(op).refusal, KV_STALE);
}

static void delete_cas_wants_the_index_unless_nothing_is_there(void **state)
{
    struct kv_op op = { .verb = KV_DELETE_CAS, .key = text("k") };
    assert_int_equal(kv(op).refusal, KV_DONE);
    set("k", "v");
    assert_int_equal(kv(op).refusal, KV_STALE);
    op.index = standing("k").modify;
    assert_int_equal(kv(op).refusal, KV_DONE);
    assert_false(is_there("k"));
}

static void writes_show_the_pair_without_its_value(void **state)
{
    struct kv_op op = { .verb = KV_SET, .key = text("k"), .value = text("v"), .flags = 3 };
    struct kv_result r = kv(op);
    assert_int_equal(r.entry_n, 1);
    assert_true(bytes_is(r.entries[0].key, "k"));
    assert_int_equal(r.entries[0].pair.value.n, 0);
    assert_int_equal(r.entries[0].pair.flags, 3);
    assert_int_equal(r.entries[0].modify, standing("k").modify);
}

static void only_a_whole_tree_has_the_empty_key(void **state)
{
    for (int verb = 0; verb < KV_VERBS; verb++) {
        struct kv_op op = { .verb = (enum kv_verb)verb };
        enum kv_refusal want = verb == KV_DELETE_TREE ? KV_DONE : KV_NO_KEY;
        assert_int_equal(kv(op).refusal, want);
    }
}

static void later_operation_sees_earlier_ones_and_a_refusal_undoes_all(void **state)
{
    const struct answer *a;
    struct step steps[] = {
        { .kind = STEP_KV, .kv = { .verb = KV_SET, .key = text("k"), .value = text("v") } },
        { .kind = STEP_KV, .kv = { .verb = KV_GET, .key = text("k") } },
        { .kind = STEP_KV, .kv = { .verb = KV_CHECK_NOT_EXISTS, .key = text("k") } },
        { .kind = STEP_KV, .kv = { .verb = KV_GET, .key = text("absent") } },
    };
    assert_int_equal(rig_apply(&rig, steps, 2, &a), OK);
    assert_true(bytes_is(a[1].kv.entries[0].pair.value, "v"));
    assert_int_equal(a[1].kv.entries[0].modify, standing("k").modify);
    steps[0].kv.value = text("w");
    assert_int_equal(rig_apply(&rig, steps, 4, &a), ERR_INVALID);
    assert_int_equal(a[2].kv.refusal, KV_PRESENT);
    assert_int_equal(a[3].kv.refusal, KV_ABSENT);
    assert_true(bytes_is(standing("k").pair.value, "v"));
}

static void set_pairs(const char *prefix, size_t from, size_t n)
{
    const struct answer *a;
    struct step *steps = arena_zalloc(&rig.stand->arena, n, sizeof *steps);
    for (size_t i = 0; i < n; i++) {
        const char *key = arena_printf(&rig.stand->arena, "%s%05zu", prefix, from + i);
        steps[i].kv = (struct kv_op){ .verb = KV_SET, .key = text(key) };
    }
    assert_int_equal(rig_apply(&rig, steps, n, &a), OK);
}

static void tree_is_read_and_removed_up_to_its_limit(void **state)
{
    struct kv_op get = { .verb = KV_GET_TREE, .key = text("t/") };
    struct kv_op delete = { .verb = KV_DELETE_TREE, .key = text("t/") };
    set_pairs("t/", 0, KV_TREE_MAX);
    assert_int_equal(kv(get).entry_n, KV_TREE_MAX);
    set_pairs("t/", KV_TREE_MAX, 1);
    assert_int_equal(kv(get).refusal, KV_TREE_TOO_BIG);
    assert_int_equal(kv(delete).refusal, KV_TREE_TOO_BIG);
    kv((struct kv_op){ .verb = KV_DELETE, .key = text("t/00000") });
    assert_int_equal(kv(delete).refusal, KV_DONE);
    assert_int_equal(kv(get).entry_n, 0);
}

static void tree_is_read_up_to_so_many_bytes(void **state)
{
    static uint8_t value[KV_VALUE_MAX];
    enum { ROW = 1 + 1 + 8 + 8 + 4, WHOLE = KV_TREE_MAX_BYTES / KV_VALUE_MAX };
    struct kv_op get = { .verb = KV_GET_TREE, .key = text("t") };
    uint8_t key[2] = { 't' };
    struct kv_op put = { .verb = KV_SET, .key = bytes_of(key, 2) };
    for (int i = 0; i < WHOLE; i++) { /* just as many bytes as may be, keys and rows together */
        key[1] = (uint8_t)i;
        put.value = bytes_of(value, KV_VALUE_MAX - ROW - 2);
        kv(put);
    }
    assert_int_equal(kv(get).entry_n, WHOLE);
    put.value.n++;
    kv(put);
    assert_int_equal(kv(get).refusal, KV_TREE_TOO_BIG);
}

/* -- locks ------------------------------------------------------------------------------------ */

static void lock_is_taken_counted_and_let_go(void **state)
{
    begin(&anna, SESSION_RELEASE, 15);
    begin(&bert, SESSION_RELEASE, 15);
    assert_int_equal(lock("k", &anna), KV_DONE);
    assert_int_equal(standing("k").pair.lock_index, 1);
    assert_int_equal(lock("k", &bert), KV_HELD);
    assert_int_equal(lock("k", &anna), KV_DONE); /* again: it is hers already */
    assert_int_equal(standing("k").pair.lock_index, 1);
    assert_int_equal(unlock("k", &bert), KV_NOT_HELD);
    assert_int_equal(unlock("k", &anna), KV_DONE);
    assert_true(bytes_is(standing("k").pair.value, "u"));
    assert_int_equal(standing("k").pair.lock_index, 1);
    assert_int_equal(lock("k", &bert), KV_DONE); /* let go, so without a delay */
    assert_int_equal(standing("k").pair.lock_index, 2);
}

static void lock_needs_a_session_that_is_there(void **state)
{
    assert_int_equal(lock("k", &nobody), KV_NO_SESSION);
    assert_int_equal(lock("k", &anna), KV_UNKNOWN_SESSION);
    assert_int_equal(unlock("k", &nobody), KV_NO_SESSION);
    assert_int_equal(unlock("k", &anna), KV_NOT_HELD);
    assert_false(is_there("k"));
}

static void plain_set_keeps_the_lock_and_delete_ignores_it(void **state)
{
    begin(&anna, SESSION_RELEASE, 15);
    lock("k", &anna);
    set("k", "other");
    assert_true(is_held_by("k", &anna));
    kv((struct kv_op){ .verb = KV_DELETE, .key = text("k") });
    assert_false(is_there("k"));
    assert_int_equal(rig_side_rows(&rig, "h"), 0);
}

static void what_the_session_held_is_released_and_delayed(void **state)
{
    begin(&anna, SESSION_RELEASE, 3);
    begin(&bert, SESSION_RELEASE, 0);
    lock("k", &anna);
    set("free", "v");
    uint64_t before = standing("k").modify, free_before = standing("free").modify;
    end(&anna);
    assert_false(rig_has_session(&rig, &anna));
    assert_true(is_held_by("k", &nobody));
    assert_true(bytes_is(standing("k").pair.value, "l"));
    assert_true(standing("k").modify > before);
    assert_int_equal(standing("k").pair.lock_index, 1);
    assert_int_equal(standing("free").modify, free_before);
    assert_int_equal(lock("k", &bert), KV_DELAYED); /* one second later, and two */
    assert_int_equal(lock("k", &bert), KV_DELAYED);
    assert_int_equal(lock("k", &bert), KV_DONE);
}

static void lock_delay_of_zero_is_none(void **state)
{
    begin(&anna, SESSION_RELEASE, 0);
    begin(&bert, SESSION_RELEASE, 0);
    lock("k", &anna);
    end(&anna);
    assert_int_equal(lock("k", &bert), KV_DONE);
}

static void what_the_session_held_is_removed_if_it_says_so(void **state)
{
    begin(&anna, SESSION_DELETE, 15);
    lock("k", &anna);
    lock("l", &anna);
    unlock("l", &anna);
    end(&anna);
    assert_false(is_there("k"));
    assert_true(is_there("l"));
    begin(&bert, SESSION_RELEASE, 0);
    assert_int_equal(lock("k", &bert), KV_DELAYED);
}

static void session_and_its_locks_end_in_one_revision(void **state)
{
    begin(&anna, SESSION_RELEASE, 15);
    lock("k", &anna);
    lock("l", &anna);
    uint64_t revision = view_revision(rig.stand->view);
    end(&anna);
    assert_int_equal(standing("k").modify, revision + 1);
    assert_int_equal(standing("l").modify, revision + 1);
    end(&anna); /* it is gone: nothing happens */
    assert_int_equal(view_revision(rig.stand->view), revision + 1);
}

static void delays_that_are_over_are_swept(void **state)
{
    enum { KEYS = 9 };
    static const char *const keys[KEYS] = { "1", "2", "3", "4", "5", "6", "7", "8", "9" };
    begin(&anna, SESSION_RELEASE, 1);
    for (int i = 0; i < KEYS; i++)
        lock(keys[i], &anna);
    end(&anna);
    assert_int_equal(rig_side_rows(&rig, "e"), KEYS);
    begin(&anna, SESSION_RELEASE, 1);
    lock("9", &anna); /* whose old delay is the last to be swept */
    end(&anna);
    assert_int_equal(rig_side_rows(&rig, "e"), KEYS - 4);
    assert_int_equal(rig_side_rows(&rig, "d"), KEYS - 4);
    assert_int_equal(lock("9", &anna), KV_UNKNOWN_SESSION);
}

static void session_holds_so_many_locks_and_no_more(void **state)
{
    const struct answer *a;
    struct step *steps = arena_zalloc(&rig.stand->arena, SESSION_LOCKS_MAX, sizeof *steps);
    begin(&anna, SESSION_DELETE, 15);
    for (size_t i = 0; i < SESSION_LOCKS_MAX; i++) {
        const char *key = arena_printf(&rig.stand->arena, "%zu", i);
        steps[i].kv = (struct kv_op){ .verb = KV_LOCK, .key = text(key), .session = anna };
    }
    assert_int_equal(rig_apply(&rig, steps, SESSION_LOCKS_MAX, &a), OK);
    assert_int_equal(lock("more", &anna), KV_TOO_MANY_LOCKS);
    assert_int_equal(unlock("0", &anna), KV_DONE);
    assert_int_equal(lock("more", &anna), KV_DONE);
    end(&anna);
    assert_false(is_there("more"));
    assert_int_equal(rig_side_rows(&rig, "h"), 0);
}

/* -- what a session depends on ---------------------------------------------------------------- */

static struct bytes some_checks[] = { { (const uint8_t *)"c", 1 }, { (const uint8_t *)"C2", 2 } };

static struct session_result begin_on_node(bool of_member)
{
    const struct answer *answer;
    struct step step = creation(&anna, SESSION_RELEASE, 0);
    step.create.of_member = of_member;
    step.create.session.node_checks = (struct session_checks){ some_checks, 1 };
    step.create.session.service_checks = (struct session_checks){ some_checks + 1, 1 };
    enum err e = rig_apply(&rig, &step, 1, &answer);
    assert_int_equal(e == OK, answer->session.refusal == SESSION_DONE);
    return answer->session;
}

static void session_needs_its_node_and_checks_that_are_not_critical(void **state)
{
    assert_int_equal(begin_on_node(false).refusal, SESSION_NO_NODE);
    step_on(STEP_NODE, "N", "", STATUS_UP);
    struct session_result r = begin_on_node(false);
    assert_int_equal(r.refusal, SESSION_NO_CHECK);
    assert_true(bytes_is(r.check, "c"));
    step_on(STEP_CHECK, "n", "c", STATUS_DOWN);
    step_on(STEP_CHECK, "n", "c2", STATUS_SUSPECT);
    r = begin_on_node(false);
    assert_int_equal(r.refusal, SESSION_CHECK_CRITICAL);
    assert_true(bytes_is(r.check, "c"));
    step_on(STEP_CHECK, "n", "c", STATUS_UP);
    assert_int_equal(begin_on_node(false).refusal, SESSION_DONE);
    assert_int_equal(begin_on_node(false).refusal, SESSION_EXISTS);
}

static void member_is_there_without_rows(void **state)
{
    some_checks[0] = text(CHECK_OF_MEMBERS);
    step_on(STEP_CHECK, "n", "c2", STATUS_UP);
    assert_int_equal(begin_on_node(true).refusal, SESSION_DONE);
    end(&anna);
    step_on(STEP_NODE, "n", "", STATUS_UP);
    assert_int_equal(begin_on_node(false).refusal, SESSION_NO_CHECK);
    some_checks[0] = text("c");
}

static void session_ends_with(enum step_kind kind, const char *check, enum status status)
{
    step_on(STEP_NODE, "n", "", STATUS_UP);
    step_on(STEP_CHECK, "n", "c", STATUS_UP);
    step_on(STEP_CHECK, "n", "c2", STATUS_UP);
    assert_int_equal(begin_on_node(false).refusal, SESSION_DONE);
    lock("k", &anna);
    step_on(STEP_CHECK, "n", "c", STATUS_SUSPECT);
    step_on(STEP_CHECK, "n", "other", STATUS_DOWN);
    step_on(STEP_CHECK, "n2", "c", STATUS_DOWN);
    step_on(STEP_NODE_GONE, "n2", "", STATUS_UP);
    assert_true(rig_has_session(&rig, &anna));
    step_on(kind, "N", check, status);
    assert_false(rig_has_session(&rig, &anna));
    assert_true(is_held_by("k", &nobody));
    assert_int_equal(rig_side_rows(&rig, "b"), 0);
    assert_int_equal(rig_side_rows(&rig, "h"), 0);
}

static void session_ends_when_a_node_check_turns_critical(void **state)
{
    session_ends_with(STEP_CHECK, "C", STATUS_DOWN);
}

static void session_ends_when_a_service_check_turns_critical(void **state)
{
    session_ends_with(STEP_CHECK, "c2", STATUS_DOWN);
}

static void session_ends_when_a_check_is_removed(void **state)
{
    session_ends_with(STEP_CHECK_GONE, "c", STATUS_UP);
}

static void session_ends_with_its_node(void **state)
{
    session_ends_with(STEP_NODE_GONE, "", STATUS_UP);
}

static void session_is_kept_by_its_lease(void **state)
{
    const struct answer *answer;
    struct step step = creation(&anna, SESSION_RELEASE, 0);
    struct lease lease;
    step.create.lease = 77;
    assert_int_equal(rig_apply(&rig, &step, 1, &answer), ERR_INVALID);
    assert_int_equal(answer->session.refusal, SESSION_NO_LEASE);
    assert_int_equal(stand_grant(rig.stand, 77, FACE_ETCD), OK);
    assert_int_equal(rig_apply(&rig, &step, 1, &answer), ERR_INVALID);
    step.create.lease = 78;
    assert_int_equal(stand_grant(rig.stand, 78, FACE_CONSUL), OK);
    assert_int_equal(rig_apply(&rig, &step, 1, &answer), OK);
    assert_int_equal(lease_get(rig.stand->view, FACE_CONSUL, 78, &lease), OK);
    assert_int_equal(lease.key_n, 1);
}

static int set_up(void **state)
{
    rig_init(&rig);
    return 0;
}

static int tear_down(void **state)
{
    rig_fini(&rig);
    return 0;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(set_without_flags_stores_zero),
        TEST(identical_value_moves_no_index),
        TEST(cas_of_zero_creates_only),
        TEST(delete_cas_wants_the_index_unless_nothing_is_there),
        TEST(writes_show_the_pair_without_its_value),
        TEST(only_a_whole_tree_has_the_empty_key),
        TEST(later_operation_sees_earlier_ones_and_a_refusal_undoes_all),
        TEST(tree_is_read_and_removed_up_to_its_limit),
        TEST(tree_is_read_up_to_so_many_bytes),
        TEST(lock_is_taken_counted_and_let_go),
        TEST(lock_needs_a_session_that_is_there),
        TEST(plain_set_keeps_the_lock_and_delete_ignores_it),
        TEST(what_the_session_held_is_released_and_delayed),
        TEST(lock_delay_of_zero_is_none),
        TEST(what_the_session_held_is_removed_if_it_says_so),
        TEST(session_and_its_locks_end_in_one_revision),
        TEST(delays_that_are_over_are_swept),
        TEST(session_holds_so_many_locks_and_no_more),
        TEST(session_needs_its_node_and_checks_that_are_not_critical),
        TEST(member_is_there_without_rows),
        TEST(session_ends_when_a_node_check_turns_critical),
        TEST(session_ends_when_a_service_check_turns_critical),
        TEST(session_ends_when_a_check_is_removed),
        TEST(session_ends_with_its_node),
        TEST(session_is_kept_by_its_lease),
    };
    return cmocka_run_group_tests_name("kv_plan", tests, NULL, NULL);
}
