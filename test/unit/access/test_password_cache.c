#include "access/password_cache.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

static const uint8_t key[PASSWORD_CACHE_KEY_BYTES] = "a key of thirty-two bytes, or so";

static bool holds(struct password_cache *c, const char *user, const char *password,
                  const char *hash)
{
    return password_cache_holds(c, bytes_str(user), bytes_str(password), bytes_str(hash));
}

static void add(struct password_cache *c, const char *user, const char *password, const char *hash)
{
    password_cache_add(c, bytes_str(user), bytes_str(password), bytes_str(hash));
}

static void just_what_was_added_is_held(void **state)
{
    struct password_cache *c = password_cache_new(64, key);
    assert_false(holds(c, "u", "p", "h"));
    add(c, "u", "p", "h");
    assert_true(holds(c, "u", "p", "h"));
    assert_false(holds(c, "v", "p", "h"));
    assert_false(holds(c, "u", "q", "h"));
    assert_false(holds(c, "u", "p", "i")); /* the password was changed */
    assert_false(holds(c, "u", "", "h"));
    password_cache_free(c);
}

static void nothing_moves_from_one_part_to_the_next(void **state)
{
    struct password_cache *c = password_cache_new(64, key);
    add(c, "ab", "c", "h");
    assert_false(holds(c, "a", "bc", "h"));
    assert_false(holds(c, "abc", "", "h"));
    assert_false(holds(c, "ab", "", "ch"));
    password_cache_free(c);
}

static void four_are_held_and_the_fifth_displaces_the_least_recent(void **state)
{
    struct password_cache *c = password_cache_new(4, key); /* one set */
    static const char *const users[] = { "a", "b", "c", "d" };
    for (size_t i = 0; i < 4; i++)
        add(c, users[i], "p", "h");
    add(c, "d", "p", "h"); /* again: nothing goes */
    for (size_t i = 0; i < 4; i++)
        assert_true(holds(c, users[i], "p", "h"));
    assert_true(holds(c, "a", "p", "h")); /* "b" is now the least recent */
    add(c, "e", "p", "h");
    assert_false(holds(c, "b", "p", "h"));
    assert_true(holds(c, "a", "p", "h"));
    assert_true(holds(c, "c", "p", "h"));
    assert_true(holds(c, "d", "p", "h"));
    assert_true(holds(c, "e", "p", "h"));
    password_cache_free(c);
}

static void no_more_are_held_than_there_is_room_for(void **state)
{
    struct password_cache *c = password_cache_new(61, key); /* 64 */
    size_t held = 0;
    char user[16];
    for (int i = 0; i < 1000; i++) {
        snprintf(user, sizeof user, "u%d", i);
        add(c, user, "p", "h");
        assert_true(holds(c, user, "p", "h"));
    }
    for (int i = 0; i < 1000; i++) {
        snprintf(user, sizeof user, "u%d", i);
        held += holds(c, user, "p", "h");
    }
    assert_int_equal(held, 64);
    password_cache_free(c);
}

static void cache_without_room_has_one_set(void **state)
{
    struct password_cache *c = password_cache_new(0, key);
    add(c, "u", "p", "h");
    assert_true(holds(c, "u", "p", "h"));
    password_cache_free(c);
    password_cache_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(just_what_was_added_is_held),
        cmocka_unit_test(nothing_moves_from_one_part_to_the_next),
        cmocka_unit_test(four_are_held_and_the_fifth_displaces_the_least_recent),
        cmocka_unit_test(no_more_are_held_than_there_is_room_for),
        cmocka_unit_test(cache_without_room_has_one_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
