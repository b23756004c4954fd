#include "access/sha256.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* FIPS 180-2, appendix B. */
#define OF_ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define OF_NOTHING "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static void known_sums_are_made(void **state)
{
    char sum[SHA256_TEXT];
    sha256_of(bytes_str("abc"), sum);
    assert_string_equal(sum, OF_ABC);
    sha256_of((struct bytes){ 0 }, sum);
    assert_string_equal(sum, OF_NOTHING);
}

static void pieces_make_the_sum_of_the_whole(void **state)
{
    char sum[SHA256_TEXT];
    struct sha256 *s = sha256_new();
    sha256_add(s, bytes_str("a"));
    sha256_add(s, bytes_str(""));
    sha256_add(s, bytes_str("bc"));
    sha256_end(s, sum);
    assert_string_equal(sum, OF_ABC);
    sha256_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_sums_are_made),
        cmocka_unit_test(pieces_make_the_sum_of_the_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
