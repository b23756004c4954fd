/* The vectors of the function's authors: key 00 01 .. 0f, input 00 01 .. */
#include "base/siphash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct siphash_key key = { { 0x0706050403020100, 0x0f0e0d0c0b0a0908 } };

static uint64_t hash_of(size_t n)
{
    uint8_t input[64];
    for (size_t i = 0; i < sizeof(input); i++)
        input[i] = (uint8_t)i;
    return siphash(&key, bytes_of(input, n));
}

static void vectors_agree(void **state)
{
    assert_true(hash_of(0) == 0x726fdb47dd0e0e31);
    assert_true(hash_of(1) == 0x74f839c593dc67fd);
    assert_true(hash_of(8) == 0x93f5f5799a932462);
    assert_true(hash_of(15) == 0xa129ca6149be45e5);
}

static void nothing_may_be_null(void **state)
{
    assert_true(siphash(&key, (struct bytes){ 0 }) == hash_of(0));
}

static void key_decides(void **state)
{
    const struct siphash_key other = { { 0x0706050403020101, 0x0f0e0d0c0b0a0908 } };
    assert_true(siphash(&other, (struct bytes){ 0 }) != hash_of(0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_agree),
        cmocka_unit_test(nothing_may_be_null),
        cmocka_unit_test(key_decides),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
