/* Pairs and sessions out of a store, and the indexes of what is not there any more. */
#include "catalog/kv_read.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "catalog/key.h"
#include "test/unit/store/stand.h"

static const struct uuid anna = { { 0xaa } }, bert = { { 0xbb } };

static void put(struct stand *s, const char *key, struct bytes value)
{
    struct kv_pair p = { .flags = 5, .lock_index = 6, .session = anna, .value = value };
    struct buf row;
    buf_init(&row, SIZE_MAX / 4);
    kv_pair_write(&p, &row);
    entries_put(&s->entries, SPACE_CONSUL_KV, bytes_str(key), buf_bytes(&row), 0);
    assert_int_equal(stand_apply(s)->err, OK);
    buf_fini(&row);
}

static void remove_key(struct stand *s, const char *key)
{
    entries_remove(&s->entries, SPACE_CONSUL_KV, bytes_str(key), bytes_str(""));
    assert_int_equal(stand_apply(s)->err, OK);
}

static uint64_t index_of(struct stand *s, const char *key, enum err expected)
{
    struct kv_entry e;
    uint64_t index = 0;
    assert_int_equal(kv_entry_read(s->view, bytes_str(key), &s->arena, &e, &index), expected);
    return index;
}

static struct kv_entries tree(struct stand *s, const char *prefix, bool keys_only,
                              uint64_t *ret_index)
{
    struct kv_entries all;
    struct kv_walk *w = kv_walk_new(bytes_str(prefix), keys_only);
    bool done;
    assert_int_equal(kv_walk_index(w, s->view, UINT64_MAX, &done, ret_index), OK);
    assert_true(done);
    assert_int_equal(kv_walk_read(w, s->view, UINT64_MAX, UINT64_MAX, &s->arena, &all, &done), OK);
    assert_true(done);
    kv_walk_free(w);
    return all;
}

static void pair_has_the_index_of_its_last_change(void **state)
{
    struct stand *s = *state;
    struct kv_entry e;
    uint64_t index;
    put(s, "k", bytes_str("v"));
    put(s, "k", bytes_str("w"));
    put(s, "other", bytes_str("x"));
    assert_int_equal(kv_entry_read(s->view, bytes_str("k"), &s->arena, &e, &index), OK);
    assert_int_equal(index, 3);
    assert_int_equal(e.create, 2);
    assert_int_equal(e.modify, 3);
    assert_true(bytes_is(e.pair.value, "w") && e.pair.flags == 5 && e.pair.lock_index == 6);
    assert_true(uuid_eq(&e.pair.session, &anna));
}

static void pair_that_is_not_there_has_the_index_of_all(void **state)
{
    struct stand *s = *state;
    assert_int_equal(index_of(s, "k", ERR_NOT_FOUND), 1);
    put(s, "k", bytes_str("v"));
    put(s, "other", bytes_str("v"));
    assert_int_equal(index_of(s, "none", ERR_NOT_FOUND), 3);
    remove_key(s, "k");
    assert_int_equal(index_of(s, "k", ERR_NOT_FOUND), 4);
}

static void tree_is_all_that_begins_alike_in_order(void **state)
{
    struct stand *s = *state;
    static uint8_t longest[KV_VALUE_MAX];
    uint64_t index;
    put(s, "a/b", bytes_str("2"));
    put(s, "a/", bytes_of(longest, sizeof longest));
    put(s, "a", bytes_str("1"));
    put(s, "a0", bytes_str("3"));
    struct kv_entries all = tree(s, "a/", false, &index);
    assert_int_equal(all.n, 2);
    assert_true(bytes_is(all.all[0].key, "a/") && bytes_is(all.all[1].key, "a/b"));
    assert_int_equal(all.all[0].pair.value.n, sizeof longest);
    assert_int_equal(all.all[1].modify, 2);
    assert_int_equal(index, 3);
    assert_int_equal(tree(s, "", false, &index).n, 4);
    assert_int_equal(index, 5);
    struct kv_entries keys = tree(s, "a", true, &index);
    assert_int_equal(keys.n, 4);
    assert_int_equal(keys.all[1].pair.value.n, 0);
}

static void tree_has_the_index_of_what_was_removed_from_it(void **state)
{
    struct stand *s = *state;
    uint64_t index;
    put(s, "a/b", bytes_str("v"));
    put(s, "a/c", bytes_str("v"));
    remove_key(s, "a/c");
    put(s, "z", bytes_str("v"));
    assert_int_equal(tree(s, "a/", false, &index).n, 1);
    assert_int_equal(index, 4);
    assert_int_equal(tree(s, "none", false, &index).n, 0);
    assert_int_equal(index, 5); /* of all pairs */
    remove_key(s, "z");
    tree(s, "", true, &index);
    assert_int_equal(index, 6);
}

static void tree_in_steps_is_the_same_with_the_same_index(void **state)
{
    struct stand *s = *state;
    struct kv_entries part;
    uint64_t index, steps = 0;
    size_t n = 0;
    char key[8];
    bool done;
    for (int i = 0; i < 10; i++) {
        snprintf(key, sizeof key, "a/%d", i);
        put(s, key, bytes_str("v"));
    }
    remove_key(s, "a/3");
    put(s, "b", bytes_str("v"));
    struct kv_walk *w = kv_walk_new(bytes_str("a/"), false);
    do {
        assert_int_equal(kv_walk_index(w, s->view, 3, &done, &index), OK);
        steps++;
    } while (!done);
    assert_int_equal(steps, 4); /* of 3, 3, 3 and one */
    assert_int_equal(index, 12);
    for (steps = 0, done = false; !done; steps++) {
        assert_int_equal(kv_walk_read(w, s->view, 3, UINT64_MAX, &s->arena, &part, &done), OK);
        assert_true(part.n <= 3);
        for (size_t i = 0; i < part.n; i++, n++) {
            snprintf(key, sizeof key, "a/%zu", n < 3 ? n : n + 1);
            assert_true(bytes_is(part.all[i].key, key));
            assert_true(bytes_is(part.all[i].pair.value, "v"));
        }
    }
    assert_int_equal(steps, 4); /* what was removed is looked at too */
    assert_int_equal(n, 9);
    kv_walk_free(w);
}

static void step_ends_at_its_bytes_and_gives_one_pair_at_least(void **state)
{
    struct stand *s = *state;
    struct kv_entries part;
    bool done;
    put(s, "a", bytes_str("a value that is longer than a step"));
    put(s, "b", bytes_str("v"));
    struct kv_walk *w = kv_walk_new(bytes_str(""), false);
    assert_int_equal(kv_walk_read(w, s->view, 9, 1, &s->arena, &part, &done), OK);
    assert_true(part.n == 1 && bytes_is(part.all[0].key, "a") && !done);
    assert_int_equal(kv_walk_read(w, s->view, 9, 1, &s->arena, &part, &done), OK);
    assert_true(part.n == 1 && bytes_is(part.all[0].key, "b") && done);
    kv_walk_free(w);
}

static void row_that_is_damaged_is_said_so(void **state)
{
    struct stand *s = *state;
    struct kv_entries all;
    bool done;
    struct kv_walk *w = kv_walk_new(bytes_str("k"), false);
    entries_put(&s->entries, SPACE_CONSUL_KV, bytes_str("k"), bytes_str("\1"), 0);
    stand_apply(s);
    index_of(s, "k", ERR_DAMAGED);
    assert_int_equal(kv_walk_read(w, s->view, 9, 9, &s->arena, &all, &done), ERR_DAMAGED);
    kv_walk_free(w);
    entries_put(&s->entries, SPACE_CONSUL_KV, bytes_str("k"), bytes_str("\2"), 0);
    stand_apply(s);
    index_of(s, "k", ERR_VERSION);
}

static void put_session(struct stand *s, const char *ns, const struct uuid *id, int64_t lease)
{
    struct session session = { .node = bytes_str("n"), .name = bytes_str("name") };
    struct buf key, row;
    buf_init(&key, 1024);
    buf_init(&row, SESSION_MAX);
    session_key(bytes_str(ns), id, &key);
    s->entries.origin.face = FACE_CONSUL;
    session_write(&session, &row);
    entries_put(&s->entries, SPACE_CATALOG, buf_bytes(&key), buf_bytes(&row), lease);
    assert_int_equal(stand_apply(s)->err, OK);
    buf_fini(&key);
    buf_fini(&row);
}

static void sessions_of_a_namespace_are_read_in_order(void **state)
{
    struct stand *s = *state;
    struct session_entries all;
    struct session_entry e;
    assert_int_equal(stand_grant(s, 7, FACE_CONSUL), OK);
    put_session(s, "ns", &bert, 7);
    put_session(s, "ns", &anna, 0);
    put_session(s, "ns2", &anna, 0);
    assert_int_equal(sessions_read(s->view, bytes_str("ns"), &s->arena, &all), OK);
    assert_int_equal(all.n, 2);
    assert_true(uuid_eq(&all.all[0].id, &anna) && uuid_eq(&all.all[1].id, &bert));
    assert_int_equal(all.all[1].lease, 7);
    assert_int_equal(all.all[1].create, 2);
    assert_true(bytes_is(all.all[1].session.name, "name"));
    assert_int_equal(session_entry_read(s->view, bytes_str("ns"), &bert, &s->arena, &e), OK);
    assert_int_equal(e.modify, 2);
    assert_int_equal(session_entry_read(s->view, bytes_str("ns2"), &bert, &s->arena, &e),
                     ERR_NOT_FOUND);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, stand_set_up, stand_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(pair_has_the_index_of_its_last_change),
        TEST(pair_that_is_not_there_has_the_index_of_all),
        TEST(tree_is_all_that_begins_alike_in_order),
        TEST(tree_has_the_index_of_what_was_removed_from_it),
        TEST(tree_in_steps_is_the_same_with_the_same_index),
        TEST(step_ends_at_its_bytes_and_gives_one_pair_at_least),
        TEST(row_that_is_damaged_is_said_so),
        TEST(sessions_of_a_namespace_are_read_in_order),
    };
    return cmocka_run_group_tests_name("kv_read", tests, NULL, NULL);
}
