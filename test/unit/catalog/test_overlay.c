/* The row of an overlay. */
#include "catalog/overlay.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "catalog/identity.h"
#include "catalog/publication.h"
#include "test/lib/codec.h"

static struct label labels[] = { { { (const uint8_t *)"k", 1 }, { (const uint8_t *)"v", 1 } } };

static struct bytes row(const struct overlay *o)
{
    buf_clear(&codec_out, SIZE_MAX);
    overlay_write(o, &codec_out);
    return buf_bytes(&codec_out);
}

static enum err read(struct bytes bytes)
{
    struct overlay back;
    return overlay_read(bytes, &codec_arena, &back);
}

static struct overlay full(void)
{
    return (struct overlay){ .has = OVERLAY_FIELDS,
                             .enabled = true,
                             .weight = 50,
                             .status = STATUS_OUT_OF_SERVICE,
                             .metadata = { labels, 1 },
                             .who = bytes_str("ops"),
                             .why = bytes_str("drain") };
}

static void known_overlay_is_written_byte_by_byte(void **state)
{
    static const uint8_t expected[] = { 1, 15, 1,   50, 0,   0,   0,   4, /* to status */
                                        1, 0,  1,   0,  0,   0,   'k', 1,   0,
                                        0, 0,  'v',                    /* metadata */
                                        3, 0,  0,   0,  'o', 'p', 's', /* who */
                                        5, 0,  0,   0,  'd', 'r', 'a', 'i', 'n' };
    struct overlay o = full(), back;
    struct bytes b = row(&o);
    assert_int_equal(b.n, sizeof expected);
    assert_memory_equal(b.p, expected, b.n);
    assert_int_equal(overlay_read(b, &codec_arena, &back), OK);
    assert_int_equal(back.has, o.has);
    assert_true(back.enabled && back.weight == 50 && back.status == STATUS_OUT_OF_SERVICE);
    assert_true(labels_eq(&back.metadata, &o.metadata));
    assert_true(bytes_is(back.who, "ops") && bytes_is(back.why, "drain"));
}

static void only_a_whole_overlay_is_read(void **state)
{
    struct overlay o = full();
    assert_only_whole(row(&o), read);
}

static void overlay_that_decides_nothing_is_refused(void **state)
{
    struct overlay o = { .who = bytes_str("ops") };
    assert_int_equal(read(row(&o)), ERR_MALFORMED);
    o.has = OVERLAY_ENABLED;
    assert_int_equal(read(row(&o)), OK);
    o.has |= OVERLAY_FIELDS + 1;
    assert_int_equal(read(row(&o)), ERR_MALFORMED);
}

static void value_that_is_not_decided_is_refused(void **state)
{
    static const unsigned fields[] = { OVERLAY_ENABLED, OVERLAY_WEIGHT, OVERLAY_STATUS,
                                       OVERLAY_METADATA };
    for (size_t i = 0; i < 4; i++) {
        struct overlay o = full();
        o.has &= ~fields[i];
        assert_int_equal(read(row(&o)), ERR_MALFORMED);
    }
}

static void weight_and_reason_end_at_their_limits(void **state)
{
    static char why[OVERLAY_WHY_MAX + 1];
    memset(why, 'y', sizeof why);
    struct overlay o = full();
    o.weight = WEIGHT_MAX;
    o.why = bytes_of(why, OVERLAY_WHY_MAX);
    assert_int_equal(read(row(&o)), OK);
    o.why.n++;
    assert_int_equal(read(row(&o)), ERR_TOO_BIG);
    o.why.n--;
    o.weight++;
    assert_int_equal(read(row(&o)), ERR_MALFORMED);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, codec_set_up, codec_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(known_overlay_is_written_byte_by_byte),   TEST(only_a_whole_overlay_is_read),
        TEST(overlay_that_decides_nothing_is_refused), TEST(value_that_is_not_decided_is_refused),
        TEST(weight_and_reason_end_at_their_limits),
    };
    return cmocka_run_group_tests_name("overlay", tests, NULL, NULL);
}
