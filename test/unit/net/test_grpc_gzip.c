#include "net/grpc_gzip.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdlib.h>

static struct buf packed, plain;

static int set_up(void **state)
{
    buf_init(&packed, 64 << 20);
    buf_init(&plain, 1 << 20);
    return 0;
}

static int tear_down(void **state)
{
    buf_fini(&packed);
    buf_fini(&plain);
    return 0;
}

static void pack(const char *text)
{
    assert_int_equal(grpc_gzip(bytes_str(text), &packed), OK);
}

static void text_comes_back(void **state)
{
    pack("abcabcabcabcabc");
    assert_int_equal(grpc_gunzip(buf_bytes(&packed), &plain), OK);
    assert_true(bytes_is(buf_bytes(&plain), "abcabcabcabcabc"));
}

static void nothing_comes_back_as_nothing(void **state)
{
    pack("");
    assert_int_equal(grpc_gunzip(buf_bytes(&packed), &plain), OK);
    assert_int_equal(plain.n, 0);
}

static void result_is_appended(void **state)
{
    buf_put_str(&packed, "head");
    pack("abc");
    buf_put_str(&plain, "x");
    assert_int_equal(grpc_gunzip(bytes_skip(buf_bytes(&packed), 4), &plain), OK);
    assert_true(bytes_is(buf_bytes(&plain), "xabc"));
}

static void pieces_are_one_file(void **state)
{
    static uint8_t noise[100000];
    uint32_t x = 1;
    for (size_t i = 0; i < sizeof noise; i++)
        noise[i] = (uint8_t)((x = x * 1664525 + 1013904223) >> 24);
    struct gzip_writer *w = gzip_writer_new();
    assert_int_equal(gzip_writer_put(w, bytes_str("begin"), false, &packed), OK);
    assert_int_equal(gzip_writer_put(w, bytes_str(""), false, &packed), OK);
    assert_int_equal(gzip_writer_put(w, bytes_of(noise, sizeof noise), false, &packed), OK);
    assert_int_equal(gzip_writer_put(w, bytes_str("end"), true, &packed), OK);
    gzip_writer_free(w);
    assert_int_equal(grpc_gunzip(buf_bytes(&packed), &plain), OK);
    assert_int_equal(plain.n, sizeof noise + 8);
    assert_memory_equal(plain.p + 5, noise, sizeof noise);
    assert_memory_equal(plain.p + 5 + sizeof noise, "end", 3);
    for (size_t i = 1; i + 1 < packed.n; i++) /* a second member would begin so */
        assert_false(packed.p[i] == 0x1f && packed.p[i + 1] == 0x8b && packed.p[i + 2] == 8 &&
                     packed.p[i + 3] == 0);
}

static void pieces_that_do_not_fit_are_too_big(void **state)
{
    static const uint8_t text[] = "0123456789";
    struct gzip_writer *w = gzip_writer_new();
    struct buf small;
    buf_init(&small, 12);
    assert_int_equal(gzip_writer_put(w, bytes_of(text, 10), true, &small), ERR_TOO_BIG);
    gzip_writer_free(w);
    buf_fini(&small);
}

static void members_behind_each_other_are_one_text(void **state)
{
    pack("one ");
    pack("two");
    assert_int_equal(grpc_gunzip(buf_bytes(&packed), &plain), OK);
    assert_true(bytes_is(buf_bytes(&plain), "one two"));
}

static void cut_at_every_byte_it_is_truncated(void **state)
{
    pack("some text that is longer than its window of repetition: some text");
    for (size_t n = 0; n < packed.n; n++) {
        uint8_t *p = malloc(n + (n == 0)); /* of its own, so that a read past its end is seen */
        memcpy(p, packed.p, n);
        buf_clear(&plain, 64);
        assert_int_equal(grpc_gunzip(bytes_of(p, n), &plain), ERR_TRUNCATED);
        free(p);
    }
}

static void every_bit_that_flips_is_harmless(void **state)
{
    pack("some text that is longer than its window of repetition: some text");
    for (size_t bit = 0; bit < packed.n * 8; bit++) {
        packed.p[bit / 8] ^= (uint8_t)(1U << bit % 8);
        buf_clear(&plain, 64);
        enum err e = grpc_gunzip(buf_bytes(&packed), &plain);
        assert_true(e == OK || e == ERR_MALFORMED || e == ERR_TRUNCATED || e == ERR_TOO_BIG);
        packed.p[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
}

static void pack_zeroes(size_t n)
{
    uint8_t *zeroes = calloc(1, n);
    assert_int_equal(grpc_gzip(bytes_of(zeroes, n), &packed), OK);
    free(zeroes);
}

static void bomb_stops_at_the_limit(void **state)
{
    enum { LIMIT = 100000, BOMB = 16 << 20 };
    pack_zeroes(BOMB);
    assert_true(packed.n < BOMB / 100);
    buf_fini(&plain);
    buf_init(&plain, LIMIT);
    assert_int_equal(grpc_gunzip(buf_bytes(&packed), &plain), ERR_TOO_BIG);
    assert_true(plain.room <= LIMIT);
}

static void limit_itself_fits_and_one_more_does_not(void **state)
{
    enum { LIMIT = 100000 };
    buf_fini(&plain);
    buf_init(&plain, LIMIT);
    pack_zeroes(LIMIT);
    assert_int_equal(grpc_gunzip(buf_bytes(&packed), &plain), OK);
    assert_int_equal(plain.n, LIMIT);
    buf_clear(&packed, 0);
    buf_clear(&plain, 0);
    pack_zeroes(LIMIT + 1);
    assert_int_equal(grpc_gunzip(buf_bytes(&packed), &plain), ERR_TOO_BIG);
}

static void packing_more_than_fits_is_refused(void **state)
{
    buf_fini(&packed);
    buf_init(&packed, 8);
    assert_int_equal(grpc_gzip(bytes_str("abc"), &packed), ERR_TOO_BIG);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(text_comes_back),
        TEST(nothing_comes_back_as_nothing),
        TEST(result_is_appended),
        TEST(pieces_are_one_file),
        TEST(pieces_that_do_not_fit_are_too_big),
        TEST(members_behind_each_other_are_one_text),
        TEST(cut_at_every_byte_it_is_truncated),
        TEST(every_bit_that_flips_is_harmless),
        TEST(bomb_stops_at_the_limit),
        TEST(limit_itself_fits_and_one_more_does_not),
        TEST(packing_more_than_fits_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
