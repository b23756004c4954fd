/* Watchers by ids that clients choose, well or ill. */
#include "faces/etcd/watch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "base/mem.h"
#include "faces/etcd/core.h"

enum { WATCHERS = 60000 };

static struct etcd_face face = { .hash_key = { { 1, 2 } } };

static void add(struct etcd_watches *s, int64_t id)
{
    struct etcd_watch *w = mem_zalloc(1, sizeof *w);
    w->stream = s;
    w->id = id;
    watch_add(s, w);
}

static void remove_all(struct etcd_watches *s)
{
    struct etcd_watch *w;
    while ((w = LIST_FIRST(&s->watches, struct etcd_watch, link)) != NULL)
        watch_remove(w);
    mem_free(s->buckets);
}

static void begin(struct etcd_watches *s)
{
    *s = (struct etcd_watches){ .stream.face = &face };
    list_init(&s->watches);
}

static void watcher_is_found_until_it_is_removed(void **state)
{
    static const int64_t ids[] = { 0, 1, -1, INT64_MIN, INT64_MAX };
    struct etcd_watches s;
    begin(&s);
    for (size_t i = 0; i < ARRAY_LEN(ids); i++)
        add(&s, ids[i]);
    for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
        assert_int_equal(watch_find(&s, ids[i])->id, ids[i]);
        watch_remove(watch_find(&s, ids[i]));
        assert_null(watch_find(&s, ids[i]));
    }
    remove_all(&s);
}

/* Multiples of the inverse of the golden ratio's constant: what multiplicative hashing, and any
 * hash of the low or the high bits alone, puts into one bucket. Seconds, where it should be
 * milliseconds. */
static void ids_chosen_to_collide_do_not(void **state)
{
    static const uint64_t steps[] = { UINT64_C(0xf1de83e19937733d), UINT64_C(1) << 46 };
    for (size_t k = 0; k < ARRAY_LEN(steps); k++) {
        struct etcd_watches s;
        clock_t begun = clock();
        begin(&s);
        for (uint64_t i = 1; i <= WATCHERS; i++)
            add(&s, (int64_t)(i * steps[k]));
        for (uint64_t i = 1; i <= WATCHERS; i++)
            assert_non_null(watch_find(&s, (int64_t)(i * steps[k])));
        remove_all(&s);
        assert_true(clock() - begun < 3 * CLOCKS_PER_SEC);
    }
}

static void our_own_ids_pass_over_those_taken(void **state)
{
    struct etcd_watches s;
    begin(&s);
    add(&s, 1);
    assert_int_equal(watch_next_id(&s), 0);
    assert_int_equal(watch_next_id(&s), 2);
    remove_all(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(watcher_is_found_until_it_is_removed),
        cmocka_unit_test(ids_chosen_to_collide_do_not),
        cmocka_unit_test(our_own_ids_pass_over_those_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
