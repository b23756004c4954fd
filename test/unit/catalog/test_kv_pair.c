/* The rows of pairs, and operations on them as bytes. */
#include "catalog/kv_op.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test/lib/codec.h"

static struct buf out;

static struct bytes row(const struct kv_pair *p)
{
    buf_clear(&out, SIZE_MAX);
    kv_pair_write(p, &out);
    return buf_bytes(&out);
}

static enum err read(struct bytes bytes)
{
    struct kv_pair back;
    return kv_pair_read(bytes, &back);
}

static struct kv_pair held_pair(void)
{
    return (struct kv_pair){
        .flags = 0x0102, .lock_index = 3, .session = { { 9, [15] = 8 } }, .value = bytes_str("v")
    };
}

static void known_pair_is_written_byte_by_byte(void **state)
{
    static const uint8_t expected[] = { 1, 1, 2, 1, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 9,  0,
                                        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8, 1, 0, 0, 0, 'v' };
    struct kv_pair p = held_pair(), back;
    struct bytes b = row(&p);
    assert_int_equal(b.n, sizeof expected);
    assert_memory_equal(b.p, expected, b.n);
    assert_int_equal(kv_pair_read(b, &back), OK);
    assert_true(kv_pair_eq(&p, &back));
    assert_only_whole(b, read);
}

static void pair_that_nobody_holds_has_no_session(void **state)
{
    struct kv_pair p = { .flags = UINT64_MAX, .value = bytes_str("value") }, back;
    struct bytes b = row(&p);
    assert_int_equal(b.n, 2 + 8 + 8 + 4 + 5);
    assert_int_equal(kv_pair_read(b, &back), OK);
    assert_true(kv_pair_eq(&p, &back));
    assert_true(uuid_is_zero(&back.session));
    assert_only_whole(b, read);
}

static void each_field_makes_a_pair_another(void **state)
{
    struct kv_pair a = held_pair(), b = a;
    b.flags++;
    assert_false(kv_pair_eq(&a, &b));
    b = a;
    b.lock_index++;
    assert_false(kv_pair_eq(&a, &b));
    b = a;
    b.session.b[3]++;
    assert_false(kv_pair_eq(&a, &b));
    b = a;
    b.value = bytes_str("w");
    assert_false(kv_pair_eq(&a, &b));
}

static void what_no_writer_makes_is_refused(void **state)
{
    uint8_t held_by_none[39] = { 1, 1, [34] = 1 };
    struct kv_pair p = held_pair();
    assert_refused_with(row(&p), 1, 2, ERR_MALFORMED, read);
    assert_int_equal(read(bytes_of(held_by_none, sizeof held_by_none)), ERR_MALFORMED);
}

static void value_ends_at_its_limit(void **state)
{
    static uint8_t value[KV_VALUE_MAX + 1];
    struct kv_pair p = { .value = bytes_of(value, KV_VALUE_MAX) };
    assert_int_equal(read(row(&p)), OK);
    p.value.n++;
    assert_int_equal(read(row(&p)), ERR_TOO_BIG);
}

/* -- operations ------------------------------------------------------------------------------- */

static struct bytes op_bytes(const struct kv_op *op)
{
    buf_clear(&out, SIZE_MAX);
    kv_op_put(op, &out);
    return buf_bytes(&out);
}

static enum err take(struct bytes bytes, struct kv_op *ret)
{
    struct rd r;
    rd_init(&r, bytes);
    *ret = kv_op_take(&r);
    return rd_end(&r);
}

static struct kv_op full_op(void)
{
    return (struct kv_op){ .verb = KV_LOCK,
                           .key = bytes_str("k"),
                           .value = bytes_str("v"),
                           .flags = 7,
                           .index = 8,
                           .session = { { 9 } } };
}

static void known_operation_is_written_byte_by_byte(void **state)
{
    static const uint8_t expected[43] = {
        2, 7, [9] = 8, [17] = 9, [33] = 1, [37] = 'k', [38] = 1, [42] = 'v'
    };
    struct kv_op op = full_op(), back;
    struct bytes b = op_bytes(&op);
    assert_int_equal(b.n, sizeof expected);
    assert_memory_equal(b.p, expected, b.n);
    assert_int_equal(take(b, &back), OK);
    assert_int_equal(back.verb, KV_LOCK);
    assert_true(bytes_is(back.key, "k") && bytes_is(back.value, "v"));
    assert_true(back.flags == 7 && back.index == 8 && uuid_eq(&back.session, &op.session));
    for (size_t n = 0; n < b.n; n++)
        assert_int_equal(take(bytes_of(b.p, n), &back), ERR_TRUNCATED);
}

static void verb_that_is_not_known_is_refused(void **state)
{
    struct kv_op op = full_op(), back;
    op.verb = KV_VERBS;
    assert_int_equal(take(op_bytes(&op), &back), ERR_MALFORMED);
}

static void key_and_value_of_an_operation_end_at_their_limits(void **state)
{
    static uint8_t text[KV_VALUE_MAX + 1];
    struct kv_op op = full_op(), back;
    op.key = bytes_of(text, KV_KEY_MAX);
    op.value = bytes_of(text, KV_VALUE_MAX);
    assert_int_equal(take(op_bytes(&op), &back), OK);
    op.key.n++;
    assert_int_equal(take(op_bytes(&op), &back), ERR_TOO_BIG);
    op.key.n--;
    op.value.n++;
    assert_int_equal(take(op_bytes(&op), &back), ERR_TOO_BIG);
}

static void reads_and_checks_write_nothing(void **state)
{
    for (int verb = 0; verb < KV_VERBS; verb++) {
        bool reads = verb >= KV_GET && verb <= KV_CHECK_NOT_EXISTS;
        assert_int_equal(kv_verb_writes((enum kv_verb)verb), !reads);
    }
}

static int set_up(void **state)
{
    buf_init(&out, SIZE_MAX / 4);
    return 0;
}

static int tear_down(void **state)
{
    buf_fini(&out);
    return 0;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(known_pair_is_written_byte_by_byte),
        TEST(pair_that_nobody_holds_has_no_session),
        TEST(each_field_makes_a_pair_another),
        TEST(what_no_writer_makes_is_refused),
        TEST(value_ends_at_its_limit),
        TEST(known_operation_is_written_byte_by_byte),
        TEST(verb_that_is_not_known_is_refused),
        TEST(key_and_value_of_an_operation_end_at_their_limits),
        TEST(reads_and_checks_write_nothing),
    };
    return cmocka_run_group_tests_name("kv_pair", tests, NULL, NULL);
}
