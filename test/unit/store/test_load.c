/* What a load refuses: a snapshot may have been made by another build, or by nobody. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "store/dump.h"
#include "test/lib/tempdir.h"
#include "test/unit/store/stand.h"

enum { TABLE_HEAD_ETCD = 0, TABLE_CHANGE_ETCD = 8, TABLE_LEASE_ROWS = 24 };

struct target { /* a fresh store that is loaded into */
    char *dir;
    struct store *store;
    struct load *load;
    struct why why;
};

static struct target open_target(void)
{
    struct target t = { .dir = tempdir_new() };
    struct store_options options = { .dir = t.dir, .map_bytes = 1 << 28 };
    assert_int_equal(store_open(&options, &t.why, &t.store), OK);
    assert_int_equal(load_open(t.store, &t.load), OK);
    return t;
}

static void close_target(struct target *t)
{
    store_close(t->store);
    tempdir_free(t->dir);
}

static struct bytes dump_of(struct stand *s)
{
    struct dump *d;
    struct buf out;
    bool end = false;
    buf_init(&out, 1 << 24);
    assert_int_equal(dump_open(s->store, &d), OK);
    while (!end)
        assert_int_equal(dump_next(d, 100, &out, &end), OK);
    dump_close(d);
    struct bytes rows = arena_dup(&s->arena, buf_bytes(&out));
    buf_fini(&out);
    return rows;
}

static struct bytes row_of(struct stand *s, uint8_t table, struct bytes key, struct bytes row)
{
    struct buf b;
    buf_init(&b, 1 << 16);
    buf_put_u8(&b, table);
    buf_put_run(&b, key);
    buf_put_run(&b, row);
    struct bytes bytes = arena_dup(&s->arena, buf_bytes(&b));
    buf_fini(&b);
    return bytes;
}

static void assert_refused(struct bytes rows, enum err expected)
{
    struct target t = open_target();
    assert_int_equal(load_rows(t.load, rows, &t.why), expected);
    assert_true(t.why.text[0] != 0);
    load_abort(t.load);
    close_target(&t);
}

/* -- claims ----------------------------------------------------------------------------------- */

static void rows_cut_into_blocks_anywhere_are_loaded_whole(void **state)
{
    struct stand *s = *state;
    struct target t = open_target();
    struct view *view;
    uint64_t expected, loaded;
    char *value = arena_zalloc(&s->arena, 1, 5001);
    memset(value, 'v', 5000);
    stand_put(s, "a", value);
    stand_put(s, "b", "2");
    struct bytes rows = dump_of(s);
    for (size_t at = 0; at < rows.n; at += 7)
        assert_int_equal(
            load_rows(t.load, bytes_of(rows.p + at, at + 7 < rows.n ? 7 : rows.n - at), &t.why),
            OK);
    assert_int_equal(load_finish(t.load, 0), OK);
    assert_int_equal(view_open(t.store, &view), OK);
    assert_int_equal(store_hash(s->view, &expected), OK);
    assert_int_equal(store_hash(view, &loaded), OK);
    assert_true(loaded == expected);
    view_close(view);
    close_target(&t);
}

static void snapshot_without_the_counters_is_not_finished(void **state)
{
    struct stand *s = *state;
    struct target t = open_target();
    uint8_t lease[8] = { 1 };
    struct bytes row = row_of(s, TABLE_LEASE_ROWS, bytes_of(lease, 8), bytes_str("x"));
    assert_int_equal(load_rows(t.load, row, &t.why), OK);
    assert_int_equal(load_finish(t.load, 0), ERR_TRUNCATED);
    close_target(&t);
}

static void row_too_long_for_its_page_is_malformed(void **state)
{
    struct stand *s = *state;
    uint8_t key[100] = { 0 }, row[2000] = { 0 };
    assert_refused(row_of(s, TABLE_LEASE_ROWS, bytes_of(key, 100), bytes_of(row, 2000)),
                   ERR_MALFORMED);
}

static void key_that_lmdb_cannot_hold_is_malformed(void **state)
{
    struct stand *s = *state;
    uint8_t key[600] = { 0 };
    assert_refused(row_of(s, TABLE_LEASE_ROWS, bytes_of(key, 600), bytes_str("x")), ERR_MALFORMED);
    assert_refused(row_of(s, TABLE_LEASE_ROWS, bytes_of(key, 0), bytes_str("x")), ERR_MALFORMED);
}

static void head_that_cannot_be_read_is_malformed(void **state)
{
    struct stand *s = *state;
    assert_refused(row_of(s, TABLE_HEAD_ETCD, bytes_of("\0\0\0\0a", 5), bytes_str("\x01")),
                   ERR_MALFORMED);
}

static void head_of_a_later_format_is_a_version(void **state)
{
    struct stand *s = *state;
    assert_refused(row_of(s, TABLE_HEAD_ETCD, bytes_of("\0\0\0\0a", 5), bytes_str("\x02xxxx")),
                   ERR_VERSION);
}

static void change_under_a_key_that_is_no_place_is_malformed(void **state)
{
    struct stand *s = *state;
    assert_refused(row_of(s, TABLE_CHANGE_ETCD, bytes_str("short"), bytes_str("\x01xxxx")),
                   ERR_MALFORMED);
}

static void rows_out_of_order_are_malformed(void **state)
{
    struct stand *s = *state;
    struct target t = open_target();
    struct bytes two = row_of(s, TABLE_LEASE_ROWS, bytes_str("2"), bytes_str("x"));
    struct bytes one = row_of(s, TABLE_LEASE_ROWS, bytes_str("1"), bytes_str("x"));
    assert_int_equal(load_rows(t.load, two, &t.why), OK);
    assert_int_equal(load_rows(t.load, one, &t.why), ERR_MALFORMED);
    load_abort(t.load);
    close_target(&t);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, stand_set_up, stand_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(rows_cut_into_blocks_anywhere_are_loaded_whole),
        TEST(snapshot_without_the_counters_is_not_finished),
        TEST(row_too_long_for_its_page_is_malformed),
        TEST(key_that_lmdb_cannot_hold_is_malformed),
        TEST(head_that_cannot_be_read_is_malformed),
        TEST(head_of_a_later_format_is_a_version),
        TEST(change_under_a_key_that_is_no_place_is_malformed),
        TEST(rows_out_of_order_are_malformed),
    };
    return cmocka_run_group_tests_name("load", tests, NULL, NULL);
}
