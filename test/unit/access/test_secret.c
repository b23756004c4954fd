#include "access/secret.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void equal_means_every_byte(void **state)
{
    assert_true(secret_eq(bytes_str(""), (struct bytes){ 0 }));
    assert_true(secret_eq(bytes_str("abc"), bytes_str("abc")));
    assert_false(secret_eq(bytes_str("abc"), bytes_str("abd")));
    assert_false(secret_eq(bytes_str("abc"), bytes_str("xbc")));
    assert_false(secret_eq(bytes_str("abc"), bytes_str("abcd")));
    assert_false(secret_eq(bytes_str(""), bytes_str("a")));
    assert_true(secret_eq(bytes_of("a\0b", 3), bytes_of("a\0b", 3)));
    assert_false(secret_eq(bytes_of("a\0b", 3), bytes_of("a\0c", 3)));
}

static void wiped_bytes_are_zero(void **state)
{
    char secret[16] = "hunter2", zero[16] = { 0 };
    secret_wipe(secret, sizeof secret);
    assert_memory_equal(secret, zero, sizeof zero);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_means_every_byte),
        cmocka_unit_test(wiped_bytes_are_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
