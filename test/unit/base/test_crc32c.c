#include "base/crc32c.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "test/lib/dice.h"

/* RFC 3720 B.4, and the usual check value. */
static void known_values_are_met(void **state)
{
    uint8_t zeros[32] = { 0 }, ones[32], rising[32];
    memset(ones, 0xff, sizeof ones);
    for (size_t i = 0; i < sizeof rising; i++)
        rising[i] = (uint8_t)i;
    assert_int_equal(crc32c(0, bytes_of(zeros, 32)), 0x8a9136aa);
    assert_int_equal(crc32c(0, bytes_of(ones, 32)), 0x62a8ab43);
    assert_int_equal(crc32c(0, bytes_of(rising, 32)), 0x46dd794e);
    assert_int_equal(crc32c(0, bytes_str("123456789")), 0xe3069283);
}

static void nothing_keeps_the_seed(void **state)
{
    assert_int_equal(crc32c(0, (struct bytes){ 0 }), 0);
    assert_int_equal(crc32c(0xdeadbeef, (struct bytes){ 0 }), 0xdeadbeef);
    assert_int_equal(crc32c_portable(0xdeadbeef, (struct bytes){ 0 }), 0xdeadbeef);
}

static void the_instruction_and_the_table_agree_at_every_length_and_offset(void **state)
{
    uint8_t text[160];
    struct dice dice = dice_of(7, 0);
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (uint8_t)dice_u64(&dice);
    for (size_t from = 0; from < 16; from++)
        for (size_t n = 0; from + n <= sizeof text; n++) {
            struct bytes part = bytes_of(text + from, n);
            assert_int_equal(crc32c((uint32_t)n, part), crc32c_portable((uint32_t)n, part));
        }
}

static void a_text_cut_anywhere_chains_to_the_same(void **state)
{
    const char *text = "a lease that has lapsed stays until its revoke commits";
    uint32_t whole = crc32c(0, bytes_str(text));
    for (size_t cut = 0; cut <= strlen(text); cut++) {
        uint32_t first = crc32c(0, bytes_of(text, cut));
        assert_int_equal(crc32c(first, bytes_str(text + cut)), whole);
    }
}

static void one_flipped_bit_is_seen(void **state)
{
    uint8_t text[64] = { 1, 2, 3 };
    uint32_t whole = crc32c(0, bytes_of(text, sizeof text));
    for (size_t bit = 0; bit < sizeof text * 8; bit++) {
        text[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_not_equal(crc32c(0, bytes_of(text, sizeof text)), whole);
        text[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_values_are_met),
        cmocka_unit_test(nothing_keeps_the_seed),
        cmocka_unit_test(the_instruction_and_the_table_agree_at_every_length_and_offset),
        cmocka_unit_test(a_text_cut_anywhere_chains_to_the_same),
        cmocka_unit_test(one_flipped_bit_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
