#include "net/grpc_frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdlib.h>

static const uint8_t whole[] = { 1, 0, 0, 0, 3, 'a', 'b', 'c', 0, 0 };

static void message_is_read(void **state)
{
    struct grpc_frame f;
    assert_int_equal(grpc_frame_read(bytes_of(whole, sizeof(whole)), 3, &f), OK);
    assert_int_equal(f.flag, 1);
    assert_int_equal(f.length, 3);
    assert_int_equal(f.whole_n, 8);
    assert_true(bytes_is(f.payload, "abc"));
}

static void cut_at_every_byte_it_asks_for_more(void **state)
{
    for (size_t n = 0; n < 8; n++) {
        uint8_t *p = malloc(n + (n == 0)); /* of its own, so that a read past its end is seen */
        struct grpc_frame f;
        memcpy(p, whole, n);
        assert_int_equal(grpc_frame_read(bytes_of(p, n), 3, &f), ERR_TRUNCATED);
        assert_int_equal(f.whole_n, n < GRPC_PREFIX ? GRPC_PREFIX : 8);
        free(p);
    }
}

static void length_is_checked_before_the_bytes_are_there(void **state)
{
    struct grpc_frame f;
    assert_int_equal(grpc_frame_read(bytes_of(whole, GRPC_PREFIX), 2, &f), ERR_TOO_BIG);
    assert_int_equal(f.length, 3);
}

static void largest_length_is_read_unsigned(void **state)
{
    static const uint8_t most[] = { 0, 0xff, 0xff, 0xff, 0xff };
    struct grpc_frame f;
    assert_int_equal(grpc_frame_read(bytes_of(most, sizeof(most)), 1 << 20, &f), ERR_TOO_BIG);
    assert_int_equal(f.length, UINT32_MAX);
    assert_int_equal(grpc_frame_read(bytes_of(most, sizeof(most)), UINT32_MAX, &f), ERR_TRUNCATED);
    assert_int_equal(f.whole_n, (size_t)UINT32_MAX + GRPC_PREFIX);
}

static void other_flags_are_refused(void **state)
{
    for (unsigned flag = 2; flag < 256; flag++) {
        const uint8_t head[] = { (uint8_t)flag, 0, 0, 0, 0 };
        struct grpc_frame f;
        assert_int_equal(grpc_frame_read(bytes_of(head, sizeof(head)), 3, &f), ERR_MALFORMED);
        assert_int_equal(f.flag, flag);
    }
}

static void written_prefix_is_read_back(void **state)
{
    static const size_t lengths[] = { 0, 1, 255, 256, 65536, 16777216, UINT32_MAX };
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        uint8_t head[GRPC_PREFIX];
        struct grpc_frame f;
        grpc_frame_write_prefix(head, 1, lengths[i]);
        enum err e = grpc_frame_read(bytes_of(head, sizeof(head)), UINT32_MAX, &f);
        assert_int_equal(e, lengths[i] == 0 ? OK : ERR_TRUNCATED);
        assert_int_equal(f.flag, 1);
        assert_int_equal(f.length, lengths[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(message_is_read),
        cmocka_unit_test(cut_at_every_byte_it_asks_for_more),
        cmocka_unit_test(length_is_checked_before_the_bytes_are_there),
        cmocka_unit_test(largest_length_is_read_unsigned),
        cmocka_unit_test(other_flags_are_refused),
        cmocka_unit_test(written_prefix_is_read_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
