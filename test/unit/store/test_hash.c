/* store_hash sees every row: one is changed or removed behind the store's back, and either the hash
 * is another or the store refuses.
 *
 * What does not count, and why it need not:
 * - origin, why, time: who asked for a change, for what reason and when is read by people beside
 *   the data; no answer of the kernel to a client is made from them, and a store that was restored
 *   from a snapshot without them is as good.
 * - meta: the state row holds counters that follow from the rest (next layer, how far a sweep has
 *   come) beside the revisions. A lost row must be seen; a byte of it need not be.
 *
 * The store is swept first: rows that a compaction made unreadable may or may not be there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "base/compiler.h"
#include "store/apply_context.h"
#include "store/hash.h"
#include "store/store.h"
#include "store/view.h"
#include "test/lib/entries.h"
#include "test/lib/tempdir.h"
#include "test/unit/store/rows.h"

enum { LONG_KEY = 1200, LONG_VALUE = 5000, TABLES_MAX = 64, BYTES_TRIED = 20 };

struct fixture {
    char *dir;
    struct arena arena;
    struct rows_row *rows;
    size_t row_n;
    uint64_t hash;
};

/* A kind of an upper folder that writes its body beside the spaces, under it as key as well. */
static enum err check_side(void *ctx, struct apply_context *apply, struct bytes body,
                           struct arena *a, void **ret_plan)
{
    struct bytes *plan = arena_zalloc(a, 1, sizeof *plan);
    *plan = body;
    *ret_plan = plan;
    return OK;
}

static enum err run_side(void *ctx, struct apply_context *apply, void *plan, uint64_t *rows,
                         bool *ret_done)
{
    const struct bytes *body = plan;
    *ret_done = true;
    return apply_side_put(apply, *body, *body);
}

static const struct command_kind_row side_kind = { COMMAND_KIND_UPPER, "side", check_side,
                                                   run_side };

static struct store *open_store(const char *dir)
{
    struct store_options options = {
        .dir = dir, .map_bytes = 1U << 30, .kinds = &side_kind, .kind_n = 1
    };
    struct store *store;
    struct why why;
    assert_int_equal(store_open(&options, &why, &store), OK);
    return store;
}

/* -- a store with something in every table ----------------------------------------------------- */

static struct bytes filled(struct fixture *f, size_t n, char fill, char last)
{
    uint8_t *p = arena_alloc(&f->arena, n);
    memset(p, fill, n);
    p[n - 1] = (uint8_t)last;
    return bytes_of(p, n);
}

static void apply(struct store *store, struct entries *e, uint64_t index)
{
    struct entry_time time = { .wall_ms = 1700000000000 + index * 1000, .age_ms = index * 1000 };
    struct effects *effects;
    struct bytes payload = entries_finish(e, time);
    assert_int_equal(store_apply(store, index, 1, payload, &effects), OK);
    for (size_t i = 0; i < effects->result_n; i++)
        assert_int_equal(effects->results[i].err, OK);
    effects_unref(effects);
}

static void add_writes(struct fixture *f, struct entries *e, enum space space, const char *value)
{
    entries_put(e, space, bytes_str("a"), bytes_str(value), 0);
    entries_put(e, space, bytes_str("b"), bytes_str(value), 7);
    entries_put(e, space, filled(f, LONG_KEY, 'k', '1'), bytes_str(value), 7);
    entries_put(e, space, filled(f, LONG_KEY, 'k', '2'), filled(f, LONG_VALUE, 'v', value[0]), 0);
}

static void add_removals(struct fixture *f, struct entries *e, enum space space)
{
    entries_put(e, space, bytes_str("gone"), bytes_str("1"), 0);
    entries_remove(e, space, bytes_str("gone"), (struct bytes){ 0 });
}

static void fill_store(struct fixture *f, struct store *store)
{
    struct entries e;
    struct lease_grant grant = { .id = 7, .ttl_ms = 5000, .remove_ms = 5000, .face = FACE_ETCD };
    uint64_t index = 0;
    entries_init(&e);
    e.origin.principal = bytes_str("anna");
    e.origin.why = bytes_str("a test");
    entries_grant(&e, &grant);
    apply(store, &e, ++index);
    for (int round = 0; round < 3; round++) {
        for (unsigned s = 0; s < SPACES; s++)
            add_writes(f, &e, (enum space)s, round == 0 ? "x" : "y");
        apply(store, &e, ++index);
    }
    entries_compact(&e, SPACE_ETCD, 8);
    apply(store, &e, ++index);
    entries_command(&e, COMMAND_KIND_UPPER, bytes_str("beside"));
    entries_command(&e, COMMAND_KIND_UPPER, filled(f, LONG_KEY, 'k', '1'));
    apply(store, &e, ++index);
    for (unsigned s = 0; s < SPACES; s++)
        add_removals(f, &e, (enum space)s);
    apply(store, &e, ++index);
    entries_fini(&e);
}

static void sweep_all(struct store *store)
{
    bool done = false;
    while (!done)
        assert_int_equal(store_sweep(store, 1000, &done), OK);
}

static uint64_t hash_by_rows(struct hash_job *j, uint64_t rows)
{
    uint64_t hash = 0;
    unsigned steps = 0;
    for (bool done = false; !done; steps++)
        assert_int_equal(hash_job_step(j, rows, &done, &hash), OK);
    assert_true(rows > 1 || steps > 100);
    hash_job_free(j);
    return hash;
}

/* The hash, or ERR_DAMAGED or ERR_VERSION: all other failures fail the test. */
static enum err hash_store(const char *dir, uint64_t *ret)
{
    struct store_options options = { .dir = dir, .map_bytes = 1U << 30 };
    struct store *store;
    struct view *view;
    struct why why;
    enum err e = store_open(&options, &why, &store);
    if (e == OK) {
        assert_int_equal(view_open(store, &view), OK);
        e = store_hash(view, ret);
        view_close(view);
        store_close(store);
    }
    assert_true(e == OK || e == ERR_DAMAGED || e == ERR_VERSION);
    return e;
}

static int set_up(void **state)
{
    static struct fixture f;
    f = (struct fixture){ .dir = tempdir_new() };
    arena_init(&f.arena, 0);
    struct store *store = open_store(f.dir);
    fill_store(&f, store);
    sweep_all(store);
    store_close(store);
    assert_int_equal(hash_store(f.dir, &f.hash), OK);
    rows_load(f.dir, &f.arena, &f.rows, &f.row_n);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    arena_fini(&f->arena);
    tempdir_free(f->dir);
    return 0;
}

static void hashes_in_steps_are_those_at_once(void **state)
{
    const struct fixture *f = *state;
    struct store *store = open_store(f->dir);
    struct view *view;
    struct hash_job *j;
    uint32_t of_space;
    assert_int_equal(view_open(store, &view), OK);
    assert_int_equal(store_hash_space(view, SPACE_ETCD, 9, &of_space), OK);
    for (uint64_t rows = 1; rows < 50; rows++) {
        assert_true(hash_by_rows(hash_job_new(view), rows) == f->hash);
        assert_int_equal(hash_job_new_space(view, SPACE_ETCD, 9, &j), OK);
        uint64_t hash = 0;
        for (bool done = false; !done;)
            assert_int_equal(hash_job_step(j, rows, &done, &hash), OK);
        hash_job_free(j);
        assert_true(hash == of_space);
    }
    hash_job_free(hash_job_new(view)); /* given up */
    view_close(view);
    store_close(store);
}

/* -- changing rows ----------------------------------------------------------------------------- */

static bool is_seen(const struct fixture *f)
{
    uint64_t hash;
    return hash_store(f->dir, &hash) != OK || hash != f->hash;
}

static bool starts(const char *text, const char *beginning)
{
    return strncmp(text, beginning, strlen(beginning)) == 0;
}

/* The rows of those tables of which everything counts. */
static bool counts(const struct rows_row *row)
{
    return !starts(row->table, "origin") && !starts(row->table, "why") &&
           !starts(row->table, "time") && !starts(row->table, "meta");
}

static void show(const struct rows_row *row, const char *what)
{
    print_error("%s, row with a key of %zu bytes and %zu bytes of value: %s\n", row->table,
                row->key.n, row->value.n, what);
}

static void removing_any_row_is_seen(void **state)
{
    struct fixture *f = *state;
    size_t unseen = 0;
    for (size_t i = 0; i < f->row_n; i++) {
        if (!counts(&f->rows[i]))
            continue;
        rows_remove(f->dir, &f->rows[i]);
        if (!is_seen(f)) {
            show(&f->rows[i], "its removal is not seen");
            unseen++;
        }
        rows_put(f->dir, &f->rows[i]);
    }
    assert_false(is_seen(f));
    assert_int_equal(unseen, 0);
}

static const struct rows_row *largest_row(const struct fixture *f, const char *table)
{
    const struct rows_row *largest = NULL;
    for (size_t i = 0; i < f->row_n; i++) {
        const struct rows_row *row = &f->rows[i];
        if (strcmp(row->table, table) == 0 && (largest == NULL || row->value.n >= largest->value.n))
            largest = row;
    }
    return largest;
}

static bool flip_is_seen(const struct fixture *f, const struct rows_row *row, size_t at)
{
    uint8_t value[4096];
    assert_true(row->value.n <= sizeof value);
    memcpy(value, row->value.p, row->value.n);
    value[at] ^= 1;
    struct rows_row changed = { row->table, row->key, bytes_of(value, row->value.n) };
    rows_put(f->dir, &changed);
    bool seen = is_seen(f);
    rows_put(f->dir, row);
    return seen;
}

/* Flips the first or the LAST byte of every row, and counts the flips that nobody sees. */
static size_t flip_all(const struct fixture *f, bool last)
{
    size_t unseen = 0;
    for (size_t i = 0; i < f->row_n; i++) {
        const struct rows_row *row = &f->rows[i];
        if (!counts(row) || row->value.n == 0 || flip_is_seen(f, row, last ? row->value.n - 1 : 0))
            continue;
        show(row,
             last ? "a flip of its last byte is not seen" : "a flip of its first byte is not seen");
        unseen++;
    }
    return unseen;
}

static void flipping_the_last_byte_of_any_row_is_seen(void **state)
{
    assert_int_equal(flip_all(*state, true), 0);
}

static void flipping_the_first_byte_of_any_row_is_seen(void **state)
{
    assert_int_equal(flip_all(*state, false), 0);
}

static void every_table_has_rows(void **state)
{
    struct fixture *f = *state;
    size_t tables = 0;
    for (size_t i = 0; i < f->row_n; i++)
        tables += i == 0 || f->rows[i].table != f->rows[i - 1].table;
    assert_true(tables >= 3 * SPACES + 7);
}

/* One row of each table, the largest. */
static size_t pick_rows(const struct fixture *f, const struct rows_row **picked)
{
    size_t n = 0;
    for (size_t i = 0; i < f->row_n; i++) {
        bool begins = i == 0 || f->rows[i].table != f->rows[i - 1].table;
        if (begins && counts(&f->rows[i]))
            picked[n++] = largest_row(f, f->rows[i].table);
    }
    return n;
}

static void flipping_any_of_the_first_bytes_is_seen(void **state)
{
    struct fixture *f = *state;
    const struct rows_row *picked[TABLES_MAX];
    size_t n = pick_rows(f, picked);
    for (size_t i = 0; i < n; i++)
        for (size_t at = 0; at < picked[i]->value.n && at < BYTES_TRIED; at++)
            if (!flip_is_seen(f, picked[i], at))
                fail_msg("%s: a flip of byte %d is not seen", picked[i]->table, (int)at);
}

static bool cut_is_seen(const struct fixture *f, const struct rows_row *row, size_t n)
{
    struct rows_row cut = { row->table, row->key, bytes_of(row->value.p, n) };
    rows_put(f->dir, &cut);
    bool seen = is_seen(f);
    rows_put(f->dir, row);
    return seen;
}

static void row_that_is_cut_short_is_seen(void **state)
{
    struct fixture *f = *state;
    const struct rows_row *picked[TABLES_MAX];
    size_t n = pick_rows(f, picked);
    for (size_t i = 0; i < n; i++)
        for (size_t left = 0; left < picked[i]->value.n && left < BYTES_TRIED; left++)
            if (!cut_is_seen(f, picked[i], left))
                fail_msg("%s: a row cut to %d bytes is not seen", picked[i]->table, (int)left);
}

static void row_that_is_longer_by_a_byte_is_seen(void **state)
{
    struct fixture *f = *state;
    uint8_t longer[4096];
    for (size_t i = 0; i < f->row_n; i++) {
        const struct rows_row *row = &f->rows[i];
        if (!counts(row) || row->value.n == 0)
            continue;
        memcpy(longer, row->value.p, row->value.n);
        longer[row->value.n] = 0;
        struct rows_row changed = { row->table, row->key, bytes_of(longer, row->value.n + 1) };
        rows_put(f->dir, &changed);
        if (!is_seen(f))
            fail_msg("%s: a byte more is not seen", row->table);
        rows_put(f->dir, row);
    }
}

static void counters_that_are_cut_short_are_refused(void **state)
{
    struct fixture *f = *state;
    const struct rows_row *row = largest_row(f, "meta");
    for (size_t left = 0; left < row->value.n; left++) {
        uint64_t hash;
        struct rows_row cut = { row->table, row->key, bytes_of(row->value.p, left) };
        rows_put(f->dir, &cut);
        assert_int_equal(hash_store(f->dir, &hash), ERR_DAMAGED);
    }
}

static void losing_the_counters_is_seen(void **state)
{
    struct fixture *f = *state;
    const struct rows_row *row = largest_row(f, "meta");
    assert_non_null(row);
    rows_remove(f->dir, row);
    assert_true(is_seen(f));
}

static void no_row_lies_on_overflow_pages(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(rows_overflow_pages(f->dir), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(hashes_in_steps_are_those_at_once),
        TEST(removing_any_row_is_seen),
        TEST(every_table_has_rows),
        TEST(flipping_the_last_byte_of_any_row_is_seen),
        TEST(flipping_the_first_byte_of_any_row_is_seen),
        TEST(flipping_any_of_the_first_bytes_is_seen),
        TEST(row_that_is_cut_short_is_seen),
        TEST(row_that_is_longer_by_a_byte_is_seen),
        TEST(losing_the_counters_is_seen),
        TEST(counters_that_are_cut_short_are_refused),
        TEST(no_row_lies_on_overflow_pages),
    };
    return cmocka_run_group_tests_name("hash", tests, NULL, NULL);
}
