/* Waits: woken once by what concerns them, and by nothing else. */
#include "hub/wait.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "fake_replica.h"
#include "loops.h"

struct query {
    struct wait wait;
    unsigned woken;
    uint64_t revision; /* of the view it was woken with */
    const char *again; /* hang on this key when woken */
};

static struct fake fake;
static struct wait_table *table;

static void woken(struct wait *w, const struct view *view)
{
    struct query *q = CONTAINER_OF(w, struct query, wait);
    q->woken++;
    q->revision = view_revision(view);
    if (q->again != NULL)
        wait_on(w, SPACE_CATALOG, bytes_str(q->again), bytes_str(""));
}

static int setup(void **state)
{
    fake_init(&fake, 0, 0);
    fake.space = SPACE_CATALOG;
    table = wait_table_new(fake.hub);
    fake_run(&fake);
    return 0;
}

static int teardown(void **state)
{
    wait_table_free(table);
    fake_fini(&fake);
    return 0;
}

static void begin(struct query *q, const char *key, const char *end)
{
    *q = (struct query){ .woken = 0 };
    wait_init(&q->wait, table, woken);
    wait_on(&q->wait, SPACE_CATALOG, bytes_str(key), bytes_str(end));
}

static void change_of_its_key_wakes_it_once_with_a_view_that_has_it(void **state)
{
    struct query q;
    begin(&q, "a", "");
    uint64_t revision = fake_put(&fake, "a=1");
    assert_int_equal(q.woken, 1);
    assert_true(q.revision >= revision);
    fake_put(&fake, "a=2");
    assert_int_equal(q.woken, 1);
}

static void delete_wakes_it_too(void **state)
{
    struct query q;
    fake_put(&fake, "a=1");
    begin(&q, "a", "");
    fake_put(&fake, "-a");
    assert_int_equal(q.woken, 1);
}

static void change_elsewhere_wakes_nobody(void **state)
{
    struct query key, range;
    begin(&key, "b", "");
    begin(&range, "k", "m");
    fake_put(&fake, "a=1", "ba=1", "jz=1", "m=1");
    fake.space = SPACE_CONSUL_KV;
    fake_put(&fake, "b=1", "l=1");
    fake.space = SPACE_ETCD;
    fake_put(&fake, "b=1", "l=1");
    assert_int_equal(key.woken + range.woken, 0);
    wait_end(&key.wait);
    wait_end(&range.wait);
}

static void each_watched_space_wakes(void **state)
{
    static const enum space watched[] = { SPACE_CATALOG, SPACE_CONSUL_KV, SPACE_SYSTEM };
    for (size_t i = 0; i < ARRAY_LEN(watched); i++) {
        struct query q = { .woken = 0 };
        wait_init(&q.wait, table, woken);
        wait_on(&q.wait, watched[i], bytes_str("a"), bytes_str(""));
        fake.space = watched[i];
        fake_put(&fake, "a=1");
        assert_int_equal(q.woken, 1);
    }
}

static void prefix_wakes_for_all_below_it_and_the_empty_one_for_everything(void **state)
{
    struct query below, all;
    begin(&below, "zz", "");
    wait_on_prefix(&below.wait, SPACE_CATALOG, bytes_str("k\xff"));
    begin(&all, "zz", "");
    wait_on_prefix(&all.wait, SPACE_CATALOG, bytes_str(""));
    fake_put(&fake, "k=1", "l=1");
    assert_int_equal(below.woken, 0);
    assert_int_equal(all.woken, 1);
    fake_put(&fake, "k\xff\xff=1");
    assert_int_equal(below.woken, 1);
}

static void changes_in_two_of_its_ranges_wake_it_once(void **state)
{
    struct query q;
    begin(&q, "a", "");
    wait_on(&q.wait, SPACE_CATALOG, bytes_str("b"), bytes_str("c"));
    fake_put(&fake, "a=1", "b=1");
    assert_int_equal(q.woken, 1);
}

static void one_that_hangs_on_again_is_woken_again(void **state)
{
    struct query q;
    begin(&q, "a", "");
    q.again = "b";
    fake_put(&fake, "a=1");
    fake_put(&fake, "a=2");
    assert_int_equal(q.woken, 1);
    fake_put(&fake, "b=1");
    assert_int_equal(q.woken, 2);
    wait_end(&q.wait);
}

static void one_that_ended_is_not_woken_even_if_it_was_due(void **state)
{
    struct query q;
    begin(&q, "a", "");
    wait_end(&q.wait);
    wait_end(&q.wait);
    fake_put(&fake, "a=1");
    assert_int_equal(q.woken, 0);
}

static void loss_of_a_batch_wakes_for_what_was_in_it(void **state)
{
    struct query q, other;
    begin(&q, "a", "");
    begin(&other, "b", "");
    fake_commit(&fake, "a=1", (char *)NULL);
    fake_lose(&fake);
    fake_run(&fake);
    assert_int_equal(q.woken, 1);
    assert_int_equal(other.woken, 0);
    wait_end(&other.wait);
}

static void changes_that_were_compacted_unseen_wake_everybody(void **state)
{
    struct query q;
    begin(&q, "elsewhere", "");
    fake_commit(&fake, "a=1", (char *)NULL);
    uint64_t revision = fake_commit(&fake, "a=2", (char *)NULL);
    fake_compact(&fake, revision);
    fake_lose(&fake);
    fake_run(&fake);
    assert_int_equal(q.woken, 1);
    begin(&q, "a", ""); /* and they are seen again from here on */
    fake_put(&fake, "a=3");
    assert_int_equal(q.woken, 1);
}

enum { QUERIES = 10000, THINGS = 100 };

static void one_change_wakes_exactly_its_own_of_ten_thousand(void **state)
{
    struct query *all = mem_zalloc(QUERIES, sizeof *all);
    char key[16];
    unsigned sum = 0;
    for (size_t i = 0; i < QUERIES; i++) {
        snprintf(key, sizeof key, "k%zu", i % THINGS);
        begin(&all[i], key, "");
    }
    fake_put(&fake, "k7=1");
    for (size_t i = 0; i < QUERIES; i++) {
        assert_int_equal(all[i].woken, i % THINGS == 7);
        wait_end(&all[i].wait);
    }
    for (size_t i = 0; i < QUERIES; i++)
        begin(&all[i], "one", "");
    fake_put(&fake, "one=1");
    loops_run_turns(fake.loop, QUERIES / 100);
    for (size_t i = 0; i < QUERIES; i++)
        sum += all[i].woken;
    assert_int_equal(sum, QUERIES);
    mem_free(all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(change_of_its_key_wakes_it_once_with_a_view_that_has_it,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(delete_wakes_it_too, setup, teardown),
        cmocka_unit_test_setup_teardown(change_elsewhere_wakes_nobody, setup, teardown),
        cmocka_unit_test_setup_teardown(each_watched_space_wakes, setup, teardown),
        cmocka_unit_test_setup_teardown(
            prefix_wakes_for_all_below_it_and_the_empty_one_for_everything, setup, teardown),
        cmocka_unit_test_setup_teardown(changes_in_two_of_its_ranges_wake_it_once, setup, teardown),
        cmocka_unit_test_setup_teardown(one_that_hangs_on_again_is_woken_again, setup, teardown),
        cmocka_unit_test_setup_teardown(one_that_ended_is_not_woken_even_if_it_was_due, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(loss_of_a_batch_wakes_for_what_was_in_it, setup, teardown),
        cmocka_unit_test_setup_teardown(changes_that_were_compacted_unseen_wake_everybody, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(one_change_wakes_exactly_its_own_of_ten_thousand, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
