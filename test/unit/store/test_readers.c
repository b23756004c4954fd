/* Views on other threads while one thread applies, sweeps and compacts: each shows one revision,
 * whole, and never an older one than before. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "base/compiler.h"
#include "store/history.h"
#include "store/range.h"
#include "store/store.h"
#include "store/view.h"
#include "test/lib/entries.h"
#include "test/lib/tempdir.h"

enum { KEYS = 10, READERS = 3, ENTRIES = 400, KEEP = 20, VALUE = 3000 };

struct reader {
    struct store *store;
    atomic_bool *stop;
    uint64_t looks;
    const char *wrong; /* what was seen that must not be, or NULL */
    pthread_t thread;
};

static struct bytes key_at(char *p, unsigned i)
{
    snprintf(p, 8, "key%u", i);
    return bytes_str(p);
}

/* Entry N puts all keys, each with a value of VALUE bytes N: revision N + 1. */
static void apply_round(struct store *store, struct entries *e, uint64_t n)
{
    char names[KEYS][8];
    uint8_t value[VALUE];
    struct op ops[KEYS];
    memset(value, (int)(n & 0xff), sizeof value);
    for (unsigned i = 0; i < KEYS; i++) {
        struct put put = { .key = key_at(names[i], i), .value = bytes_of(value, sizeof value) };
        ops[i] = (struct op){ .kind = OP_PUT, .put = put };
    }
    struct txn txn = { .then_ops = ops, .then_n = KEYS };
    entries_txn(e, &txn);
    if (n > KEEP && n % 5 == 0)
        entries_compact(e, SPACE_ETCD, n - KEEP);
    struct bytes payload = entries_finish(e, (struct entry_time){ .age_ms = n });
    struct apply *apply;
    struct effects *effects = NULL;
    assert_int_equal(store_apply_begin(store, n, 1, payload, &apply), OK);
    while (effects == NULL)
        assert_int_equal(store_apply_step(apply, 3, &effects), OK);
    effects_unref(effects);
}

static bool value_is(const struct view *view, const struct value *value, uint64_t revision,
                     struct buf *scratch)
{
    buf_clear(scratch, VALUE);
    if (value_append(view, value, scratch) != OK || scratch->n != VALUE)
        return false;
    for (size_t i = 0; i < VALUE; i++)
        if (scratch->p[i] != (uint8_t)(revision - 1))
            return false;
    return true;
}

/* All keys stand at one revision, with its value. */
static const char *check_rows(const struct view *view, int64_t at, uint64_t revision)
{
    struct arena arena;
    struct buf scratch;
    struct range_result rows;
    struct range_query query = { .end = bytes_of("", 1), .revision = at };
    const char *wrong = NULL;
    arena_init(&arena, 0);
    buf_init(&scratch, VALUE);
    if (range_read(view, &query, &arena, &rows) != OK)
        wrong = "a range was refused";
    else if (rows.kv_n != (revision == 1 ? 0 : KEYS))
        wrong = "keys are missing";
    for (size_t i = 0; wrong == NULL && i < rows.kv_n; i++)
        if (rows.kvs[i].mod != revision || !value_is(view, &rows.kvs[i].value, revision, &scratch))
            wrong = "a key is of another revision";
    buf_fini(&scratch);
    arena_fini(&arena);
    return wrong;
}

static const char *check_history(const struct view *view, uint64_t revision)
{
    struct arena arena;
    struct history_batch batch;
    uint64_t from = view_compacted(view, SPACE_ETCD) + 1;
    const char *wrong = NULL;
    arena_init(&arena, 0);
    if (history_scan(view, SPACE_ETCD, from, SIZE_MAX, SIZE_MAX, &arena, &batch) != OK)
        wrong = "history was refused";
    else if (batch.next != revision + 1)
        wrong = "history does not end at the view's revision";
    else if (revision > 1 && from > 1 && batch.event_n != (revision - from + 1) * KEYS)
        wrong = "history has a gap";
    arena_fini(&arena);
    return wrong;
}

static void *read_on(void *arg)
{
    struct reader *r = arg;
    struct view *view;
    uint64_t last = 0;
    if (view_open(r->store, &view) != OK) {
        r->wrong = "no view";
        return NULL;
    }
    while (r->wrong == NULL && !atomic_load(r->stop)) {
        uint64_t revision = view_revision(view);
        uint64_t old = view_compacted(view, SPACE_ETCD);
        if (revision < last)
            r->wrong = "the revision went back";
        if (r->wrong == NULL)
            r->wrong = check_rows(view, 0, revision);
        if (r->wrong == NULL && old > 1)
            r->wrong = check_rows(view, (int64_t)old, old);
        if (r->wrong == NULL)
            r->wrong = check_history(view, revision);
        last = revision;
        r->looks++;
        if (view_renew(view) != OK)
            r->wrong = "a view was not renewed";
    }
    view_close(view);
    return NULL;
}

static void run_writer(struct store *store)
{
    struct entries e;
    entries_init(&e);
    for (uint64_t n = 1; n <= ENTRIES; n++) {
        bool done;
        apply_round(store, &e, n);
        assert_int_equal(store_sweep(store, 20, &done), OK);
    }
    entries_fini(&e);
}

static void run_with_readers(bool write_map)
{
    char *dir = tempdir_new();
    struct store_options options = { .dir = dir, .map_bytes = 1U << 28, .write_map = write_map };
    struct store *store;
    struct why why;
    struct reader readers[READERS];
    atomic_bool stop = false;
    assert_int_equal(store_open(&options, &why, &store), OK);
    for (size_t i = 0; i < READERS; i++) {
        readers[i] = (struct reader){ .store = store, .stop = &stop };
        assert_int_equal(pthread_create(&readers[i].thread, NULL, read_on, &readers[i]), 0);
    }
    run_writer(store);
    atomic_store(&stop, true);
    for (size_t i = 0; i < READERS; i++) {
        pthread_join(readers[i].thread, NULL);
        if (readers[i].wrong != NULL)
            fail_msg("after %d looks: %s", (int)readers[i].looks, readers[i].wrong);
    }
    store_close(store);
    tempdir_free(dir);
}

static void readers_of_a_written_map_see_whole_revisions(void **state)
{
    run_with_readers(true);
}

static void readers_of_written_files_see_whole_revisions(void **state)
{
    run_with_readers(false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(readers_of_a_written_map_see_whole_revisions),
        cmocka_unit_test(readers_of_written_files_see_whole_revisions),
    };
    return cmocka_run_group_tests_name("readers", tests, NULL, NULL);
}
