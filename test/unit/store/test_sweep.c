/* What a sweep takes, and that nothing readable changes at any moment of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "store/history.h"
#include "store/row.h"
#include "store/tables.h"
#include "test/unit/store/stand.h"

static size_t rows_of(struct stand *s, unsigned table)
{
    MDB_stat stat;
    assert_int_equal(mdb_stat(s->view->txn, s->store->dbi[table], &stat), 0);
    return stat.ms_entries;
}

static void old_versions_go_and_the_newest_stays(void **state)
{
    struct stand *s = *state;
    stand_put(s, "a", "1");
    stand_put(s, "a", "2");
    stand_put(s, "a", "3");
    stand_compact(s, SPACE_ETCD, 3);
    stand_sweep(s);
    assert_int_equal(rows_of(s, TABLE_CHANGE + SPACE_ETCD), 2);
    assert_string_equal(stand_value(s, "a", 3), "2");
    assert_string_equal(stand_value(s, "a", 0), "3");
}

static void delete_below_goes_with_its_tombstone(void **state)
{
    struct stand *s = *state;
    stand_put(s, "a", "1");
    stand_remove(s, "a", NULL);
    stand_put(s, "b", "1");
    stand_compact(s, SPACE_ETCD, 4);
    stand_sweep(s);
    assert_int_equal(rows_of(s, TABLE_CHANGE + SPACE_ETCD), 1);
    assert_int_equal(rows_of(s, TABLE_HEAD + SPACE_ETCD), 1);
}

static void delete_exactly_there_stays_until_the_next_compaction(void **state)
{
    struct stand *s = *state;
    stand_put(s, "a", "1");
    stand_remove(s, "a", NULL);
    stand_put(s, "b", "1");
    stand_compact(s, SPACE_ETCD, 3);
    stand_sweep(s);
    assert_int_equal(rows_of(s, TABLE_CHANGE + SPACE_ETCD), 2);
    stand_compact(s, SPACE_ETCD, 4);
    stand_sweep(s);
    assert_int_equal(rows_of(s, TABLE_CHANGE + SPACE_ETCD), 1);
    assert_int_equal(rows_of(s, TABLE_HEAD + SPACE_ETCD), 1);
}

static void pieces_go_with_their_version(void **state)
{
    struct stand *s = *state;
    char *value = arena_zalloc(&s->arena, 1, 50001);
    memset(value, 'v', 50000);
    stand_put(s, "a", value);
    assert_int_equal(rows_of(s, TABLE_PIECE + SPACE_ETCD), 25);
    stand_put(s, "a", "short");
    stand_compact(s, SPACE_ETCD, 3);
    stand_sweep(s);
    assert_int_equal(rows_of(s, TABLE_PIECE + SPACE_ETCD), 0);
}

static void reasons_and_times_go_when_nobody_can_read_there(void **state)
{
    struct stand *s = *state;
    s->entries.origin.why = bytes_str("because");
    for (int i = 0; i < 4; i++)
        stand_put(s, "a", "1");
    assert_int_equal(rows_of(s, TABLE_WHY), 4);
    assert_int_equal(rows_of(s, TABLE_TIME), 4);
    s->entries.origin.why = (struct bytes){ 0 };
    for (unsigned i = 0; i < SPACES; i++)
        if (i != SPACE_SYSTEM)
            assert_int_equal(stand_compact(s, (enum space)i, 4), OK);
    stand_sweep(s);
    assert_int_equal(rows_of(s, TABLE_WHY), 2);
    assert_int_equal(rows_of(s, TABLE_TIME), 2);
}

/* -- reads while it goes on ---------------------------------------------------------------------
 */

static void fill(struct stand *s)
{
    char key[8];
    for (int i = 0; i < 60; i++) {
        snprintf(key, sizeof key, "k%d", i % 7);
        stand_put(s, key, "1");
        if (i % 5 == 0)
            stand_remove(s, key, NULL);
    }
}

static uint32_t hash_at(struct stand *s, uint64_t revision)
{
    uint32_t hash;
    assert_int_equal(store_hash_space(s->view, SPACE_ETCD, revision, &hash), OK);
    return hash;
}

static void reads_from_the_compacted_revision_on_never_change(void **state)
{
    struct stand *s = *state;
    enum { FROM = 40, UPTO = 60 };
    uint32_t before[UPTO];
    bool done = false;
    fill(s);
    for (uint64_t r = FROM; r < UPTO; r++)
        before[r] = hash_at(s, r);
    stand_compact(s, SPACE_ETCD, FROM);
    while (!done) {
        assert_int_equal(store_sweep(s->store, 1, &done), OK);
        assert_int_equal(view_renew(s->view), OK);
        for (uint64_t r = FROM; r < UPTO; r++)
            assert_int_equal(hash_at(s, r), before[r]);
    }
}

static void hash_is_the_same_at_every_moment_of_a_sweep(void **state)
{
    struct stand *s = *state;
    uint64_t before, now;
    bool done = false;
    fill(s);
    stand_compact(s, SPACE_ETCD, 50);
    assert_int_equal(store_hash(s->view, &before), OK);
    while (!done) {
        assert_int_equal(store_sweep(s->store, 1, &done), OK);
        assert_int_equal(view_renew(s->view), OK);
        assert_int_equal(store_hash(s->view, &now), OK);
        assert_true(now == before);
    }
}

static void sweep_goes_on_after_a_restart(void **state)
{
    struct stand *s = *state;
    bool done;
    fill(s);
    stand_compact(s, SPACE_ETCD, 50);
    assert_int_equal(store_sweep(s->store, 5, &done), OK);
    assert_false(done);
    stand_reopen(s);
    stand_sweep(s);
    struct history_batch b;
    assert_int_equal(history_scan(s->view, SPACE_ETCD, 50, 1000, 1 << 20, &s->arena, &b), OK);
    assert_true(rows_of(s, TABLE_CHANGE + SPACE_ETCD) <= b.event_n + 7);
}

static void sweep_of_nothing_is_done_at_once(void **state)
{
    struct stand *s = *state;
    bool done = false;
    assert_int_equal(store_sweep(s->store, 1, &done), OK);
    assert_true(done);
}

/* -- the logical step -------------------------------------------------------------------------- */

static void compaction_is_refused_as_etcd_does(void **state)
{
    struct stand *s = *state;
    assert_int_equal(stand_compact(s, SPACE_ETCD, 0), OK);
    assert_int_equal(stand_compact(s, SPACE_ETCD, 0), ERR_COMPACTED);
    assert_int_equal(stand_compact(s, SPACE_ETCD, 2), ERR_FUTURE);
    assert_int_equal(stand_compact(s, SPACE_ETCD, 1), OK);
    assert_int_equal(stand_compact(s, SPACE_ETCD, 1), ERR_COMPACTED);
}

static void compacted_revision_itself_is_readable_and_below_is_not(void **state)
{
    struct stand *s = *state;
    struct range_result r;
    stand_put(s, "a", "1");
    stand_put(s, "a", "2");
    stand_compact(s, SPACE_ETCD, 3);
    assert_int_equal(stand_range(s, "a", NULL, 3, &r), OK);
    assert_int_equal(stand_range(s, "a", NULL, 2, &r), ERR_COMPACTED);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, stand_set_up, stand_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(old_versions_go_and_the_newest_stays),
        TEST(delete_below_goes_with_its_tombstone),
        TEST(delete_exactly_there_stays_until_the_next_compaction),
        TEST(pieces_go_with_their_version),
        TEST(reasons_and_times_go_when_nobody_can_read_there),
        TEST(reads_from_the_compacted_revision_on_never_change),
        TEST(hash_is_the_same_at_every_moment_of_a_sweep),
        TEST(sweep_goes_on_after_a_restart),
        TEST(sweep_of_nothing_is_done_at_once),
        TEST(compaction_is_refused_as_etcd_does),
        TEST(compacted_revision_itself_is_readable_and_below_is_not),
    };
    return cmocka_run_group_tests_name("sweep", tests, NULL, NULL);
}
