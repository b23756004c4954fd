/* No row may be so long that LMDB puts it on overflow pages: those are found by a search through
 * the free list, which makes writes slow on an old file. Keys and values of the lengths at which
 * what lies in pieces changes, with small counters and with counters as long as they get. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "store/dump.h"
#include "test/lib/entries.h"
#include "test/lib/tempdir.h"
#include "test/unit/store/rows.h"

enum { LEASE = -1, LONGEST = 70000, ROOM = 1 << 24 };

struct fixture {
    char *dir;
    struct store *store;
    struct entries entries;
    uint64_t index;
};

static uint8_t text[LONGEST];

static struct store *open_store(const char *dir)
{
    struct store_options options = { .dir = dir, .map_bytes = (uint64_t)1 << 30 };
    struct store *store = NULL;
    struct why why = { 0 };
    if (store_open(&options, &why, &store) != OK)
        fail_msg("%s", why.text);
    return store;
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    memset(text, 'x', sizeof text);
    f->dir = tempdir_new();
    f->store = open_store(f->dir);
    entries_init(&f->entries);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    store_close(f->store);
    entries_fini(&f->entries);
    tempdir_free(f->dir);
    free(f);
    return 0;
}

static void apply(struct fixture *f)
{
    struct effects *effects;
    struct bytes payload = entries_finish(&f->entries, (struct entry_time){ .wall_ms = 1 });
    f->index++;
    assert_int_equal(store_apply(f->store, f->index, 1, payload, &effects), OK);
    for (size_t i = 0; i < effects->result_n; i++)
        assert_int_equal(effects->results[i].err, OK);
    effects_unref(effects);
}

/* A key of N bytes with a value of VALUE_N, three versions, on a lease with a long id. */
static void write_versions(struct fixture *f, size_t key_n, size_t value_n)
{
    for (unsigned i = 0; i < 3; i++)
        entries_put(&f->entries, SPACE_ETCD, bytes_of(text, key_n), bytes_of(text, value_n), LEASE);
    entries_remove(&f->entries, SPACE_ETCD, bytes_of(text, key_n), (struct bytes){ 0 });
    entries_put(&f->entries, SPACE_ETCD, bytes_of(text, key_n), bytes_of(text, value_n), LEASE);
}

static void write_all_lengths(struct fixture *f)
{
    static const size_t keys[] = { 1,   100, 480, 489, 490, 491,  492,  700,  800,
                                   850, 880, 890, 900, 980, 1015, 1050, 2000, 32768 };
    struct lease_grant grant = { .id = LEASE, .ttl_ms = UINT64_MAX, .remove_ms = UINT64_MAX };
    grant.face = FACE_ETCD;
    entries_grant(&f->entries, &grant);
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        for (size_t value_n = 900; value_n < 2060; value_n += 11)
            write_versions(f, keys[i], value_n);
        write_versions(f, keys[i], 0);
        write_versions(f, keys[i], LONGEST);
        apply(f);
    }
}

static size_t overflow_pages(struct fixture *f)
{
    store_close(f->store);
    f->store = NULL;
    size_t pages = rows_overflow_pages(f->dir);
    f->store = open_store(f->dir);
    return pages;
}

static void keys_and_values_of_all_lengths_stay_off_overflow_pages(void **state)
{
    struct fixture *f = *state;
    write_all_lengths(f);
    assert_int_equal(overflow_pages(f), 0);
}

/* The same store with BUMP more revisions, in place of the one at hand. */
static void move_counters(struct fixture *f, uint64_t bump)
{
    struct dump *dump;
    struct load *load;
    struct buf rows;
    struct why why = { 0 };
    bool end = false;
    char *dir = tempdir_new();
    struct store *fresh = open_store(dir);
    buf_init(&rows, ROOM);
    assert_int_equal(dump_open(f->store, &dump), OK);
    assert_int_equal(load_open(fresh, &load), OK);
    while (!end) {
        buf_clear(&rows, ROOM);
        assert_int_equal(dump_next(dump, ROOM / 2, &rows, &end), OK);
        assert_int_equal(load_rows(load, buf_bytes(&rows), &why), OK);
    }
    dump_close(dump);
    assert_int_equal(load_finish(load, bump), OK);
    buf_fini(&rows);
    store_close(f->store);
    tempdir_free(f->dir);
    f->store = fresh;
    f->dir = dir;
}

static void longest_counters_stay_off_overflow_pages(void **state)
{
    struct fixture *f = *state;
    entries_put(&f->entries, SPACE_ETCD, bytes_str("k"), bytes_str("v"), 0);
    apply(f);
    move_counters(f, (uint64_t)1 << 62);
    write_all_lengths(f);
    assert_int_equal(overflow_pages(f), 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(keys_and_values_of_all_lengths_stay_off_overflow_pages),
        T(longest_counters_stay_off_overflow_pages),
    };
    return cmocka_run_group_tests_name("overflow", tests, NULL, NULL);
}
