/* Hooks of an upper folder: a toy that keeps a shadow of each leased key of CATALOG, "~" and the
 * key, beside the spaces, and a list of what an entry did under "=". */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/apply_context.h"
#include "store/side.h"
#include "test/unit/store/stand.h"

enum { COMMAND_ATTACH = COMMAND_KIND_UPPER, RULES_AT = 1, NOTE_MAX = 1024 };

static struct bytes shadow_of(struct bytes key, struct arena *a)
{
    return bytes_str(arena_printf(a, "~%.*s", (int)key.n, (const char *)key.p));
}

/* Adds a letter to the memo of the entry. */
static void note(struct apply_context *apply, char c)
{
    struct arena *arena;
    void **memo = apply_entry_memo(apply, &arena);
    if (*memo == NULL)
        *memo = arena_zalloc(arena, 1, NOTE_MAX);
    char *text = *memo;
    text[strlen(text)] = c;
}

static enum err end_key(void *ctx, struct apply_context *apply, enum space space, struct bytes key,
                        struct arena *a, bool *ret_taken)
{
    if (space != SPACE_CATALOG || bytes_is(key, "theirs"))
        return OK;
    note(apply, 'e');
    *ret_taken = true;
    enum err e = apply_remove(apply, space, key);
    return e == OK ? apply_side_remove(apply, shadow_of(key, a)) : e;
}

static enum err move_key(void *ctx, struct apply_context *apply, const struct lease *lease,
                         struct bytes key, struct arena *a)
{
    note(apply, 'm');
    const char *stage = arena_printf(a, "stage %d", (int)lease->stage);
    enum err e = apply_put(apply, SPACE_CATALOG, key, bytes_str(stage), lease->grant.id);
    return e == OK ? apply_side_put(apply, shadow_of(key, a), bytes_str(stage)) : e;
}

static enum err end_entry(void *ctx, struct apply_context *apply, void *memo, uint64_t *rows,
                          bool *ret_done)
{
    unsigned *calls = ctx;
    *ret_done = memo == NULL;
    if (*ret_done)
        return OK;
    *ret_done = ++*calls % 2 == 0; /* it takes two steps */
    --*rows;
    return *ret_done ? apply_side_put(apply, bytes_str("="), bytes_str(memo)) : OK;
}

/* Keys that begin with "no" are not to be touched. A key "to:X" puts X with its value when it is
 * put, and takes it away when it goes. */
static enum err check_put(void *ctx, struct apply_context *apply, struct bytes key)
{
    return bytes_starts(key, bytes_str("no")) ? ERR_DENIED : OK;
}

static enum err check_remove(void *ctx, struct apply_context *apply, struct bytes key,
                             struct bytes end)
{
    struct bytes no = bytes_str("no");
    return range_holds(key, end, no) || bytes_starts(key, no) ? ERR_DENIED : OK;
}

static enum err did_put(void *ctx, struct apply_context *apply, struct bytes key,
                        struct bytes value, int64_t lease, struct arena *a)
{
    if (!bytes_starts(key, bytes_str("to:")))
        return OK;
    return apply_put(apply, SPACE_ETCD, bytes_skip(key, 3), arena_dup(a, value), 0);
}

static enum err did_remove(void *ctx, struct apply_context *apply, struct bytes key,
                           struct arena *a)
{
    if (!bytes_starts(key, bytes_str("to:")))
        return OK;
    struct bytes other = bytes_skip(key, 3);
    return other.p[0] == 'z' ? apply_put(apply, SPACE_ETCD, other, bytes_str("new"), 0)
                             : apply_remove(apply, SPACE_ETCD, arena_dup(a, other));
}

static const struct store_hooks hooks = { end_key, move_key,   check_put, check_remove,
                                          did_put, did_remove, end_entry };

/* Body: the lease, then the key. */
static enum err check(void *ctx, struct apply_context *apply, struct bytes body, struct arena *a,
                      void **ret_plan)
{
    struct bytes *plan = arena_zalloc(a, 1, sizeof *plan);
    *plan = body;
    *ret_plan = plan;
    return OK;
}

static enum err attach(void *ctx, struct apply_context *apply, void *plan, uint64_t *rows,
                       bool *ret_done)
{
    const struct bytes *body = plan;
    *ret_done = true;
    return apply_attach(apply, SPACE_CATALOG, bytes_skip(*body, 1), body->p[0]);
}

static const struct command_kind_row kinds[] = {
    { .kind = (enum command_kind)COMMAND_ATTACH, .name = "attach", .check = check, .run = attach },
};
static unsigned calls;

static int set_up(void **state)
{
    stand_set_up(state);
    struct stand *s = *state;
    calls = 0;
    s->options.kinds = kinds;
    s->options.kind_n = 1;
    s->options.hooks = &hooks;
    s->options.kinds_ctx = &calls;
    stand_reopen(s);
    stand_grant(s, 7, FACE_ETCD);
    stand_grant(s, 8, FACE_ETCD);
    return 0;
}

static void put(struct stand *s, enum space space, const char *key, int64_t lease)
{
    entries_put(&s->entries, space, bytes_str(key), bytes_str("v"), lease);
    assert_int_equal(stand_apply(s)->err, OK);
}

static const char *catalog(struct stand *s, const char *key)
{
    struct kv kv;
    enum err e = range_get(s->view, SPACE_CATALOG, bytes_str(key), 0, &s->arena, &kv);
    return e == OK ? arena_str(&s->arena, bytes_of(kv.value.p, kv.value.n)) : "";
}

static const char *side(struct stand *s, const char *key)
{
    struct bytes value;
    enum err e = side_get(s->view, bytes_str(key), &value);
    return e == OK ? arena_str(&s->arena, value) : "";
}

static void move(struct stand *s, enum lease_stage from, enum lease_stage to)
{
    entries_move(&s->entries, 7, from, to);
    assert_int_equal(stand_apply(s)->err, OK);
}

/* -- claims ----------------------------------------------------------------------------------- */

static void moved_lease_tells_of_its_keys_in_the_catalog(void **state)
{
    struct stand *s = *state;
    put(s, SPACE_CATALOG, "a", 7);
    put(s, SPACE_CATALOG, "b", 7);
    put(s, SPACE_CATALOG, "c", 8);
    put(s, SPACE_ETCD, "d", 7);
    move(s, LEASE_LIVE, LEASE_SUSPECT);
    assert_int_equal(s->effects->results->revision, 6); /* one for both */
    assert_string_equal(catalog(s, "a"), "stage 1");
    assert_string_equal(side(s, "~b"), "stage 1");
    assert_string_equal(catalog(s, "c"), "v");
    assert_string_equal(side(s, "~d"), "");
    assert_string_equal(side(s, "="), "mm");
}

static void move_without_keys_takes_no_revision(void **state)
{
    struct stand *s = *state;
    put(s, SPACE_ETCD, "d", 7);
    move(s, LEASE_LIVE, LEASE_DOWN);
    assert_int_equal(s->effects->results->revision, 2);
    assert_string_equal(side(s, "="), "");
}

static void ended_lease_takes_what_hangs_on_its_keys(void **state)
{
    struct stand *s = *state;
    put(s, SPACE_CATALOG, "a", 7);
    put(s, SPACE_CATALOG, "theirs", 7);
    put(s, SPACE_ETCD, "d", 7);
    move(s, LEASE_LIVE, LEASE_SUSPECT);
    move(s, LEASE_SUSPECT, LEASE_REMOVED);
    assert_int_equal(s->effects->results->removed, 3);
    assert_int_equal(s->effects->results->revision, 6);
    assert_string_equal(catalog(s, "a"), "");
    assert_string_equal(side(s, "~a"), "");
    assert_string_equal(catalog(s, "theirs"), "");
    assert_string_equal(side(s, "~theirs"), "stage 1"); /* the kernel knows of the key alone */
    assert_string_equal(stand_value(s, "d", 0), "");
    assert_string_equal(side(s, "="), "e");
}

static void many_keys_move_and_end_in_steps(void **state)
{
    struct stand *s = *state;
    enum { MANY = 300, ROWS = 20 };
    for (int i = 0; i < MANY; i++)
        put(s, SPACE_CATALOG, arena_printf(&s->arena, "k%03d", i), 7);
    entries_move(&s->entries, 7, LEASE_LIVE, LEASE_DOWN);
    entries_move(&s->entries, 7, LEASE_DOWN, LEASE_REMOVED);
    struct bytes payload = entries_finish(&s->entries, (struct entry_time){ 0 });
    struct apply *a;
    unsigned steps = 0;
    effects_unref(s->effects);
    s->effects = NULL;
    assert_int_equal(store_apply_begin(s->store, ++s->index, 2, payload, &a), OK);
    for (; s->effects == NULL; steps++)
        assert_int_equal(store_apply_step(a, ROWS, &s->effects), OK);
    assert_true(steps >= 2 * MANY / ROWS);
    assert_int_equal(s->effects->results[0].revision, MANY + 2);
    assert_int_equal(s->effects->results[1].revision, MANY + 3);
    assert_int_equal(s->effects->results[1].removed, MANY);
    assert_int_equal(view_renew(s->view), OK);
    assert_string_equal(side(s, "~k299"), "");
    assert_int_equal(strlen(side(s, "=")), 2 * MANY);
}

static void memo_is_of_one_entry(void **state)
{
    struct stand *s = *state;
    put(s, SPACE_CATALOG, "a", 7);
    entries_move(&s->entries, 7, LEASE_LIVE, LEASE_SUSPECT);
    entries_move(&s->entries, 7, LEASE_SUSPECT, LEASE_LIVE);
    stand_apply(s);
    assert_string_equal(side(s, "="), "mm");
    move(s, LEASE_LIVE, LEASE_DOWN);
    assert_string_equal(side(s, "="), "m");
}

static void transaction_is_refused_before_it_writes(void **state)
{
    struct stand *s = *state;
    struct op ops[] = { stand_op_put("a", "1"), stand_op_put("no-1", "2") };
    struct txn txn = { .then_ops = ops, .then_n = 2 };
    assert_int_equal(stand_txn(s, &txn)->err, ERR_DENIED);
    assert_string_equal(stand_value(s, "a", 0), "");
    ops[1] = stand_op_remove("m", "o");
    assert_int_equal(stand_txn(s, &txn)->err, ERR_DENIED);
    ops[1] = stand_op_remove("no-1", NULL);
    assert_int_equal(stand_txn(s, &txn)->err, ERR_DENIED);
    ops[1] = stand_op_remove("b", "n");
    assert_int_equal(stand_txn(s, &txn)->err, OK);
}

static void what_follows_a_put_or_removal_shares_its_revision(void **state)
{
    struct stand *s = *state;
    assert_int_equal(stand_put(s, "to:a", "1"), 2);
    assert_string_equal(stand_value(s, "a", 0), "1");
    assert_int_equal(stand_put(s, "to:a", "2"), 3);
    assert_int_equal(stand_remove(s, "to:a", NULL), 4);
    assert_string_equal(stand_value(s, "a", 0), "");
    assert_string_equal(stand_value(s, "a", 3), "2");
}

static void key_of_a_lease_is_told_of_when_it_ends(void **state)
{
    struct stand *s = *state;
    put(s, SPACE_ETCD, "to:a", 7);
    entries_revoke(&s->entries, 7, FACE_ETCD);
    assert_int_equal(stand_apply(s)->revision, 3);
    assert_string_equal(stand_value(s, "a", 0), "");
}

static void removal_of_a_range_leaves_what_it_brings_about(void **state)
{
    struct stand *s = *state;
    stand_put(s, "to:a", "1");
    stand_put(s, "to:z1", "1");
    stand_put(s, "u", "1");
    struct op op = stand_op_remove("o", "zz");
    struct txn txn = { .then_ops = &op, .then_n = 1 };
    const struct command_result *r = stand_txn(s, &txn);
    assert_int_equal(r->txn->ops[0].removed.n, 3); /* z1 was put anew before it came to it */
    assert_string_equal(stand_value(s, "z1", 0), "new");
    assert_string_equal(stand_value(s, "u", 0), "");
}

static void entry_of_older_rules_knows_no_hooks(void **state)
{
    struct stand *s = *state;
    put(s, SPACE_CATALOG, "a", 7);
    entries_move(&s->entries, 7, LEASE_LIVE, LEASE_DOWN);
    entries_move(&s->entries, 7, LEASE_DOWN, LEASE_REMOVED);
    struct bytes payload = entries_finish(&s->entries, (struct entry_time){ 0 });
    uint8_t *older = arena_alloc(&s->arena, payload.n);
    memcpy(older, payload.p, payload.n);
    older[RULES_AT] = RULES_HOOKS - 1;
    effects_unref(s->effects);
    assert_int_equal(store_apply(s->store, ++s->index, 2, bytes_of(older, payload.n), &s->effects),
                     OK);
    assert_int_equal(view_renew(s->view), OK);
    assert_int_equal(s->effects->results[0].revision, 2);
    assert_string_equal(catalog(s, "a"), "");
    assert_int_equal(calls, 0);
}

static void key_attached_to_another_lease_is_else_as_it_was(void **state)
{
    struct stand *s = *state;
    struct kv kv;
    put(s, SPACE_CATALOG, "a", 7);
    store_want_events(s->store, SPACE_CATALOG, true);
    entries_command(&s->entries, (enum command_kind)COMMAND_ATTACH, bytes_str("\010a"));
    assert_int_equal(stand_apply(s)->revision, 2);
    assert_int_equal(s->effects->batch->event_n, 0);
    assert_int_equal(range_get(s->view, SPACE_CATALOG, bytes_str("a"), 0, &s->arena, &kv), OK);
    assert_int_equal(kv.lease, 8);
    assert_int_equal(kv.mod, 2);
    assert_int_equal(kv.version, 1);
    entries_revoke(&s->entries, 7, FACE_ETCD);
    assert_int_equal(stand_apply(s)->removed, 0);
    assert_string_equal(catalog(s, "a"), "v");
}

static void key_can_be_attached_to_no_lease_and_back(void **state)
{
    struct stand *s = *state;
    struct lease lease;
    put(s, SPACE_CATALOG, "a", 7);
    entries_command(&s->entries, (enum command_kind)COMMAND_ATTACH, bytes_of("\0a", 2));
    stand_apply(s);
    assert_int_equal(lease_get(s->view, FACE_ETCD, 7, &lease), OK);
    assert_int_equal(lease.key_n, 0);
    entries_command(&s->entries, (enum command_kind)COMMAND_ATTACH, bytes_str("\007a"));
    stand_apply(s);
    assert_int_equal(lease_get(s->view, FACE_ETCD, 7, &lease), OK);
    assert_int_equal(lease.key_n, 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, stand_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(moved_lease_tells_of_its_keys_in_the_catalog),
        TEST(move_without_keys_takes_no_revision),
        TEST(ended_lease_takes_what_hangs_on_its_keys),
        TEST(many_keys_move_and_end_in_steps),
        TEST(memo_is_of_one_entry),
        TEST(transaction_is_refused_before_it_writes),
        TEST(what_follows_a_put_or_removal_shares_its_revision),
        TEST(key_of_a_lease_is_told_of_when_it_ends),
        TEST(removal_of_a_range_leaves_what_it_brings_about),
        TEST(entry_of_older_rules_knows_no_hooks),
        TEST(key_attached_to_another_lease_is_else_as_it_was),
        TEST(key_can_be_attached_to_no_lease_and_back),
    };
    return cmocka_run_group_tests_name("hooks", tests, NULL, NULL);
}
