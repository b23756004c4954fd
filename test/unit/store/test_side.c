/* Rows beside the spaces: through a toy kind whose body is what to do, a key, and a value. */
#include "store/side.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/rd.h"
#include "store/apply_context.h"
#include "store/dump.h"
#include "test/unit/store/rows.h"
#include "test/unit/store/stand.h"

enum { COMMAND_SIDE = COMMAND_KIND_UPPER, LONG_KEY = 1200 };

static enum err check(void *ctx, struct apply_context *apply, struct bytes body, struct arena *a,
                      void **ret_plan)
{
    struct bytes *plan = arena_zalloc(a, 1, sizeof *plan);
    *plan = body;
    *ret_plan = plan;
    return OK;
}

/* '+' puts, '-' removes, '!' puts and then writes into CATALOG too. What the row held when all is
 * done is in the result. */
static enum err run(void *ctx, struct apply_context *apply, void *plan, uint64_t *rows,
                    bool *ret_done)
{
    const struct bytes *body = plan;
    struct rd r;
    rd_init(&r, *body);
    *ret_done = true;
    uint8_t what = rd_u8(&r);
    struct bytes key = rd_run(&r), value = r.left, seen;
    enum err e = what == '-' ? apply_side_remove(apply, key) : apply_side_put(apply, key, value);
    if (e == OK && what == '!')
        e = apply_put(apply, SPACE_CATALOG, key, value, 0);
    if (e == OK && side_get(apply_view(apply), key, &seen) == OK)
        apply_give_result(apply, arena_str(apply_result_arena(apply), seen));
    return e == ERR_TOO_BIG ? OK : e;
}

static const struct command_kind_row kinds[] = {
    { (enum command_kind)COMMAND_SIDE, "side", check, run },
};

static int set_up(void **state)
{
    stand_set_up(state);
    struct stand *s = *state;
    s->options.kinds = kinds;
    s->options.kind_n = 1;
    stand_reopen(s);
    return 0;
}

static const struct command_result *side(struct stand *s, char what, struct bytes key,
                                         struct bytes value)
{
    struct buf body;
    buf_init(&body, 1 << 20);
    buf_put_u8(&body, (uint8_t)what);
    buf_put_run(&body, key);
    buf_put_bytes(&body, value);
    entries_command(&s->entries, (enum command_kind)COMMAND_SIDE, buf_bytes(&body));
    buf_fini(&body);
    const struct command_result *r = stand_apply(s);
    assert_int_equal(r->err, OK);
    return r;
}

static void put(struct stand *s, const char *key, const char *value)
{
    side(s, '+', bytes_str(key), bytes_str(value));
}

static const char *value_of(struct stand *s, struct bytes key)
{
    struct bytes value;
    enum err e = side_get(s->view, key, &value);
    if (e != OK)
        assert_int_equal(e, ERR_NOT_FOUND);
    return e == OK ? arena_str(&s->arena, value) : "nothing";
}

static uint64_t hash_of(struct stand *s)
{
    uint64_t hash;
    assert_int_equal(store_hash(s->view, &hash), OK);
    return hash;
}

/* -- claims ----------------------------------------------------------------------------------- */

static void row_is_read_as_it_was_put_last_and_after_opening_again(void **state)
{
    struct stand *s = *state;
    put(s, "a", "1");
    assert_string_equal(value_of(s, bytes_str("a")), "1");
    put(s, "a", "2");
    put(s, "b", "3");
    stand_reopen(s);
    assert_string_equal(value_of(s, bytes_str("a")), "2");
    assert_string_equal(value_of(s, bytes_str("b")), "3");
    assert_string_equal(value_of(s, bytes_str("c")), "nothing");
}

static void row_that_is_removed_is_gone(void **state)
{
    struct stand *s = *state;
    put(s, "a", "1");
    side(s, '-', bytes_str("a"), (struct bytes){ 0 });
    assert_string_equal(value_of(s, bytes_str("a")), "nothing");
}

static void command_sees_what_it_wrote(void **state)
{
    struct stand *s = *state;
    assert_string_equal(side(s, '+', bytes_str("a"), bytes_str("1"))->upper, "1");
}

static void rows_take_no_revision_and_make_no_event(void **state)
{
    struct stand *s = *state;
    for (unsigned i = 0; i < SPACES; i++)
        store_want_events(s->store, (enum space)i, true);
    assert_int_equal(side(s, '+', bytes_str("a"), bytes_str("1"))->revision, 1);
    assert_int_equal(s->effects->batch->event_n, 0);
    assert_int_equal(side(s, '!', bytes_str("a"), bytes_str("2"))->revision, 2);
    assert_int_equal(s->effects->batch->event_n, 1);
}

static void entry_that_is_given_up_leaves_no_row(void **state)
{
    struct stand *s = *state;
    struct apply *a;
    struct effects *effects;
    uint8_t body[] = { '+', 1, 0, 0, 0, 'a', '1' };
    for (int i = 0; i < 3; i++)
        entries_command(&s->entries, (enum command_kind)COMMAND_SIDE, bytes_of(body, sizeof body));
    struct bytes payload = entries_finish(&s->entries, (struct entry_time){ 0 });
    assert_int_equal(store_apply_begin(s->store, 1, 1, payload, &a), OK);
    assert_int_equal(store_apply_step(a, 2, &effects), OK);
    assert_null(effects);
    store_apply_abort(a);
    assert_int_equal(view_renew(s->view), OK);
    assert_string_equal(value_of(s, bytes_str("a")), "nothing");
}

static void long_keys_are_kept_apart_and_in_order(void **state)
{
    struct stand *s = *state;
    static uint8_t one[LONG_KEY], two[LONG_KEY];
    memset(one, 'k', sizeof one);
    memset(two, 'k', sizeof two);
    two[LONG_KEY - 1] = 'l';
    side(s, '+', bytes_of(two, LONG_KEY), bytes_str("2"));
    side(s, '+', bytes_of(one, LONG_KEY), bytes_str("1"));
    assert_string_equal(value_of(s, bytes_of(one, LONG_KEY)), "1");
    assert_string_equal(value_of(s, bytes_of(two, LONG_KEY)), "2");
    side(s, '-', bytes_of(one, LONG_KEY), (struct bytes){ 0 });
    assert_string_equal(value_of(s, bytes_of(one, LONG_KEY)), "nothing");
    assert_string_equal(value_of(s, bytes_of(two, LONG_KEY)), "2");
}

struct gathered {
    struct buf text;
    size_t left;
};

static bool gather(void *ctx, struct bytes key, struct bytes value)
{
    struct gathered *g = ctx;
    buf_put_bytes(&g->text, key);
    buf_put_str(&g->text, "=");
    buf_put_bytes(&g->text, value);
    buf_put_str(&g->text, " ");
    return --g->left > 0;
}

static void assert_each(struct stand *s, const char *prefix, size_t most, const char *expected)
{
    struct gathered g = { .left = most };
    buf_init(&g.text, 1024);
    assert_int_equal(side_each(s->view, bytes_str(prefix), gather, &g), OK);
    assert_true(bytes_is(buf_bytes(&g.text), expected));
    buf_fini(&g.text);
}

static void each_gives_the_rows_of_a_prefix_in_order_until_told_to_stop(void **state)
{
    struct stand *s = *state;
    static const char *const keys[] = { "b2", "a", "b1", "c", "b" };
    for (size_t i = 0; i < 5; i++)
        put(s, keys[i], "v");
    assert_each(s, "b", 9, "b=v b1=v b2=v ");
    assert_each(s, "b", 2, "b=v b1=v ");
    assert_each(s, "", 9, "a=v b=v b1=v b2=v c=v ");
    assert_each(s, "d", 9, "");
}

static void value_ends_at_its_limit_and_never_lies_on_overflow_pages(void **state)
{
    struct stand *s = *state;
    static uint8_t value[SIDE_VALUE_MAX + 1], key[490];
    memset(value, 'v', sizeof value);
    memset(key, 'k', sizeof key);
    side(s, '+', bytes_of(key, sizeof key), bytes_of(value, SIDE_VALUE_MAX));
    assert_int_equal(strlen(value_of(s, bytes_of(key, sizeof key))), SIDE_VALUE_MAX);
    side(s, '+', bytes_str("a"), bytes_of(value, SIDE_VALUE_MAX + 1)); /* refused by the put */
    assert_string_equal(value_of(s, bytes_str("a")), "nothing");
    view_close(s->view);
    store_close(s->store); /* its file is looked at by LMDB alone */
    assert_int_equal(rows_overflow_pages(s->dir), 0);
    struct why why;
    assert_int_equal(store_open(&s->options, &why, &s->store), OK);
    assert_int_equal(view_open(s->store, &s->view), OK);
}

static void hash_follows_the_rows(void **state)
{
    struct stand *s = *state;
    put(s, "a", "1");
    put(s, "b", "1");
    uint64_t before = hash_of(s);
    put(s, "b", "2");
    uint64_t other = hash_of(s);
    assert_int_not_equal(before, other);
}

static void rows_come_through_a_snapshot(void **state)
{
    struct stand *s = *state;
    put(s, "a", "1");
    side(s, '!', bytes_str("b"), bytes_str("2"));
    struct dump *dump;
    struct load *load;
    struct buf rows;
    bool end = false;
    struct why why;
    buf_init(&rows, 1 << 20);
    assert_int_equal(dump_open(s->store, &dump), OK);
    while (!end)
        assert_int_equal(dump_next(dump, 64, &rows, &end), OK);
    dump_close(dump);
    struct stand *to;
    stand_set_up((void **)&to);
    assert_int_equal(load_open(to->store, &load), OK);
    assert_int_equal(load_rows(load, buf_bytes(&rows), &why), OK);
    assert_int_equal(load_finish(load, 0), OK);
    assert_int_equal(view_renew(to->view), OK);
    assert_string_equal(value_of(to, bytes_str("b")), "2");
    assert_int_equal(hash_of(to), hash_of(s));
    stand_tear_down((void **)&to);
    buf_fini(&rows);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, stand_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(row_is_read_as_it_was_put_last_and_after_opening_again),
        TEST(row_that_is_removed_is_gone),
        TEST(command_sees_what_it_wrote),
        TEST(rows_take_no_revision_and_make_no_event),
        TEST(entry_that_is_given_up_leaves_no_row),
        TEST(long_keys_are_kept_apart_and_in_order),
        TEST(each_gives_the_rows_of_a_prefix_in_order_until_told_to_stop),
        TEST(value_ends_at_its_limit_and_never_lies_on_overflow_pages),
        TEST(hash_follows_the_rows),
        TEST(rows_come_through_a_snapshot),
    };
    return cmocka_run_group_tests_name("side", tests, NULL, NULL);
}
