/* Room on the disk is asked for before each step: the n-th question is refused, for every n, and
 * the entry leaves nothing behind and can be applied again, with the same end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "store/store.h"
#include "store/view.h"
#include "test/lib/entries.h"
#include "test/lib/tempdir.h"

enum { STEP = 2, KEYS = 9, QUESTIONS_MAX = 1000 };

struct disk {
    uint64_t questions, refuse_at; /* 0 = never */
    uint64_t least;                /* bytes asked for */
};

static enum err assure(void *ctx, uint64_t file_bytes, uint64_t bytes)
{
    struct disk *disk = ctx;
    disk->questions++;
    if (disk->least == 0 || bytes < disk->least)
        disk->least = bytes;
    return disk->questions == disk->refuse_at ? ERR_NO_SPACE : OK;
}

static struct store *open_store(const char *dir, struct disk *disk)
{
    struct store_options options = {
        .dir = dir, .map_bytes = 1U << 28, .assure = assure, .assure_ctx = disk
    };
    struct store *store;
    struct why why;
    assert_int_equal(store_open(&options, &why, &store), OK);
    return store;
}

/* Entry 1 puts keys on a lease, entry 2 removes them all and puts others. */
static struct bytes make_entry(struct entries *e, uint64_t index)
{
    static const char *const names[KEYS] = { "a", "b", "c", "d", "e", "f", "g", "h", "i" };
    struct lease_grant grant = {
        .id = index, .ttl_ms = 1000, .remove_ms = 1000, .face = FACE_ETCD
    };
    entries_grant(e, &grant);
    if (index == 2)
        entries_revoke(e, 1, FACE_NONE);
    for (size_t i = 0; i < KEYS; i++)
        entries_put(e, SPACE_ETCD, bytes_str(names[i]), bytes_str("value"), (int64_t)index);
    return entries_finish(e, (struct entry_time){ .age_ms = index });
}

static enum err apply(struct store *store, struct entries *e, uint64_t index)
{
    struct apply *apply;
    struct effects *effects = NULL;
    struct bytes payload = make_entry(e, index);
    assert_int_equal(store_apply_begin(store, index, 1, payload, &apply), OK);
    enum err err = OK;
    while (err == OK && effects == NULL)
        err = store_apply_step(apply, STEP, &effects);
    if (err == OK)
        effects_unref(effects);
    return err;
}

static uint64_t hash_of(struct store *store, uint64_t index)
{
    struct view *view;
    uint64_t hash;
    assert_int_equal(view_open(store, &view), OK);
    assert_int_equal(view_applied_index(view), index);
    assert_int_equal(store_hash(view, &hash), OK);
    view_close(view);
    return hash;
}

/* Applies both entries; the second is refused room at question REFUSE_AT of its own, then begun
 * again. False if it has fewer questions than that. */
static bool refuse_once(uint64_t refuse_at, uint64_t *ret_hash)
{
    char *dir = tempdir_new();
    struct disk disk = { 0 };
    struct entries e;
    struct store *store = open_store(dir, &disk);
    entries_init(&e);
    assert_int_equal(apply(store, &e, 1), OK);
    uint64_t before = hash_of(store, 1);
    disk = (struct disk){ .refuse_at = refuse_at };
    bool refused = apply(store, &e, 2) == ERR_NO_SPACE;
    if (refused) {
        store_close(store);
        store = open_store(dir, &disk);
        assert_int_equal(hash_of(store, 1), before);
        assert_int_equal(apply(store, &e, 2), OK);
    }
    assert_true(disk.least > 0);
    *ret_hash = hash_of(store, 2);
    entries_fini(&e);
    store_close(store);
    tempdir_free(dir);
    return refused;
}

static void entry_that_finds_no_room_can_be_applied_again(void **state)
{
    uint64_t hash, expected, n = 1;
    assert_false(refuse_once(0, &expected));
    for (; n < QUESTIONS_MAX && refuse_once(n, &hash); n++)
        assert_int_equal(hash, expected);
    assert_true(n > KEYS / STEP && n < QUESTIONS_MAX);
}

static void sweep_that_finds_no_room_changes_nothing(void **state)
{
    char *dir = tempdir_new();
    struct disk disk = { 0 };
    struct entries e;
    bool done = false;
    struct store *store = open_store(dir, &disk);
    entries_init(&e);
    assert_int_equal(apply(store, &e, 1), OK);
    assert_int_equal(apply(store, &e, 2), OK);
    struct effects *effects;
    entries_compact(&e, SPACE_ETCD, 12);
    struct bytes payload = entries_finish(&e, (struct entry_time){ .age_ms = 3 });
    assert_int_equal(store_apply(store, 3, 1, payload, &effects), OK);
    assert_int_equal(effects->results[0].err, OK);
    effects_unref(effects);
    uint64_t before = hash_of(store, 3);
    disk = (struct disk){ .refuse_at = 1 };
    assert_int_equal(store_sweep(store, 100, &done), ERR_NO_SPACE);
    while (!done)
        assert_int_equal(store_sweep(store, 3, &done), OK);
    assert_int_equal(hash_of(store, 3), before);
    entries_fini(&e);
    store_close(store);
    tempdir_free(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entry_that_finds_no_room_can_be_applied_again),
        cmocka_unit_test(sweep_that_finds_no_room_changes_nothing),
    };
    return cmocka_run_group_tests_name("no_space", tests, NULL, NULL);
}
