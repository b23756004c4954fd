#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/mem.h"

static void what_is_put_stands_in_order(void **state)
{
    struct buf b;
    buf_init(&b, 100);
    buf_put_str(&b, "ab");
    buf_put_u8(&b, 'c');
    buf_put(&b, "de", 2);
    buf_put_bytes(&b, bytes_str("f"));
    buf_printf(&b, "%d-%s", 7, "x");
    assert_true(bytes_is(buf_bytes(&b), "abcdef7-x"));
    buf_fini(&b);
}

static void numbers_are_little_endian(void **state)
{
    static const uint8_t wanted[] = { 2, 1, 4, 3, 2, 1, 8, 7, 6, 5, 4, 3, 2, 1 };
    struct buf b;
    buf_init(&b, 100);
    buf_put_u16(&b, 0x0102);
    buf_put_u32(&b, 0x01020304);
    buf_put_u64(&b, 0x0102030405060708);
    assert_int_equal(b.n, sizeof wanted);
    assert_memory_equal(b.p, wanted, sizeof wanted);
    buf_fini(&b);
}

static void exactly_the_maximum_fits(void **state)
{
    struct buf b;
    buf_init(&b, 3);
    buf_put_str(&b, "abc");
    assert_int_equal(buf_err(&b), OK);
    assert_true(bytes_is(buf_bytes(&b), "abc"));
    buf_fini(&b);
}

static void past_the_maximum_nothing_more_is_taken(void **state)
{
    struct buf b;
    buf_init(&b, 4);
    buf_put_str(&b, "ab");
    buf_put_str(&b, "cde");
    buf_put_str(&b, "f"); /* would fit, but half a message is worse than none */
    assert_int_equal(buf_err(&b), ERR_TOO_BIG);
    assert_true(bytes_is(buf_bytes(&b), "ab"));
    buf_fini(&b);
}

static void a_number_is_put_whole_or_not_at_all(void **state)
{
    struct buf b;
    buf_init(&b, 6);
    buf_put_u32(&b, 1);
    buf_put_u32(&b, 2);
    assert_int_equal(b.n, 4);
    assert_int_equal(buf_err(&b), ERR_TOO_BIG);
    buf_fini(&b);
}

static void a_length_that_overflows_is_refused(void **state)
{
    struct buf b;
    buf_init(&b, SIZE_MAX);
    buf_put_str(&b, "abc");
    assert_false(buf_reserve(&b, SIZE_MAX - 1));
    assert_int_equal(buf_err(&b), ERR_TOO_BIG);
    buf_fini(&b);
}

static void growing_keeps_what_was_there(void **state)
{
    struct buf b;
    buf_init(&b, 1 << 20);
    for (unsigned i = 0; i < 10000; i++)
        buf_put_u16(&b, (uint16_t)i);
    for (unsigned i = 0; i < 10000; i++)
        assert_int_equal(b.p[2 * i] | b.p[2 * i + 1] << 8, i);
    buf_fini(&b);
}

static void reserve_uses_nothing(void **state)
{
    struct buf b;
    buf_init(&b, 100);
    assert_true(buf_reserve(&b, 100));
    assert_int_equal(b.n, 0);
    assert_true(b.room >= 100);
    buf_fini(&b);
}

static void long_text_is_printed_whole(void **state)
{
    struct buf b;
    buf_init(&b, 4096);
    buf_put_str(&b, ">");
    buf_printf(&b, "%0*d", 3000, 5);
    assert_int_equal(b.n, 3001);
    assert_int_equal(b.p[3000], '5');
    buf_fini(&b);
}

static void printed_text_may_fill_the_buffer_exactly(void **state)
{
    struct buf b;
    buf_init(&b, 1000);
    buf_printf(&b, "%0*d", 1000, 5);
    assert_int_equal(buf_err(&b), OK);
    assert_int_equal(b.n, 1000);
    buf_fini(&b);
}

static void clear_lets_a_full_buffer_be_used_again(void **state)
{
    struct buf b;
    buf_init(&b, 4);
    buf_put_str(&b, "abcde");
    buf_clear(&b, 100);
    buf_put_str(&b, "xy");
    assert_int_equal(buf_err(&b), OK);
    assert_true(bytes_is(buf_bytes(&b), "xy"));
    buf_fini(&b);
}

static void clear_drops_memory_above_what_is_kept(void **state)
{
    struct buf b;
    buf_init(&b, 1 << 20);
    assert_true(buf_reserve(&b, 100000));
    buf_clear(&b, 1000);
    assert_int_equal(b.room, 0);
    assert_true(buf_reserve(&b, 100));
    size_t room = b.room;
    buf_clear(&b, 1000);
    assert_int_equal(b.room, room);
    buf_fini(&b);
}

static void take_gives_the_bytes_and_leaves_an_empty_buffer(void **state)
{
    struct buf b;
    size_t n;
    buf_init(&b, 10);
    buf_put_str(&b, "abc");
    uint8_t *p = buf_take(&b, &n);
    assert_true(bytes_is(bytes_of(p, n), "abc"));
    mem_free(p);
    assert_int_equal(b.n, 0);
    buf_put_str(&b, "def");
    assert_true(bytes_is(buf_bytes(&b), "def"));
    buf_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_put_stands_in_order),
        cmocka_unit_test(numbers_are_little_endian),
        cmocka_unit_test(exactly_the_maximum_fits),
        cmocka_unit_test(past_the_maximum_nothing_more_is_taken),
        cmocka_unit_test(a_number_is_put_whole_or_not_at_all),
        cmocka_unit_test(a_length_that_overflows_is_refused),
        cmocka_unit_test(growing_keeps_what_was_there),
        cmocka_unit_test(reserve_uses_nothing),
        cmocka_unit_test(long_text_is_printed_whole),
        cmocka_unit_test(printed_text_may_fill_the_buffer_exactly),
        cmocka_unit_test(clear_lets_a_full_buffer_be_used_again),
        cmocka_unit_test(clear_drops_memory_above_what_is_kept),
        cmocka_unit_test(take_gives_the_bytes_and_leaves_an_empty_buffer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
