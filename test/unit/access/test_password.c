#include "access/password.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static const uint8_t salt[PASSWORD_SALT_BYTES] = "0123456789abcde";

static const char letters72[] =
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

static void known_hashes_are_verified(void **state)
{
    static const struct {
        const char *password, *hash;
    } rows[] = {
        { "", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy" },
        { "U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW" },
        { "U*U*", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK" },
        { "U*U*U", "$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a" },
        { "U*U", "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW" },
        { "U*U", "$2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW" },
        { letters72, "$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui" },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_int_equal(password_verify(bytes_str(rows[i].password), bytes_str(rows[i].hash)), OK);
        assert_int_equal(password_verify(bytes_str("wrong"), bytes_str(rows[i].hash)),
                         ERR_UNAUTHENTICATED);
    }
}

static void what_was_hashed_is_verified_and_nothing_else(void **state)
{
    static const char *const passwords[] = { "", "hunter2", "p\xc3\xa4ss", letters72 };
    char hash[PASSWORD_HASH_BYTES + 1];
    for (size_t i = 0; i < ARRAY_LEN(passwords); i++) {
        assert_int_equal(password_hash(bytes_str(passwords[i]), 4, salt, hash), OK);
        assert_memory_equal(hash, "$2a$04$", 7);
        assert_int_equal(strlen(hash), PASSWORD_HASH_BYTES);
        for (size_t k = 0; k < ARRAY_LEN(passwords); k++)
            assert_int_equal(password_verify(bytes_str(passwords[k]), bytes_str(hash)),
                             i == k ? OK : ERR_UNAUTHENTICATED);
    }
}

static void another_salt_makes_another_hash(void **state)
{
    static const uint8_t other[PASSWORD_SALT_BYTES] = "0123456789abcdf";
    char a[PASSWORD_HASH_BYTES + 1], b[PASSWORD_HASH_BYTES + 1];
    assert_int_equal(password_hash(bytes_str("x"), 4, salt, a), OK);
    assert_int_equal(password_hash(bytes_str("x"), 4, other, b), OK);
    assert_string_not_equal(a, b);
}

static void password_of_72_bytes_is_taken_and_73_refused(void **state)
{
    char hash[PASSWORD_HASH_BYTES + 1] = "untouched", longer[PASSWORD_BYTES_MAX + 2];
    memset(longer, 'x', sizeof longer);
    assert_int_equal(password_hash(bytes_of(longer, 73), 4, salt, hash), ERR_TOO_BIG);
    assert_string_equal(hash, "untouched");
    assert_int_equal(password_hash(bytes_of(longer, 72), 4, salt, hash), OK);
    assert_int_equal(password_verify(bytes_of(longer, 72), bytes_str(hash)), OK);
    assert_int_equal(password_verify(bytes_of(longer, 73), bytes_str(hash)), ERR_UNAUTHENTICATED);
    assert_int_equal(password_verify(bytes_of(longer, 71), bytes_str(hash)), ERR_UNAUTHENTICATED);
}

static void password_with_a_nul_has_no_hash(void **state)
{
    char hash[PASSWORD_HASH_BYTES + 1];
    assert_int_equal(password_hash(bytes_of("a\0b", 3), 4, salt, hash), ERR_INVALID);
    assert_int_equal(password_hash(bytes_str("a"), 4, salt, hash), OK);
    assert_int_equal(password_verify(bytes_of("a\0b", 3), bytes_str(hash)), ERR_UNAUTHENTICATED);
}

static void cost_is_4_to_14_in_what_is_made_and_what_is_read(void **state)
{
    char hash[PASSWORD_HASH_BYTES + 1];
    assert_int_equal(password_hash(bytes_str("x"), 3, salt, hash), ERR_INVALID);
    assert_int_equal(password_hash(bytes_str("x"), 15, salt, hash), ERR_INVALID);
    assert_int_equal(password_hash(bytes_str("x"), 4, salt, hash), OK);
    assert_int_equal(password_hash(bytes_str("x"), 14, salt, hash), OK);
    assert_memory_equal(hash, "$2a$14$", 7);
    hash[5] = '5';
    assert_int_equal(password_verify(bytes_str("x"), bytes_str(hash)), ERR_INVALID);
    memcpy(hash + 4, "03", 2);
    assert_int_equal(password_verify(bytes_str("x"), bytes_str(hash)), ERR_INVALID);
    memcpy(hash + 4, "31", 2);
    assert_int_equal(password_verify(bytes_str("x"), bytes_str(hash)), ERR_INVALID);
}

static void what_is_no_bcrypt_hash_is_refused(void **state)
{
    static const char *const hashes[] = {
        "",
        "x",
        "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOe",
        "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeWW",
        "$2x$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
        "$1a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
        "$2a$5$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeWW",
        "$2a$0x$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
        "$2a$05$CCCCCCCCCCCC:CCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
        "$6$rounds=1000$CCCCCCCCCCCCCCCC$CCCCCCCCCCCCCCCCCCCCCCCCCCCC",
    };
    for (size_t i = 0; i < ARRAY_LEN(hashes); i++)
        assert_int_equal(password_verify(bytes_str("U*U"), bytes_str(hashes[i])), ERR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_hashes_are_verified),
        cmocka_unit_test(what_was_hashed_is_verified_and_nothing_else),
        cmocka_unit_test(another_salt_makes_another_hash),
        cmocka_unit_test(password_of_72_bytes_is_taken_and_73_refused),
        cmocka_unit_test(password_with_a_nul_has_no_hash),
        cmocka_unit_test(cost_is_4_to_14_in_what_is_made_and_what_is_read),
        cmocka_unit_test(what_is_no_bcrypt_hash_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
