/* Dump and load beside what random scripts show of them: bump, identity, refusals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "store/dump.h"
#include "store/history.h"
#include "store/range.h"
#include "store/view.h"
#include "test/lib/entries.h"
#include "test/lib/tempdir.h"

enum { BUMP = 1000, NEWEST = 4 /* the revision of the store that is dumped */ };

struct fixture {
    char *from_dir, *to_dir;
    struct store *from, *to;
    struct buf rows;
    struct arena arena;
};

static struct store *open_store(const char *dir)
{
    struct store_options options = { .dir = dir, .map_bytes = 1U << 28 };
    struct store *store;
    struct why why;
    assert_int_equal(store_open(&options, &why, &store), OK);
    return store;
}

static uint64_t apply(struct store *store, struct entries *e, uint64_t index)
{
    struct effects *effects;
    struct bytes payload = entries_finish(e, (struct entry_time){ .wall_ms = 1, .age_ms = 1 });
    assert_int_equal(store_apply(store, index, 1, payload, &effects), OK);
    uint64_t revision = effects->results[effects->result_n - 1].revision;
    effects_unref(effects);
    return revision;
}

/* a = old (2), a = new (3), b = new (4), and SYSTEM's s = 1 (1). */
static void fill(struct store *store)
{
    struct entries e;
    entries_init(&e);
    entries_put(&e, SPACE_ETCD, bytes_str("a"), bytes_str("old"), 0);
    entries_put(&e, SPACE_ETCD, bytes_str("a"), bytes_str("new"), 0);
    entries_put(&e, SPACE_ETCD, bytes_str("b"), bytes_str("new"), 0);
    entries_put(&e, SPACE_SYSTEM, bytes_str("s"), bytes_str("1"), 0);
    assert_int_equal(apply(store, &e, 7), NEWEST);
    entries_fini(&e);
}

static void dump_all(struct store *store, struct buf *out)
{
    struct dump *dump;
    bool end = false;
    assert_int_equal(dump_open(store, &dump), OK);
    while (!end)
        assert_int_equal(dump_next(dump, 50, out, &end), OK);
    dump_close(dump);
}

static int set_up(void **state)
{
    static struct fixture f;
    f = (struct fixture){ .from_dir = tempdir_new(), .to_dir = tempdir_new() };
    arena_init(&f.arena, 0);
    buf_init(&f.rows, 1U << 20);
    f.from = open_store(f.from_dir);
    f.to = open_store(f.to_dir);
    fill(f.from);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    store_close(f->from);
    store_close(f->to);
    buf_fini(&f->rows);
    arena_fini(&f->arena);
    tempdir_free(f->from_dir);
    tempdir_free(f->to_dir);
    return 0;
}

static void load_all(struct fixture *f, uint64_t bump)
{
    struct load *load;
    struct why why;
    dump_all(f->from, &f->rows);
    assert_int_equal(load_open(f->to, &load), OK);
    assert_int_equal(load_rows(load, buf_bytes(&f->rows), &why), OK);
    assert_int_equal(load_finish(load, bump), OK);
}

static struct view *view_of(struct store *store)
{
    struct view *view;
    assert_int_equal(view_open(store, &view), OK);
    return view;
}

static enum err get(struct fixture *f, const struct view *view, const char *key, uint64_t revision,
                    struct kv *ret)
{
    return range_get(view, SPACE_ETCD, bytes_str(key), revision, &f->arena, ret);
}

/* -- bump -------------------------------------------------------------------------------------- */

static void bumped_store_has_the_same_keys_at_a_higher_revision(void **state)
{
    struct fixture *f = *state;
    struct kv kv;
    load_all(f, BUMP);
    struct view *view = view_of(f->to);
    assert_int_equal(view_revision(view), NEWEST + BUMP);
    assert_int_equal(view_system_revision(view), 1);
    assert_int_equal(view_applied_index(view), 7);
    assert_int_equal(get(f, view, "a", 0, &kv), OK);
    assert_true(bytes_eq(bytes_of(kv.value.p, kv.value.n), bytes_str("new")));
    assert_int_equal(kv.mod, 3);
    assert_int_equal(get(f, view, "a", NEWEST + BUMP, &kv), OK);
    view_close(view);
}

static void bumped_store_has_no_history(void **state)
{
    struct fixture *f = *state;
    struct kv kv;
    struct history_batch batch;
    load_all(f, BUMP);
    struct view *view = view_of(f->to);
    assert_int_equal(view_compacted(view, SPACE_ETCD), NEWEST + BUMP);
    assert_int_equal(get(f, view, "a", NEWEST + BUMP - 1, &kv), ERR_COMPACTED);
    assert_int_equal(get(f, view, "a", NEWEST, &kv), ERR_COMPACTED);
    assert_int_equal(history_scan(view, SPACE_ETCD, NEWEST + BUMP - 1, 10, 1000, &f->arena, &batch),
                     ERR_COMPACTED);
    assert_int_equal(history_scan(view, SPACE_ETCD, NEWEST + BUMP, 10, 1000, &f->arena, &batch),
                     OK);
    assert_int_equal(batch.event_n, 0);
    view_close(view);
}

static void bumped_store_goes_on_from_its_new_revision(void **state)
{
    struct fixture *f = *state;
    struct entries e;
    struct kv kv;
    bool done = false;
    load_all(f, BUMP);
    while (!done)
        assert_int_equal(store_sweep(f->to, 1, &done), OK);
    entries_init(&e);
    entries_put(&e, SPACE_ETCD, bytes_str("a"), bytes_str("newer"), 0);
    assert_int_equal(apply(f->to, &e, 8), NEWEST + BUMP + 1);
    entries_fini(&e);
    struct view *view = view_of(f->to);
    assert_int_equal(get(f, view, "a", 0, &kv), OK);
    assert_int_equal(kv.version, 3);
    assert_int_equal(kv.create, 2);
    assert_int_equal(get(f, view, "a", NEWEST + BUMP, &kv), OK);
    assert_int_equal(kv.mod, 3);
    assert_int_equal(get(f, view, "b", 0, &kv), OK);
    view_close(view);
}

/* -- identity ---------------------------------------------------------------------------------- */

static void identity_is_dumped_and_stays_when_opened_again(void **state)
{
    struct fixture *f = *state;
    struct buf identity;
    buf_init(&identity, 100);
    assert_int_equal(store_identity(f->from, &identity), ERR_NOT_FOUND);
    assert_int_equal(store_set_identity(f->from, bytes_str("cluster 1")), OK);
    load_all(f, 0);
    store_close(f->to);
    f->to = open_store(f->to_dir);
    assert_int_equal(store_identity(f->to, &identity), OK);
    assert_true(bytes_eq(buf_bytes(&identity), bytes_str("cluster 1")));
    buf_fini(&identity);
}

/* -- refusals ---------------------------------------------------------------------------------- */

static void store_that_holds_something_is_not_loaded_into(void **state)
{
    struct fixture *f = *state;
    struct load *load;
    assert_int_not_equal(load_open(f->from, &load), OK);
}

static void rows_that_end_too_early_are_refused(void **state)
{
    struct fixture *f = *state;
    struct load *load;
    struct why why;
    dump_all(f->from, &f->rows);
    assert_int_equal(load_open(f->to, &load), OK);
    enum err e = load_rows(load, bytes_of(f->rows.p, f->rows.n - 1), &why);
    if (e == OK)
        assert_int_equal(load_finish(load, 0), ERR_TRUNCATED);
    else
        load_abort(load);
    struct view *view = view_of(f->to);
    assert_int_equal(view_revision(view), 1);
    view_close(view);
}

static void table_that_is_not_known_is_refused(void **state)
{
    struct fixture *f = *state;
    struct load *load;
    struct why why;
    struct buf row;
    buf_init(&row, 100);
    buf_put_u8(&row, 200);
    buf_put_run(&row, bytes_str("key"));
    buf_put_run(&row, bytes_str("value"));
    assert_int_equal(load_open(f->to, &load), OK);
    assert_int_equal(load_rows(load, buf_bytes(&row), &why), ERR_VERSION);
    load_abort(load);
    buf_fini(&row);
}

static void load_that_is_given_up_leaves_a_fresh_store(void **state)
{
    struct fixture *f = *state;
    struct load *load;
    struct why why;
    dump_all(f->from, &f->rows);
    assert_int_equal(load_open(f->to, &load), OK);
    assert_int_equal(load_rows(load, buf_bytes(&f->rows), &why), OK);
    load_abort(load);
    f->rows.n = 0;
    load_all(f, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(bumped_store_has_the_same_keys_at_a_higher_revision),
        TEST(bumped_store_has_no_history),
        TEST(bumped_store_goes_on_from_its_new_revision),
        TEST(identity_is_dumped_and_stays_when_opened_again),
        TEST(store_that_holds_something_is_not_loaded_into),
        TEST(rows_that_end_too_early_are_refused),
        TEST(table_that_is_not_known_is_refused),
        TEST(load_that_is_given_up_leaves_a_fresh_store),
    };
    return cmocka_run_group_tests_name("dump", tests, NULL, NULL);
}
