/* Drafts over a real store: through a toy kind whose body is a script.
 *
 * A script is words: +key=value puts, -key removes, ~key=value and !key do the same beside the
 * spaces, ? refuses. What the draft shows of the keys that begin with "k" after each word is the
 * command's result: key=value pairs, those beside the spaces after a bar. */
#include "catalog/draft.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/side.h"
#include "test/unit/store/stand.h"

enum { COMMAND_SCRIPT = COMMAND_KIND_UPPER, SCRIPT_MAX = 1 << 24 };

static bool add_row(void *ctx, struct bytes key, const struct draft_row *row)
{
    buf_printf(ctx, "%.*s=%.*s ", (int)key.n, (const char *)key.p, (int)row->value.n,
               (const char *)row->value.p);
    return true;
}

static bool add_side(void *ctx, struct bytes key, struct bytes value)
{
    struct draft_row row = { .value = value };
    return add_row(ctx, key, &row);
}

static enum err show(struct draft *d, struct buf *out)
{
    enum err e = draft_each(d, SPACE_CATALOG, bytes_str("k"), add_row, out);
    buf_put_str(out, "| ");
    return e == OK ? draft_side_each(d, bytes_str("k"), add_side, out) : e;
}

static bool do_word(struct draft *d, struct bytes word)
{
    const uint8_t *eq = memchr(word.p, '=', word.n);
    size_t key_n = eq == NULL ? word.n : (size_t)(eq - word.p);
    struct bytes key = bytes_of(word.p + 1, key_n - 1), value = bytes_skip(word, key_n + 1);
    switch (word.p[0]) {
    case '+':
        draft_put(d, SPACE_CATALOG, key, value, 0);
        break;
    case '-':
        draft_remove(d, SPACE_CATALOG, key);
        break;
    case '~':
        draft_side_put(d, key, value);
        break;
    case '!':
        draft_side_remove(d, key);
        break;
    default:
        return false;
    }
    return true;
}

static enum err check(void *ctx, struct apply_context *apply, struct bytes body, struct arena *a,
                      void **ret_plan)
{
    struct draft *d = draft_new(apply_view(apply), a);
    bool *changes = ctx;
    struct buf seen;
    enum err e = OK;
    buf_init(&seen, SCRIPT_MAX);
    while (body.n > 0 && e == OK) {
        const uint8_t *end = memchr(body.p, ' ', body.n);
        struct bytes word = bytes_of(body.p, end == NULL ? body.n : (size_t)(end - body.p));
        body = bytes_skip(body, word.n + 1);
        e = do_word(d, word) ? OK : ERR_DENIED;
    }
    *changes = draft_changes(d);
    if (e == OK)
        e = show(d, &seen);
    apply_give_result(apply, arena_str(apply_result_arena(apply), buf_bytes(&seen)));
    buf_fini(&seen);
    *ret_plan = d;
    return e;
}

static enum err run(void *ctx, struct apply_context *apply, void *plan, uint64_t *rows,
                    bool *ret_done)
{
    return draft_write(plan, apply, rows, ret_done);
}

static const struct command_kind_row kinds[] = {
    { .kind = (enum command_kind)COMMAND_SCRIPT, .name = "script", .check = check, .run = run },
};
static bool changes;

static int set_up(void **state)
{
    stand_set_up(state);
    struct stand *s = *state;
    s->options.kinds = kinds;
    s->options.kind_n = 1;
    s->options.kinds_ctx = &changes;
    stand_reopen(s);
    return 0;
}

static const char *script(struct stand *s, const char *words)
{
    entries_command(&s->entries, (enum command_kind)COMMAND_SCRIPT, bytes_str(words));
    const struct command_result *r = stand_apply(s);
    assert_int_equal(r->err, OK);
    return r->upper;
}

/* What stands, seen through a draft that has not been touched. */
static const char *standing(struct stand *s)
{
    struct buf seen;
    buf_init(&seen, SCRIPT_MAX);
    assert_int_equal(show(draft_new(s->view, &s->arena), &seen), OK);
    const char *text = arena_str(&s->arena, buf_bytes(&seen));
    buf_fini(&seen);
    return text;
}

/* -- claims ----------------------------------------------------------------------------------- */

static void what_is_planned_is_seen_in_order_and_then_stands(void **state)
{
    struct stand *s = *state;
    script(s, "+k2=b +k4=d ~k2=B +j=x +l=y");
    const char *want = "k1=a k2=b2 k3=c | k1=A k2=B ";
    assert_string_equal(script(s, "+k3=c +k1=a -k4 +k2=b2 ~k1=A ~k3=C !k3"), want);
    assert_string_equal(standing(s), want);
}

static void rows_of_others_end_the_range_on_both_sides(void **state)
{
    struct stand *s = *state;
    script(s, "+j=1 +l=1 ~l=1 ~j=1 +k=0");
    assert_string_equal(script(s, "+jj=2 +l1=2 ~l1=2"), "k=0 | ");
}

static void refused_command_leaves_nothing(void **state)
{
    struct stand *s = *state;
    script(s, "+k1=a");
    entries_command(&s->entries, (enum command_kind)COMMAND_SCRIPT, bytes_str("+k2=b -k1 ?"));
    assert_int_equal(stand_apply(s)->err, ERR_DENIED);
    assert_string_equal(standing(s), "k1=a | ");
    assert_int_equal(view_revision(s->view), 2);
}

static void all_rows_share_the_revision_that_was_foretold(void **state)
{
    struct stand *s = *state;
    struct draft_row row;
    script(s, "+k1=a +k2=b");
    struct draft *d = draft_new(s->view, &s->arena);
    draft_put(d, SPACE_CATALOG, bytes_str("k1"), bytes_str("c"), 0);
    assert_int_equal(draft_get(d, SPACE_CATALOG, bytes_str("k1"), &row), OK);
    assert_int_equal(row.create, 2);
    assert_int_equal(row.mod, 3);
    script(s, "+k1=c +k3=d");
    d = draft_new(s->view, &s->arena);
    assert_int_equal(draft_get(d, SPACE_CATALOG, bytes_str("k1"), &row), OK);
    assert_int_equal(row.create, 2);
    assert_int_equal(row.mod, 3);
    assert_int_equal(draft_get(d, SPACE_CATALOG, bytes_str("k4"), &row), ERR_NOT_FOUND);
}

static void row_removed_and_put_again_begins_a_new_life(void **state)
{
    struct stand *s = *state;
    struct draft_row row;
    script(s, "+k1=a");
    script(s, "-k1 +k1=b");
    struct draft *d = draft_new(s->view, &s->arena);
    assert_int_equal(draft_get(d, SPACE_CATALOG, bytes_str("k1"), &row), OK);
    assert_int_equal(row.create, 3);
    assert_true(bytes_is(row.value, "b"));
}

static void rows_beside_the_spaces_alone_take_no_revision(void **state)
{
    struct stand *s = *state;
    script(s, "~k1=a !k2 -k3");
    assert_false(changes);
    assert_int_equal(view_revision(s->view), 1);
    script(s, "~k1=b +k3=c");
    assert_true(changes);
    assert_int_equal(view_revision(s->view), 2);
}

static void row_put_and_removed_in_one_draft_was_never_there(void **state)
{
    struct stand *s = *state;
    assert_string_equal(script(s, "+k1=a -k1 ~k1=b !k1"), "| ");
    assert_false(changes);
    assert_int_equal(view_revision(s->view), 1);
}

static void row_keeps_its_lease_until_it_ends(void **state)
{
    struct stand *s = *state;
    struct draft_row row;
    stand_grant(s, 7, FACE_ETCD);
    entries_put(&s->entries, SPACE_CATALOG, bytes_str("k1"), bytes_str("v"), 7);
    assert_int_equal(stand_apply(s)->err, OK);
    struct draft *d = draft_new(s->view, &s->arena);
    assert_int_equal(draft_get(d, SPACE_CATALOG, bytes_str("k1"), &row), OK);
    assert_int_equal(row.lease, 7);
    draft_put(d, SPACE_CATALOG, bytes_str("k1"), bytes_str("v"), 8);
    assert_int_equal(draft_get(d, SPACE_CATALOG, bytes_str("k1"), &row), OK);
    assert_int_equal(row.lease, 8);
}

static void value_in_pieces_is_seen_whole(void **state)
{
    struct stand *s = *state;
    enum { LONG = 300 * 1024 };
    struct buf words;
    buf_init(&words, SCRIPT_MAX);
    for (int i = 0; i < 3; i++) { /* more than a page of them */
        buf_printf(&words, "+k%d=", i);
        memset(buf_extend(&words, LONG), 'v', LONG);
        buf_put_str(&words, " ");
    }
    buf_put_u8(&words, 0);
    const char *seen = script(s, (const char *)words.p);
    assert_string_equal(standing(s), seen);
    assert_int_equal(strlen(seen), 3 * (LONG + 4) + 2);
    buf_fini(&words);
}

static bool stop_at_second(void *ctx, struct bytes key, const struct draft_row *row)
{
    size_t *n = ctx;
    return ++*n < 2;
}

static bool stop_side_at_second(void *ctx, struct bytes key, struct bytes value)
{
    return stop_at_second(ctx, key, NULL);
}

static void walk_ends_when_it_is_told_to(void **state)
{
    struct stand *s = *state;
    size_t n = 0, side_n = 0;
    script(s, "+k1=a +k3=c ~k1=a ~k3=c");
    struct draft *d = draft_new(s->view, &s->arena);
    draft_put(d, SPACE_CATALOG, bytes_str("k2"), bytes_str("b"), 0);
    draft_side_put(d, bytes_str("k2"), bytes_str("b"));
    assert_int_equal(draft_each(d, SPACE_CATALOG, bytes_str("k"), stop_at_second, &n), OK);
    assert_int_equal(draft_side_each(d, bytes_str("k"), stop_side_at_second, &side_n), OK);
    assert_int_equal(n, 2);
    assert_int_equal(side_n, 2);
}

static void draft_of_many_rows_is_written_in_steps_and_in_order(void **state)
{
    struct stand *s = *state;
    enum { MANY = 5000 };
    struct apply *a;
    unsigned steps = 0;
    struct buf words;
    buf_init(&words, SCRIPT_MAX);
    for (int i = 0; i < MANY; i++)
        buf_printf(&words, "+k%04d=%d ", i * 7919 % MANY, i);
    entries_command(&s->entries, (enum command_kind)COMMAND_SCRIPT, buf_bytes(&words));
    buf_fini(&words);
    struct bytes payload = entries_finish(&s->entries, (struct entry_time){ 0 });
    assert_int_equal(store_apply_begin(s->store, ++s->index, 1, payload, &a), OK);
    while (s->effects == NULL) {
        assert_int_equal(store_apply_step(a, 500, &s->effects), OK);
        steps++;
    }
    assert_true(steps >= MANY / 500);
    assert_int_equal(view_renew(s->view), OK);
    assert_string_equal(standing(s), s->effects->results[0].upper);
    assert_int_equal(view_revision(s->view), 2);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, stand_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_planned_is_seen_in_order_and_then_stands),
        TEST(rows_of_others_end_the_range_on_both_sides),
        TEST(refused_command_leaves_nothing),
        TEST(all_rows_share_the_revision_that_was_foretold),
        TEST(row_removed_and_put_again_begins_a_new_life),
        TEST(rows_beside_the_spaces_alone_take_no_revision),
        TEST(row_put_and_removed_in_one_draft_was_never_there),
        TEST(row_keeps_its_lease_until_it_ends),
        TEST(value_in_pieces_is_seen_whole),
        TEST(walk_ends_when_it_is_told_to),
        TEST(draft_of_many_rows_is_written_in_steps_and_in_order),
    };
    return cmocka_run_group_tests_name("draft", tests, NULL, NULL);
}
