/* Keys of any length in one LMDB table, against a sorted list of the same keys. */
#include "store/layered.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "test/lib/dice.h"
#include "test/lib/tempdir.h"

enum { KEYS = 400, KEY_MAX = 2600 };

struct fixture {
    char *dir;
    MDB_env *env;
    struct layered map;
    uint32_t next_layer;
    struct bytes keys[KEYS]; /* the list: sorted, each once */
    size_t key_n;
    struct dice dice;
};

static void must(int code)
{
    if (code != 0)
        fail_msg("%s", mdb_strerror(code));
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    char path[512];
    f->dir = tempdir_new();
    snprintf(path, sizeof path, "%s/layered.mdb", f->dir);
    must(mdb_env_create(&f->env));
    must(mdb_env_set_mapsize(f->env, (size_t)64 << 20));
    must(mdb_env_open(f->env, path, MDB_NOSUBDIR | MDB_NOSYNC, 0600));
    must(mdb_txn_begin(f->env, NULL, 0, &f->map.txn));
    must(mdb_dbi_open(f->map.txn, NULL, 0, &f->map.dbi));
    f->map.next_layer = &f->next_layer;
    f->dice = dice_of(dice_env("MUSTER_SEED", 1), 0);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    mdb_txn_abort(f->map.txn);
    mdb_env_close(f->env);
    for (size_t i = 0; i < f->key_n; i++)
        free((void *)(uintptr_t)f->keys[i].p);
    tempdir_free(f->dir);
    free(f);
    return 0;
}

/* -- the list -----------------------------------------------------------------------------------
 */

/* The place of the first key at or above KEY. */
static size_t place_of(const struct fixture *f, struct bytes key)
{
    size_t i = 0;
    while (i < f->key_n && bytes_cmp(f->keys[i], key) < 0)
        i++;
    return i;
}

static bool has(const struct fixture *f, struct bytes key)
{
    size_t i = place_of(f, key);
    return i < f->key_n && bytes_eq(f->keys[i], key);
}

static void put(struct fixture *f, struct bytes key)
{
    assert_int_equal(layered_put(&f->map, key, bytes_of(key.p, key.n < 8 ? key.n : 8)), OK);
    size_t i = place_of(f, key);
    if (has(f, key))
        return;
    assert_true(f->key_n < KEYS);
    memmove(&f->keys[i + 1], &f->keys[i], (f->key_n - i) * sizeof f->keys[0]);
    uint8_t *copy = malloc(key.n + 1);
    if (key.n > 0)
        memcpy(copy, key.p, key.n);
    f->keys[i] = bytes_of(copy, key.n);
    f->key_n++;
}

static void take(struct fixture *f, size_t i)
{
    assert_int_equal(layered_remove(&f->map, f->keys[i]), OK);
    free((void *)(uintptr_t)f->keys[i].p);
    memmove(&f->keys[i], &f->keys[i + 1], (f->key_n - i - 1) * sizeof f->keys[0]);
    f->key_n--;
}

/* -- keys that meet at the edges of parts ------------------------------------------------------ */

/* A key of N bytes 'a' whose last one is LAST. */
static struct bytes long_key(uint8_t *room, size_t n, uint8_t last)
{
    memset(room, 'a', n);
    if (n > 0)
        room[n - 1] = last;
    return bytes_of(room, n);
}

/* Mostly a prefix of many 'a', cut at or around a part's end; sometimes one byte differs. */
static struct bytes throw_key(struct fixture *f, uint8_t *room)
{
    static const size_t edges[] = { 0, 1, 488, 490, 491, 979, 980, 981, 1470, 1471, 2450, 2500 };
    size_t n = edges[dice_below(&f->dice, sizeof edges / sizeof edges[0])];
    n += dice_below(&f->dice, 3);
    memset(room, 'a', n);
    if (n > 0 && dice_percent(&f->dice, 60))
        room[dice_below(&f->dice, n)] = (uint8_t)(dice_percent(&f->dice, 50) ? 0 : 0xff);
    if (n > 0 && dice_percent(&f->dice, 30))
        room[n - 1] = (uint8_t)dice_below(&f->dice, 256);
    return bytes_of(room, n);
}

/* -- comparing ----------------------------------------------------------------------------------
 */

/* The cursor, after a move that answered E, stands on key I of the list (beyond it: on none). */
static void assert_on(const struct fixture *f, const struct layered_cursor *c, enum err e, size_t i)
{
    if (i >= f->key_n) {
        assert_int_equal(e, ERR_NOT_FOUND);
        return;
    }
    assert_int_equal(e, OK);
    assert_true(bytes_eq(layered_key(c), f->keys[i]));
    assert_true(bytes_eq(c->row, bytes_of(f->keys[i].p, f->keys[i].n < 8 ? f->keys[i].n : 8)));
}

static void assert_same_both_ways(struct fixture *f)
{
    struct layered_cursor c;
    assert_int_equal(layered_cursor_open(&f->map, &c), OK);
    enum err e = layered_seek(&c, (struct bytes){ 0 });
    for (size_t i = 0; i < f->key_n; i++) {
        assert_on(f, &c, e, i);
        e = layered_next(&c);
    }
    assert_int_equal(e, ERR_NOT_FOUND);
    e = layered_seek_before(&c, (struct bytes){ 0 });
    for (size_t i = f->key_n; i-- > 0;) {
        assert_on(f, &c, e, i);
        e = layered_prev(&c);
    }
    assert_int_equal(e, ERR_NOT_FOUND);
    layered_cursor_close(&c);
}

static void assert_seeks_alike(struct fixture *f, struct bytes key)
{
    struct layered_cursor c;
    struct bytes row;
    size_t i = place_of(f, key);
    assert_int_equal(layered_get(&f->map, key, &row), has(f, key) ? OK : ERR_NOT_FOUND);
    assert_int_equal(layered_cursor_open(&f->map, &c), OK);
    enum err e = layered_seek(&c, key);
    assert_on(f, &c, e, i);
    if (e == OK) {
        e = layered_next(&c);
        assert_on(f, &c, e, i + 1);
    }
    if (key.p != NULL) {
        e = layered_seek_before(&c, key);
        assert_on(f, &c, e, i == 0 ? f->key_n : i - 1);
    }
    layered_cursor_close(&c);
}

static size_t lmdb_rows(const struct fixture *f)
{
    MDB_stat stat;
    must(mdb_stat(f->map.txn, f->map.dbi, &stat));
    return stat.ms_entries;
}

/* -- claims -------------------------------------------------------------------------------------
 */

static void empty_map_has_no_row(void **state)
{
    assert_same_both_ways(*state);
    assert_seeks_alike(*state, bytes_str("a"));
}

static void empty_key_is_a_key_like_any_other(void **state)
{
    put(*state, bytes_str(""));
    put(*state, bytes_str("a"));
    assert_same_both_ways(*state);
}

static void key_of_one_part_takes_one_row(void **state)
{
    uint8_t room[KEY_MAX];
    put(*state, long_key(room, LAYER_PART, 'b'));
    assert_int_equal(lmdb_rows(*state), 1);
}

static void longer_keys_share_the_mark_of_their_part(void **state)
{
    uint8_t room[KEY_MAX];
    for (uint8_t last = 0; last < 10; last++)
        put(*state, long_key(room, LAYER_PART + 1, last));
    assert_int_equal(lmdb_rows(*state), 1 + 10);
    assert_same_both_ways(*state);
}

static void part_comes_before_what_it_begins(void **state)
{
    uint8_t room[KEY_MAX];
    put(*state, long_key(room, LAYER_PART + 1, 0));
    put(*state, long_key(room, LAYER_PART, 'a'));
    put(*state, long_key(room, LAYER_PART, 'b'));
    assert_same_both_ways(*state);
}

static void put_again_replaces_the_row(void **state)
{
    struct fixture *f = *state;
    uint8_t room[KEY_MAX];
    struct bytes key = long_key(room, 1200, 'x'), row;
    put(f, key);
    assert_int_equal(layered_put(&f->map, key, bytes_str("new")), OK);
    assert_int_equal(layered_get(&f->map, key, &row), OK);
    assert_true(bytes_is(row, "new"));
    assert_int_equal(lmdb_rows(f), 3);
}

static void removing_what_is_not_there_says_so(void **state)
{
    struct fixture *f = *state;
    uint8_t room[KEY_MAX];
    put(f, long_key(room, 1000, 'x'));
    assert_int_equal(layered_remove(&f->map, long_key(room, 1000, 'y')), ERR_NOT_FOUND);
    assert_int_equal(layered_remove(&f->map, long_key(room, 600, 'x')), ERR_NOT_FOUND);
    assert_int_equal(layered_remove(&f->map, bytes_str("a")), ERR_NOT_FOUND);
    assert_same_both_ways(f);
}

static void last_key_of_a_layer_takes_its_marks_along(void **state)
{
    struct fixture *f = *state;
    uint8_t room[KEY_MAX];
    put(f, long_key(room, 2500, 'x'));
    put(f, long_key(room, 2500, 'y'));
    take(f, 0);
    assert_same_both_ways(f);
    take(f, 0);
    assert_int_equal(lmdb_rows(f), 0);
}

static void key_longer_than_eight_layers_comes_and_goes(void **state)
{
    struct fixture *f = *state;
    static uint8_t room[16 * LAYER_PART];
    put(f, long_key(room, sizeof room, 'x'));
    assert_same_both_ways(f);
    take(f, 0);
    assert_int_equal(lmdb_rows(f), 0);
}

static void random_keys_behave_as_in_a_sorted_list(void **state)
{
    struct fixture *f = *state;
    uint8_t room[KEY_MAX];
    for (size_t round = 0; round < 3000; round++) {
        struct bytes key = throw_key(f, room);
        if (f->key_n == KEYS || (f->key_n > 0 && dice_percent(&f->dice, 40)))
            take(f, dice_below(&f->dice, f->key_n));
        else
            put(f, key);
        assert_seeks_alike(f, throw_key(f, room));
        if (round % 100 == 0)
            assert_same_both_ways(f);
    }
    while (f->key_n > 0)
        take(f, dice_below(&f->dice, f->key_n));
    assert_int_equal(lmdb_rows(f), 0);
}

/* -- a damaged file ------------------------------------------------------------------------------
 */

/* Makes the mark of the only long key lead to LAYER. */
static void bend_mark(struct fixture *f, uint8_t layer)
{
    MDB_cursor *cursor;
    MDB_val key, row;
    uint8_t number[4] = { 0, 0, 0, layer };
    must(mdb_cursor_open(f->map.txn, f->map.dbi, &cursor));
    must(mdb_cursor_get(cursor, &key, &row, MDB_FIRST));
    assert_int_equal(key.mv_size, LAYER_KEY_MAX);
    row = (MDB_val){ .mv_size = 4, .mv_data = number };
    must(mdb_cursor_put(cursor, &key, &row, MDB_CURRENT));
    mdb_cursor_close(cursor);
}

static void mark_that_leads_back_is_damage_and_no_endless_walk(void **state)
{
    struct fixture *f = *state;
    uint8_t room[KEY_MAX];
    struct layered_cursor c;
    struct bytes key = long_key(room, 1000, 'x'), row;
    put(f, key);
    bend_mark(f, 0);
    assert_int_equal(layered_get(&f->map, key, &row), ERR_DAMAGED);
    assert_int_equal(layered_cursor_open(&f->map, &c), OK);
    assert_int_equal(layered_seek(&c, (struct bytes){ 0 }), ERR_DAMAGED);
    assert_int_equal(layered_seek(&c, key), ERR_DAMAGED);
    assert_int_equal(layered_seek_before(&c, (struct bytes){ 0 }), ERR_DAMAGED);
    layered_cursor_close(&c);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(empty_map_has_no_row),
        T(empty_key_is_a_key_like_any_other),
        T(key_of_one_part_takes_one_row),
        T(longer_keys_share_the_mark_of_their_part),
        T(part_comes_before_what_it_begins),
        T(put_again_replaces_the_row),
        T(removing_what_is_not_there_says_so),
        T(last_key_of_a_layer_takes_its_marks_along),
        T(key_longer_than_eight_layers_comes_and_goes),
        T(random_keys_behave_as_in_a_sorted_list),
        T(mark_that_leads_back_is_damage_and_no_endless_walk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
