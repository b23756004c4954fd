#include "base/rd.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/buf.h"

static void what_buf_puts_is_read_back(void **state)
{
    struct buf b;
    struct rd r;
    buf_init(&b, 100);
    buf_put_u8(&b, 0xab);
    buf_put_u16(&b, 0xabcd);
    buf_put_u32(&b, 0x89abcdef);
    buf_put_u64(&b, 0x89abcdef01234567);
    buf_put_run(&b, bytes_str("run"));
    rd_init(&r, buf_bytes(&b));
    assert_int_equal(rd_u8(&r), 0xab);
    assert_int_equal(rd_u16(&r), 0xabcd);
    assert_int_equal(rd_u32(&r), 0x89abcdef);
    assert_true(rd_u64(&r) == 0x89abcdef01234567);
    assert_true(bytes_is(rd_run(&r), "run"));
    assert_int_equal(rd_end(&r), OK);
    buf_fini(&b);
}

static void big_endian_has_its_own_readers(void **state)
{
    static const uint8_t text[] = { 1, 2, 3, 4, 0xf1, 2, 3, 4, 5, 6, 7, 8 };
    struct rd r;
    rd_init(&r, bytes_of(text, sizeof text));
    assert_int_equal(rd_be32(&r), 0x01020304);
    assert_true(rd_be64(&r) == 0xf102030405060708);
    assert_int_equal(rd_end(&r), OK);
}

static void a_message_cut_at_every_byte_is_truncated(void **state)
{
    struct buf b;
    buf_init(&b, 100);
    buf_put_u8(&b, 1);
    buf_put_run(&b, bytes_str("payload"));
    buf_put_u64(&b, 9);
    for (size_t cut = 0; cut < b.n; cut++) {
        struct rd r;
        rd_init(&r, bytes_of(b.p, cut));
        rd_u8(&r);
        rd_run(&r);
        rd_u64(&r);
        assert_int_equal(rd_end(&r), ERR_TRUNCATED);
    }
    buf_fini(&b);
}

static void after_a_failure_reads_give_nothing_and_move_nothing(void **state)
{
    struct rd r;
    rd_init(&r, bytes_str("abc"));
    assert_int_equal(rd_u64(&r), 0);
    assert_int_equal(r.err, ERR_TRUNCATED);
    assert_int_equal(rd_u8(&r), 0); /* there would be three */
    assert_int_equal(rd_take(&r, 1).n, 0);
    assert_int_equal(r.left.n, 3);
}

static void the_first_error_stays(void **state)
{
    struct rd r;
    rd_init(&r, bytes_str(""));
    rd_fail(&r, ERR_VERSION);
    rd_fail(&r, ERR_DAMAGED);
    rd_u8(&r);
    assert_int_equal(rd_end(&r), ERR_VERSION);
}

static void what_is_left_over_is_malformed(void **state)
{
    struct rd r;
    rd_init(&r, bytes_str("ab"));
    rd_u8(&r);
    assert_int_equal(rd_end(&r), ERR_MALFORMED);
}

static void a_run_longer_than_the_rest_is_truncated(void **state)
{
    static const uint8_t text[] = { 0xff, 0xff, 0xff, 0xff, 'a' };
    struct rd r;
    rd_init(&r, bytes_of(text, sizeof text));
    assert_int_equal(rd_run(&r).n, 0);
    assert_int_equal(r.err, ERR_TRUNCATED);
}

static void taking_nothing_succeeds_at_the_end(void **state)
{
    struct rd r;
    rd_init(&r, (struct bytes){ 0 });
    assert_int_equal(rd_take(&r, 0).n, 0);
    assert_int_equal(rd_end(&r), OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_buf_puts_is_read_back),
        cmocka_unit_test(big_endian_has_its_own_readers),
        cmocka_unit_test(a_message_cut_at_every_byte_is_truncated),
        cmocka_unit_test(after_a_failure_reads_give_nothing_and_move_nothing),
        cmocka_unit_test(the_first_error_stays),
        cmocka_unit_test(what_is_left_over_is_malformed),
        cmocka_unit_test(a_run_longer_than_the_rest_is_truncated),
        cmocka_unit_test(taking_nothing_succeeds_at_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
