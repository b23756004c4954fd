/* Groups of watchers found by key, held against a plain search. */
#include "hub/watch_index.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"
#include "store/range.h"

enum { GROUPS = 400, KEYS = 2000 };

/* The rule, as range.h states it: the index is held against this. */
static bool holds(struct bytes from, struct bytes end, struct bytes key)
{
    if (end.n == 0)
        return bytes_eq(from, key);
    if (bytes_cmp(key, from) < 0)
        return false;
    return (end.n == 1 && end.p[0] == 0) || bytes_cmp(key, end) < 0;
}

static void count(void *ctx, struct watch_group *g)
{
    g->watcher_n++; /* here: how often it was found */
    (*(size_t *)ctx)++;
}

static size_t found(struct watch_index *x, enum space space, const char *key)
{
    size_t n = 0;
    watch_index_find(x, space, bytes_str(key), count, &n);
    return n;
}

static struct watch_group *group(struct watch_index *x, const char *key, const char *end)
{
    return watch_index_group(x, SPACE_ETCD, bytes_str(key), bytes_str(end));
}

static void single_key_is_found_by_itself_only(void **state)
{
    struct watch_index *x = watch_index_new(&(const struct siphash_key){ { 1, 1 } });
    struct watch_group *g = group(x, "b", "");
    assert_int_equal(found(x, SPACE_ETCD, "b"), 1);
    assert_int_equal(found(x, SPACE_ETCD, "ba"), 0);
    assert_int_equal(found(x, SPACE_CATALOG, "b"), 0);
    watch_index_drop(x, g);
    assert_int_equal(found(x, SPACE_ETCD, "b"), 0);
    watch_index_free(x);
}

static void end_of_a_range_is_not_in_it(void **state)
{
    struct watch_index *x = watch_index_new(&(const struct siphash_key){ { 1, 1 } });
    struct watch_group *g = group(x, "b", "d");
    assert_int_equal(found(x, SPACE_ETCD, "b"), 1);
    assert_int_equal(found(x, SPACE_ETCD, "c\xff"), 1);
    assert_int_equal(found(x, SPACE_ETCD, "d"), 0);
    assert_int_equal(found(x, SPACE_ETCD, "a"), 0);
    watch_index_drop(x, g);
    watch_index_free(x);
}

static void open_range_holds_everything_above(void **state)
{
    struct watch_index *x = watch_index_new(&(const struct siphash_key){ { 1, 1 } });
    struct watch_group *g = watch_index_group(x, SPACE_ETCD, bytes_str("b"), bytes_of("\0", 1));
    assert_int_equal(found(x, SPACE_ETCD, "\xff\xff"), 1);
    assert_int_equal(found(x, SPACE_ETCD, "a"), 0);
    assert_int_equal(found(x, SPACE_CONFIG, "c"), 0);
    watch_index_drop(x, g);
    watch_index_free(x);
}

static void same_range_is_the_same_group(void **state)
{
    struct watch_index *x = watch_index_new(&(const struct siphash_key){ { 1, 1 } });
    struct watch_group *g = group(x, "b", "d");
    assert_ptr_equal(group(x, "b", "d"), g);
    struct watch_group *other = group(x, "b", "e");
    assert_ptr_not_equal(other, g);
    watch_index_drop(x, g);
    watch_index_drop(x, other);
    watch_index_free(x);
}

static struct bytes random_key(uint8_t *into, bool may_be_empty)
{
    size_t n = (size_t)rand() % 4 + (may_be_empty ? 0 : 1);
    for (size_t i = 0; i < n; i++)
        into[i] = (uint8_t)("\0ab\xff"[rand() % 4]);
    return bytes_of(into, n);
}

static void check_key(struct watch_index *x, struct watch_group **groups, struct bytes key)
{
    size_t wanted = 0, got = 0;
    for (size_t i = 0; i < GROUPS; i++) {
        if (groups[i] == NULL)
            continue;
        groups[i]->watcher_n = 0;
        wanted += holds(groups[i]->key, groups[i]->end, key);
    }
    watch_index_find(x, SPACE_ETCD, key, count, &got);
    assert_int_equal(got, wanted);
    for (size_t i = 0; i < GROUPS; i++)
        if (groups[i] != NULL)
            assert_int_equal(groups[i]->watcher_n, holds(groups[i]->key, groups[i]->end, key));
}

static void random_ranges_are_found_as_by_a_plain_search(void **state)
{
    for (unsigned seed = 1; seed <= 10; seed++) {
        srand(seed);
        struct watch_index *x = watch_index_new(&(const struct siphash_key){ { seed, seed } });
        struct watch_group *groups[GROUPS] = { 0 };
        uint8_t a[8], b[8];
        for (size_t i = 0; i < GROUPS; i++) {
            struct watch_group *g =
                watch_index_group(x, SPACE_ETCD, random_key(a, true), random_key(b, true));
            bool seen = false;
            for (size_t k = 0; k < i; k++)
                seen = seen || groups[k] == g;
            groups[i] = seen ? NULL : g;
        }
        for (size_t i = 0; i < KEYS / 10; i++)
            check_key(x, groups, random_key(a, true));
        for (size_t i = 0; i < GROUPS; i += 2) {
            if (groups[i] != NULL)
                watch_index_drop(x, groups[i]);
            groups[i] = NULL;
        }
        for (size_t i = 0; i < KEYS / 10; i++)
            check_key(x, groups, random_key(a, true));
        for (size_t i = 0; i < GROUPS; i++)
            if (groups[i] != NULL)
                watch_index_drop(x, groups[i]);
        watch_index_free(x);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(single_key_is_found_by_itself_only),
        cmocka_unit_test(end_of_a_range_is_not_in_it),
        cmocka_unit_test(open_range_holds_everything_above),
        cmocka_unit_test(same_range_is_the_same_group),
        cmocka_unit_test(random_ranges_are_found_as_by_a_plain_search),
    };
    return cmocka_run_group_tests_name("watch_index", tests, NULL, NULL);
}
