/* Chains: how far back a version jumps, and that any is reached in a few steps. */
#include "store/version.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "test/unit/store/stand.h"

enum { VERSIONS = 1000, HOPS_MAX = 3 * 10 /* 3 log2(1000) */ };

static void put_many(struct stand *s, int n)
{
    char value[16];
    for (int i = 0; i < n; i++) {
        snprintf(value, sizeof value, "%d", i);
        entries_put(&s->entries, SPACE_ETCD, bytes_str("k"), bytes_str(value), 0);
    }
    stand_apply(s);
}

static struct row head_of(struct stand *s, const char *key)
{
    struct layered map = head_map(s->view, SPACE_ETCD);
    struct bytes bytes;
    struct row row;
    assert_int_equal(layered_get(&map, bytes_str(key), &bytes), OK);
    assert_int_equal(head_row_read(bytes, &row), OK);
    return row;
}

/* The way version_at goes, counted. */
static int hops_to(struct stand *s, uint64_t revision)
{
    struct row row = head_of(s, "k");
    int hops = 0;
    while (row.place.revision > revision) {
        struct place next = row.jump.place.revision > revision ? row.jump.place : row.prev;
        assert_int_equal(change_get(s->view, SPACE_ETCD, next, &row), OK);
        hops++;
    }
    return hops;
}

static void any_of_a_thousand_versions_is_a_few_hops_away(void **state)
{
    struct stand *s = *state;
    int most = 0;
    put_many(s, VERSIONS);
    for (uint64_t revision = 2; revision < 2 + VERSIONS; revision++) {
        int hops = hops_to(s, revision);
        most = hops > most ? hops : most;
    }
    assert_in_range(most, 1, HOPS_MAX);
}

static void version_found_is_the_one_that_stood_then(void **state)
{
    struct stand *s = *state;
    struct row head, row;
    put_many(s, 100);
    head = head_of(s, "k");
    for (uint64_t revision = 2; revision <= 101; revision++) {
        assert_int_equal(version_at(s->view, SPACE_ETCD, &head, revision, &row), OK);
        assert_int_equal(row.place.revision, revision);
        assert_int_equal(row.version, revision - 1);
    }
}

static void key_that_did_not_exist_yet_is_not_found(void **state)
{
    struct stand *s = *state;
    struct row row;
    stand_put(s, "other", "1");
    stand_put(s, "k", "1");
    struct row head = head_of(s, "k");
    assert_int_equal(version_at(s->view, SPACE_ETCD, &head, 2, &row), ERR_NOT_FOUND);
}

static void depth_counts_the_versions_before(void **state)
{
    struct stand *s = *state;
    put_many(s, 5);
    stand_remove(s, "k", NULL);
    struct row head = head_of(s, "k");
    assert_true(head.deleted);
    assert_int_equal(head.depth, 5);
}

static void jump_never_leads_below_the_compacted_revision(void **state)
{
    struct stand *s = *state;
    put_many(s, 64);
    stand_compact(s, SPACE_ETCD, 60);
    stand_sweep(s);
    put_many(s, 64);
    for (uint64_t revision = 60; revision <= 129; revision++)
        assert_int_equal(hops_to(s, revision) >= 0, 1);
}

static void put_over_a_tombstone_below_the_compacted_revision_forgets_it(void **state)
{
    struct stand *s = *state;
    stand_put(s, "k", "1");
    stand_remove(s, "k", NULL);
    stand_put(s, "other", "1");
    stand_compact(s, SPACE_ETCD, 4);
    stand_put(s, "k", "2");
    struct row head = head_of(s, "k");
    assert_int_equal(head.prev.revision, 0);
    assert_int_equal(head.depth, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, stand_set_up, stand_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(any_of_a_thousand_versions_is_a_few_hops_away),
        TEST(version_found_is_the_one_that_stood_then),
        TEST(key_that_did_not_exist_yet_is_not_found),
        TEST(depth_counts_the_versions_before),
        TEST(jump_never_leads_below_the_compacted_revision),
        TEST(put_over_a_tombstone_below_the_compacted_revision_forgets_it),
    };
    return cmocka_run_group_tests_name("version", tests, NULL, NULL);
}
