/* Entries: in steps, refused as a whole, given up, and what they give. */
#include "store/apply.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "test/unit/store/stand.h"

enum { KEYS = 100 };

static void put_keys(struct stand *s, int64_t lease)
{
    char key[8];
    for (int i = 0; i < KEYS; i++) {
        snprintf(key, sizeof key, "k%03d", i);
        entries_put(&s->entries, SPACE_ETCD, bytes_str(key), bytes_str("1"), lease);
    }
    stand_apply(s);
}

static struct bytes payload_of(struct stand *s)
{
    struct entry_time time = { .wall_ms = 1700000000000, .age_ms = 1 };
    return entries_finish(&s->entries, time);
}

static enum err begin(struct stand *s, struct bytes payload, struct apply **ret)
{
    return store_apply_begin(s->store, s->index + 1, 2, payload, ret);
}

/* Steps of ROWS until the end; how many it took. */
static int run_in_steps(struct stand *s, struct bytes payload, uint64_t rows)
{
    struct apply *a;
    struct effects *effects = NULL;
    int steps = 0;
    assert_int_equal(begin(s, payload, &a), OK);
    for (; effects == NULL; steps++) {
        assert_int_equal(view_renew(s->view), OK);
        assert_int_equal(view_applied_index(s->view), s->index);
        assert_int_equal(store_apply_step(a, rows, &effects), OK);
    }
    s->index++;
    assert_int_equal(view_renew(s->view), OK);
    if (s->effects != NULL)
        effects_unref(s->effects);
    s->effects = effects;
    return steps;
}

/* -- steps ------------------------------------------------------------------------------------ */

static void long_delete_is_cut_and_seen_by_nobody_before_its_end(void **state)
{
    struct stand *s = *state;
    put_keys(s, 0);
    entries_remove(&s->entries, SPACE_ETCD, bytes_str("k"), bytes_str("l"));
    assert_in_range(run_in_steps(s, payload_of(s), 7), KEYS / 7, KEYS);
    assert_int_equal(s->effects->results[0].txn->ops[0].removed.n, KEYS);
}

static void long_range_inside_a_transaction_is_cut(void **state)
{
    struct stand *s = *state;
    struct op ops[] = { stand_op_range("k", "l", 0), stand_op_put("z", "1") };
    struct txn txn = { .then_ops = ops, .then_n = 2 };
    put_keys(s, 0);
    entries_txn(&s->entries, &txn);
    assert_in_range(run_in_steps(s, payload_of(s), 7), KEYS / 7, KEYS);
    assert_int_equal(s->effects->results[0].txn->ops[0].range.kv_n, KEYS);
}

static void revoke_of_many_keys_is_cut(void **state)
{
    struct stand *s = *state;
    stand_grant(s, 7, FACE_ETCD);
    put_keys(s, 7);
    entries_revoke(&s->entries, 7, FACE_ETCD);
    assert_in_range(run_in_steps(s, payload_of(s), 7), KEYS / 7, KEYS);
    assert_int_equal(s->effects->results[0].removed, KEYS);
}

static void entry_that_is_given_up_leaves_nothing(void **state)
{
    struct stand *s = *state;
    struct apply *a;
    struct effects *effects;
    put_keys(s, 0);
    uint64_t before, after;
    assert_int_equal(store_hash(s->view, &before), OK);
    entries_remove(&s->entries, SPACE_ETCD, bytes_str("k"), bytes_str("l"));
    assert_int_equal(begin(s, payload_of(s), &a), OK);
    assert_int_equal(store_apply_step(a, 5, &effects), OK);
    assert_null(effects);
    store_apply_abort(a);
    assert_int_equal(view_renew(s->view), OK);
    assert_int_equal(store_hash(s->view, &after), OK);
    assert_true(before == after);
}

/* -- entries that are refused as a whole ------------------------------------------------------- */

static void entry_of_newer_rules_is_refused(void **state)
{
    struct stand *s = *state;
    struct apply *a;
    entries_put(&s->entries, SPACE_ETCD, bytes_str("a"), bytes_str("1"), 0);
    struct bytes payload = arena_dup(&s->arena, payload_of(s));
    ((uint8_t *)(uintptr_t)payload.p)[1] = ENTRY_RULES + 1;
    assert_int_equal(begin(s, payload, &a), ERR_RULES);
}

static void entry_cut_anywhere_is_refused_before_anything_happens(void **state)
{
    struct stand *s = *state;
    struct apply *a;
    entries_put(&s->entries, SPACE_ETCD, bytes_str("a"), bytes_str("1"), 0);
    entries_put(&s->entries, SPACE_ETCD, bytes_str("b"), bytes_str("1"), 0);
    struct bytes payload = payload_of(s);
    for (size_t n = 1; n < payload.n; n++) {
        enum err e = begin(s, bytes_of(payload.p, n), &a);
        assert_true(e == ERR_TRUNCATED || e == ERR_MALFORMED);
    }
}

static void entry_with_a_kind_that_is_not_known_is_refused(void **state)
{
    struct stand *s = *state;
    struct apply *a;
    const unsigned kinds[] = { 0, COMMAND_COMPACT + 1, COMMAND_KIND_UPPER };
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        entries_command(&s->entries, (enum command_kind)kinds[i], bytes_str("body"));
        assert_int_equal(begin(s, payload_of(s), &a), ERR_RULES);
    }
}

static void body_that_is_malformed_refuses_its_command_alone(void **state)
{
    struct stand *s = *state;
    entries_command(&s->entries, COMMAND_TXN, bytes_str("?"));
    entries_put(&s->entries, SPACE_ETCD, bytes_str("a"), bytes_str("1"), 0);
    assert_int_equal(stand_apply(s)->err, ERR_TRUNCATED);
    assert_string_equal(stand_value(s, "a", 0), "1");
}

/* Whatever stands in an entry, applying it ends without an error that would end the process. */
static void entry_with_any_byte_bent_is_applied_or_refused(void **state)
{
    struct stand *s = *state;
    struct op inner_op = stand_op_range("k", "l", 0);
    struct txn inner = { .then_ops = &inner_op, .then_n = 1 };
    struct op ops[] = { stand_op_put("k1", "1"), stand_op_remove("k", "l"), stand_op_txn(&inner) };
    struct txn txn = { .then_ops = ops, .then_n = 3 };
    const struct lease_remaining remaining = { .id = 7, .remaining_ms = 1 };
    stand_grant(s, 7, FACE_ETCD);
    entries_txn(&s->entries, &txn);
    entries_move(&s->entries, 7, LEASE_LIVE, LEASE_DOWN);
    entries_checkpoint(&s->entries, &remaining, 1);
    entries_compact(&s->entries, SPACE_ETCD, 1);
    entries_revoke(&s->entries, 7, FACE_ETCD);
    struct bytes payload = arena_dup(&s->arena, payload_of(s));
    for (size_t bit = 0; bit < payload.n * 8; bit++) {
        uint8_t *byte = (uint8_t *)(uintptr_t)payload.p + bit / 8;
        struct apply *a;
        struct effects *effects = NULL;
        *byte ^= (uint8_t)(1 << bit % 8);
        if (begin(s, payload, &a) == OK) {
            while (effects == NULL)
                assert_int_equal(store_apply_step(a, 100, &effects), OK);
            effects_unref(effects);
            s->index++;
        }
        *byte ^= (uint8_t)(1 << bit % 8);
    }
}

static void entry_applied_already_is_invalid(void **state)
{
    struct stand *s = *state;
    struct effects *effects;
    stand_put(s, "a", "1");
    assert_int_equal(store_apply(s->store, s->index, 2, (struct bytes){ 0 }, &effects),
                     ERR_INVALID);
}

/* -- what an entry gives ----------------------------------------------------------------------- */

static void empty_payload_moves_index_and_term(void **state)
{
    struct stand *s = *state;
    struct effects *effects;
    assert_int_equal(store_apply(s->store, 1, 9, (struct bytes){ 0 }, &effects), OK);
    effects_unref(effects);
    assert_int_equal(view_renew(s->view), OK);
    assert_int_equal(view_applied_index(s->view), 1);
    assert_int_equal(view_applied_term(s->view), 9);
    assert_int_equal(view_revision(s->view), 1);
}

static void batch_holds_the_events_of_a_space_that_is_watched(void **state)
{
    struct stand *s = *state;
    store_want_events(s->store, SPACE_ETCD, true);
    stand_put(s, "a", "1");
    const struct batch *b = s->effects->batch;
    assert_int_equal(b->left_out, 0);
    assert_int_equal(b->event_n, 1);
    assert_true(bytes_is(b->events[0].event.kv.key, "a"));
    assert_int_equal(b->first, 2);
    assert_int_equal(b->last, 2);
}

static void batch_of_a_space_that_nobody_watches_says_so(void **state)
{
    struct stand *s = *state;
    stand_put(s, "a", "1");
    assert_int_equal(s->effects->batch->left_out, BIT(SPACE_ETCD));
    assert_int_equal(s->effects->batch->spaces, BIT(SPACE_ETCD));
}

static void space_that_nobody_watches_takes_no_other_out(void **state)
{
    struct stand *s = *state;
    struct op ops[] = { stand_op_put("a", "1"), stand_op_put("b", "2"), stand_op_put("c", "3") };
    ops[1].put.space = SPACE_CATALOG;
    struct txn txn = { .then_ops = ops, .then_n = ARRAY_LEN(ops) };
    store_want_events(s->store, SPACE_CATALOG, true);
    stand_txn(s, &txn);
    const struct batch *b = s->effects->batch;
    assert_int_equal(b->spaces, BIT(SPACE_ETCD) | BIT(SPACE_CATALOG));
    assert_int_equal(b->left_out, BIT(SPACE_ETCD));
    assert_int_equal(b->event_n, 1);
    assert_true(bytes_is(b->events[0].event.kv.key, "b"));
}

static void batch_above_its_maximum_holds_no_events(void **state)
{
    struct stand *s = *state;
    s->options.batch_max_bytes = 1000;
    stand_reopen(s);
    store_want_events(s->store, SPACE_ETCD, true);
    put_keys(s, 0);
    assert_int_equal(s->effects->batch->left_out & BIT(SPACE_ETCD), BIT(SPACE_ETCD));
    assert_int_equal(s->effects->batch->event_n, 0);
}

static void system_counts_revisions_of_its_own(void **state)
{
    struct stand *s = *state;
    entries_put(&s->entries, SPACE_SYSTEM, bytes_str("a"), bytes_str("1"), 0);
    const struct command_result *r = stand_apply(s);
    assert_int_equal(r->revision, 1);
    assert_int_equal(r->system_revision, 1);
    assert_int_equal(view_system_revision(s->view), 1);
}

static void one_transaction_writes_two_spaces_in_one_revision(void **state)
{
    struct stand *s = *state;
    struct op ops[] = { stand_op_put("a", "1"), stand_op_put("a", "2") };
    ops[1].put.space = SPACE_CATALOG;
    struct txn txn = { .then_ops = ops, .then_n = 2 };
    struct kv kv;
    assert_int_equal(stand_txn(s, &txn)->revision, 2);
    assert_int_equal(range_get(s->view, SPACE_CATALOG, bytes_str("a"), 0, &s->arena, &kv), OK);
    assert_int_equal(kv.mod, 2);
}

/* -- room ------------------------------------------------------------------------------------- */

struct room {
    uint64_t asked, most;
    enum err answer;
};

static enum err note_room(void *ctx, uint64_t file_bytes, uint64_t bytes)
{
    struct room *room = ctx;
    room->asked++;
    room->most = file_bytes + bytes > room->most ? file_bytes + bytes : room->most;
    return room->answer;
}

static void no_room_fails_the_step_before_it_writes(void **state)
{
    struct stand *s = *state;
    struct room room = { .answer = ERR_NO_SPACE };
    struct effects *effects;
    s->options.assure = note_room;
    s->options.assure_ctx = &room;
    stand_reopen(s);
    entries_put(&s->entries, SPACE_ETCD, bytes_str("a"), bytes_str("1"), 0);
    assert_int_equal(store_apply(s->store, 1, 1, payload_of(s), &effects), ERR_NO_SPACE);
    assert_int_equal(room.asked, 1);
    assert_int_equal(view_renew(s->view), OK);
    assert_int_equal(view_applied_index(s->view), 0);
}

static void room_asked_for_covers_what_the_file_grew_to(void **state)
{
    struct stand *s = *state;
    struct room room = { .answer = OK };
    struct store_space space;
    char *value = arena_zalloc(&s->arena, 1, 200001);
    char key[16];
    memset(value, 'v', 200000);
    s->options.assure = note_room;
    s->options.assure_ctx = &room;
    stand_reopen(s);
    for (int i = 0; i < 20; i++) {
        snprintf(key, sizeof key, "k%d", i);
        stand_put(s, key, i % 3 == 0 ? "small" : value);
        store_space(s->store, &space);
        assert_true(space.file_bytes <= room.most);
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, stand_set_up, stand_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(long_delete_is_cut_and_seen_by_nobody_before_its_end),
        TEST(long_range_inside_a_transaction_is_cut),
        TEST(revoke_of_many_keys_is_cut),
        TEST(entry_that_is_given_up_leaves_nothing),
        TEST(entry_of_newer_rules_is_refused),
        TEST(entry_cut_anywhere_is_refused_before_anything_happens),
        TEST(entry_with_a_kind_that_is_not_known_is_refused),
        TEST(body_that_is_malformed_refuses_its_command_alone),
        TEST(entry_with_any_byte_bent_is_applied_or_refused),
        TEST(entry_applied_already_is_invalid),
        TEST(empty_payload_moves_index_and_term),
        TEST(batch_holds_the_events_of_a_space_that_is_watched),
        TEST(batch_of_a_space_that_nobody_watches_says_so),
        TEST(space_that_nobody_watches_takes_no_other_out),
        TEST(batch_above_its_maximum_holds_no_events),
        TEST(system_counts_revisions_of_its_own),
        TEST(one_transaction_writes_two_spaces_in_one_revision),
        TEST(no_room_fails_the_step_before_it_writes),
        TEST(room_asked_for_covers_what_the_file_grew_to),
    };
    return cmocka_run_group_tests_name("apply", tests, NULL, NULL);
}
