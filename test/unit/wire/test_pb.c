/* Protocol Buffers: vectors, every cut, limits at the limit and one above, UTF-8. */
#include "wire/pb.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "proto/etcd/rpc.pb-c.h"

static const struct pb_limits usual = { .depth_max = 64 };
static const struct pb_limits txn_limits = { .depth_max = 260 };

static struct buf new_buf(void)
{
    struct buf b;
    buf_init(&b, 64 << 20);
    return b;
}

static void assert_written(struct buf *b, const char *bytes, size_t n)
{
    assert_int_equal(buf_err(b), OK);
    assert_int_equal(b->n, n);
    assert_memory_equal(b->p, bytes, n);
    buf_fini(b);
}

#define WRITTEN(b, text) assert_written(&(b), text, sizeof(text) - 1)

/* -- writing ---------------------------------------------------------------------------------- */

static void numbers_are_written_as_the_format_says(void **state)
{
    struct buf b = new_buf();
    pb_put_uint(&b, 1, 150);
    pb_put_int(&b, 2, -1);
    pb_put_bool(&b, 64, true);
    WRITTEN(b, "\x08\x96\x01\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x80\x04\x01");
}

static void zero_values_are_left_out(void **state)
{
    struct buf b = new_buf();
    pb_put_uint(&b, 1, 0);
    pb_put_bool(&b, 2, false);
    pb_put_bytes(&b, 3, bytes_str(""));
    pb_put_bytes_always(&b, 4, bytes_str(""));
    WRITTEN(b, "\x22\x00");
}

static void nested_messages_get_their_lengths(void **state)
{
    struct buf b = new_buf();
    size_t outer = pb_open(&b, 1);
    size_t inner = pb_open(&b, 2);
    pb_put_bytes(&b, 3, bytes_str("abc"));
    pb_close(&b, inner);
    pb_close(&b, outer);
    WRITTEN(b, "\x0a\x07\x12\x05\x1a\x03"
               "abc");
}

static void long_nested_message_moves_for_its_length(void **state)
{
    char text[300];
    memset(text, 'x', sizeof text);
    struct buf b = new_buf();
    size_t mark = pb_open(&b, 1);
    buf_put(&b, text, sizeof text);
    pb_close(&b, mark);
    buf_put_u8(&b, 'e');
    assert_int_equal(b.n, 1 + 2 + 300 + 1);
    assert_memory_equal(b.p, "\x0a\xac\x02x", 4);
    assert_int_equal(b.p[b.n - 1], 'e');
    buf_fini(&b);
}

static void closing_in_a_full_buffer_writes_nothing(void **state)
{
    struct buf b;
    buf_init(&b, 20);
    size_t mark = pb_open(&b, 1);
    pb_put_bytes(&b, 1, bytes_str("longer than fits in it"));
    pb_close(&b, mark);
    assert_int_equal(buf_err(&b), ERR_TOO_BIG);
    buf_fini(&b);
}

static void sizes_of_varints_are_those_written(void **state)
{
    for (unsigned bits = 0; bits < 64; bits++) {
        for (uint64_t off = 0; off < 2; off++) {
            uint64_t v = ((uint64_t)1 << bits) - off;
            struct buf b = new_buf();
            pb_put_varint(&b, v);
            assert_int_equal(b.n, pb_varint_size(v));
            buf_fini(&b);
        }
    }
}

/* -- reading ---------------------------------------------------------------------------------- */

static enum err first_field(const char *bytes, size_t n, struct pb_field *ret)
{
    struct bytes in = bytes_of(bytes, n);
    return pb_next(&in, ret);
}

#define FIRST(text, ret) first_field(text, sizeof(text) - 1, ret)

static void each_wire_type_is_read(void **state)
{
    struct pb_field f;
    assert_int_equal(FIRST("\x08\x96\x01", &f), OK);
    assert_int_equal(f.number, 1);
    assert_int_equal(f.value, 150);
    assert_int_equal(FIRST("\x11\x01\x02\x03\x04\x05\x06\x07\x08", &f), OK);
    assert_true(f.value == 0x0807060504030201);
    assert_int_equal(FIRST("\x15\x01\x02\x03\x04", &f), OK);
    assert_int_equal(f.value, 0x04030201);
    assert_int_equal(FIRST("\x1a\x02hi", &f), OK);
    assert_true(bytes_is(f.bytes, "hi"));
}

static void nothing_left_is_not_found(void **state)
{
    struct pb_field f;
    assert_int_equal(FIRST("", &f), ERR_NOT_FOUND);
}

static void bad_tags_are_malformed(void **state)
{
    struct pb_field f;
    assert_int_equal(FIRST("\x00\x01", &f), ERR_MALFORMED);                     /* field 0 */
    assert_int_equal(FIRST("\x0b\x0c", &f), ERR_MALFORMED);                     /* a group */
    assert_int_equal(FIRST("\x0e", &f), ERR_MALFORMED);                         /* wire type 6 */
    assert_int_equal(FIRST("\xf8\xff\xff\xff\xff\x01\x01", &f), ERR_MALFORMED); /* too large */
}

static void varint_above_64_bits_is_malformed(void **state)
{
    struct pb_field f;
    assert_int_equal(FIRST("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", &f), OK);
    assert_int_equal(FIRST("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", &f), ERR_MALFORMED);
    assert_int_equal(FIRST("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", &f), ERR_MALFORMED);
}

static void padded_tags_and_lengths_are_malformed(void **state)
{
    struct pb_field f;
    assert_int_equal(FIRST("\x88\x80\x80\x80\x00\x05", &f), OK);
    assert_int_equal(FIRST("\x88\x80\x80\x80\x80\x00\x05", &f), ERR_MALFORMED);
    assert_int_equal(FIRST("\x0a\x81\x80\x80\x80\x00x", &f), OK);
    assert_int_equal(FIRST("\x0a\x81\x80\x80\x80\x80\x00x", &f), ERR_MALFORMED);
}

static void length_beyond_the_end_is_truncated(void **state)
{
    struct pb_field f;
    assert_int_equal(FIRST("\x0a\x03hi", &f), ERR_TRUNCATED);
    assert_int_equal(FIRST("\x0a\xff\xff\xff\xff\x0f", &f), ERR_TRUNCATED);
}

static void failed_read_moves_nothing(void **state)
{
    struct bytes in = bytes_of("\x0a\x03hi", 4);
    struct pb_field f;
    assert_int_equal(pb_next(&in, &f), ERR_TRUNCATED);
    assert_int_equal(in.n, 4);
}

/* -- checking and decoding -------------------------------------------------------------------- */

static enum err check(const ProtobufCMessageDescriptor *d, const struct buf *b,
                      const struct pb_limits *limits)
{
    return pb_check(d, buf_bytes(b), limits);
}

/* A Txn with a compare, a put with everything, and a nested txn. */
static struct buf sample(void)
{
    struct buf b = new_buf();
    size_t compare = pb_open(&b, 1);
    pb_put_uint(&b, 2, 3);
    pb_put_bytes(&b, 3, bytes_str("key"));
    pb_put_bytes(&b, 7, bytes_str("value"));
    pb_close(&b, compare);
    size_t op = pb_open(&b, 2);
    size_t put = pb_open(&b, 2);
    pb_put_bytes(&b, 1, bytes_str("key"));
    pb_put_bytes(&b, 2, bytes_of("\0\xff\xfe", 3));
    pb_put_int(&b, 3, -7);
    pb_close(&b, put);
    pb_close(&b, op);
    op = pb_open(&b, 2);
    size_t txn = pb_open(&b, 4);
    pb_close(&b, txn);
    pb_close(&b, op);
    return b;
}

static void decoded_message_has_what_was_sent(void **state)
{
    struct buf b = sample();
    struct arena arena;
    arena_init(&arena, 0);
    ProtobufCMessage *m;
    assert_int_equal(
        pb_decode(&etcdserverpb__txn_request__descriptor, buf_bytes(&b), &usual, &arena, &m), OK);
    const Etcdserverpb__TxnRequest *txn = (const Etcdserverpb__TxnRequest *)m;
    assert_int_equal(txn->n_compare, 1);
    assert_int_equal(txn->compare[0]->target_union_case, ETCDSERVERPB__COMPARE__TARGET_UNION_VALUE);
    assert_int_equal(txn->n_success, 2);
    const Etcdserverpb__PutRequest *put = txn->success[0]->request_put;
    assert_int_equal(put->lease, -7);
    assert_memory_equal(put->value.data, "\0\xff\xfe", 3);
    assert_int_equal(txn->success[1]->request_case, ETCDSERVERPB__REQUEST_OP__REQUEST_REQUEST_TXN);
    arena_fini(&arena);
    buf_fini(&b);
}

static void message_cut_anywhere_is_refused_or_a_message(void **state)
{
    struct buf b = sample();
    for (size_t n = 0; n <= b.n; n++) {
        uint8_t *copy = malloc(n + 1); /* its own block, so that a read past the end is seen */
        memcpy(copy, b.p, n);
        uint8_t *exact = realloc(copy, n == 0 ? 1 : n);
        struct arena arena;
        arena_init(&arena, 0);
        ProtobufCMessage *m;
        enum err e = pb_decode(&etcdserverpb__txn_request__descriptor, bytes_of(exact, n), &usual,
                               &arena, &m);
        assert_true(e == OK || e == ERR_TRUNCATED || e == ERR_MALFORMED);
        if (n == b.n)
            assert_int_equal(e, OK);
        arena_fini(&arena);
        free(exact);
    }
    buf_fini(&b);
}

static void unknown_fields_are_skipped(void **state)
{
    struct buf b = new_buf();
    pb_put_bytes(&b, 1, bytes_str("key"));
    pb_put_bytes(&b, 900, bytes_str("\xff\xff"));
    pb_put_uint(&b, 901, 5);
    assert_int_equal(check(&etcdserverpb__range_request__descriptor, &b, &usual), OK);
    buf_fini(&b);
}

static void wrong_wire_type_is_malformed(void **state)
{
    struct buf b = new_buf();
    pb_put_uint(&b, 1, 5); /* key is bytes */
    assert_int_equal(check(&etcdserverpb__range_request__descriptor, &b, &usual), ERR_MALFORMED);
    buf_fini(&b);
}

static void repeated_scalars_come_packed_or_not(void **state)
{
    struct buf b = new_buf();
    pb_put_bytes(&b, 5, bytes_of("\x00\x01", 2));
    pb_put_uint(&b, 5, 1);
    struct arena arena;
    arena_init(&arena, 0);
    ProtobufCMessage *m;
    assert_int_equal(pb_decode(&etcdserverpb__watch_create_request__descriptor, buf_bytes(&b),
                               &usual, &arena, &m),
                     OK);
    assert_int_equal(((Etcdserverpb__WatchCreateRequest *)m)->n_filters, 3);
    arena_fini(&arena);
    buf_fini(&b);
}

static void packed_run_that_ends_early_is_truncated(void **state)
{
    struct buf b = new_buf();
    pb_put_bytes(&b, 5, bytes_of("\x00\x81", 2));
    assert_int_equal(check(&etcdserverpb__watch_create_request__descriptor, &b, &usual),
                     ERR_TRUNCATED);
    buf_fini(&b);
}

static enum err check_name(const char *name, size_t n)
{
    struct buf b = new_buf();
    pb_put_bytes(&b, 2, bytes_of(name, n));
    enum err e = check(&etcdserverpb__member__descriptor, &b, &usual);
    buf_fini(&b);
    return e;
}

static void strings_are_utf8_without_nul(void **state)
{
    assert_int_equal(check_name("gr\xc3\xbc\xc3\x9f", 6), OK);
    assert_int_equal(check_name("\xf0\x9f\x98\x80", 4), OK);
    assert_int_equal(check_name("a\0b", 3), ERR_MALFORMED);
    assert_int_equal(check_name("\xc3", 1), ERR_MALFORMED);
    assert_int_equal(check_name("\xc0\xaf", 2), ERR_MALFORMED);
    assert_int_equal(check_name("\xed\xa0\x80", 3), ERR_MALFORMED); /* a surrogate */
    assert_int_equal(check_name("\xf4\x90\x80\x80", 4), ERR_MALFORMED);
}

static void bytes_may_be_anything(void **state)
{
    struct buf b = new_buf();
    pb_put_bytes(&b, 1, bytes_of("\0\xc3\xff", 3));
    assert_int_equal(check(&etcdserverpb__range_request__descriptor, &b, &usual), OK);
    buf_fini(&b);
}

/* A Txn in a Txn, LEVELS of them below the outermost: two messages a level. */
static struct buf nested_txns(size_t levels)
{
    struct buf b = new_buf();
    struct buf inner = new_buf();
    for (size_t i = 0; i < levels; i++) {
        struct buf op = new_buf();
        pb_put_bytes_always(&op, 4, buf_bytes(&inner));
        buf_clear(&b, SIZE_MAX);
        pb_put_bytes_always(&b, 2, buf_bytes(&op));
        buf_clear(&inner, SIZE_MAX);
        buf_put_bytes(&inner, buf_bytes(&b));
        buf_fini(&op);
    }
    buf_fini(&inner);
    return b;
}

static void depth_is_allowed_up_to_the_limit(void **state)
{
    struct buf b = nested_txns(3); /* 7 messages deep */
    struct pb_limits at = { .depth_max = 7 }, below = { .depth_max = 6 };
    assert_int_equal(check(&etcdserverpb__txn_request__descriptor, &b, &at), OK);
    assert_int_equal(check(&etcdserverpb__txn_request__descriptor, &b, &below), ERR_TOO_BIG);
    buf_fini(&b);
}

static void deepest_txn_allowed_is_decoded(void **state)
{
    struct buf b = nested_txns(129); /* 259 messages deep */
    struct arena arena;
    arena_init(&arena, 0);
    ProtobufCMessage *m;
    assert_int_equal(
        pb_decode(&etcdserverpb__txn_request__descriptor, buf_bytes(&b), &txn_limits, &arena, &m),
        OK);
    arena_fini(&arena);
    buf_fini(&b);
}

/* Every length is a lie: the check meets the depth limit long before it meets an end. */
static struct buf nested_heads(size_t bytes)
{
    struct buf b = new_buf();
    while (b.n + 12 < bytes) {
        pb_put_len(&b, 2, bytes - b.n - 6);
        pb_put_len(&b, 4, bytes - b.n - 6);
    }
    return b;
}

static void nesting_of_34_kb_is_refused(void **state)
{
    struct buf b = nested_txns(5200); /* about 34 KB */
    assert_true(b.n > 34000);
    assert_int_equal(check(&etcdserverpb__txn_request__descriptor, &b, &txn_limits), ERR_TOO_BIG);
    buf_fini(&b);
}

static void txn_nested_100000_deep_is_refused(void **state)
{
    struct buf b = nested_heads(100000 * 10);
    enum err e = check(&etcdserverpb__txn_request__descriptor, &b, &txn_limits);
    assert_true(e == ERR_TOO_BIG || e == ERR_TRUNCATED);
    buf_fini(&b);
}

static void elements_are_counted_over_all_levels(void **state)
{
    struct buf b = sample();
    size_t elements = 0;
    while (elements < 100) {
        struct pb_limits limits = { .depth_max = 64, .element_max = ++elements };
        if (check(&etcdserverpb__txn_request__descriptor, &b, &limits) == OK)
            break;
    }
    assert_int_equal(elements, 11); /* a compare of 4, a put of 5, a txn of 2 */
    buf_fini(&b);
}

static void two_megabytes_of_empty_elements_are_refused(void **state)
{
    struct buf b = new_buf();
    for (size_t i = 0; i <= 1000000; i++)
        pb_put_len(&b, 2, 0);
    assert_int_equal(check(&etcdserverpb__txn_request__descriptor, &b, &txn_limits), ERR_TOO_BIG);
    b.n -= 2;
    assert_int_equal(check(&etcdserverpb__txn_request__descriptor, &b, &txn_limits), OK);
    buf_fini(&b);
}

static void packed_elements_count(void **state)
{
    struct buf b = new_buf();
    pb_put_bytes(&b, 5, bytes_of("\0\0\0\0\0\0", 6));
    struct pb_limits at = { .depth_max = 64, .element_max = 7 };
    struct pb_limits below = { .depth_max = 64, .element_max = 6 };
    const ProtobufCMessageDescriptor *d = &etcdserverpb__watch_create_request__descriptor;
    assert_int_equal(check(d, &b, &at), OK);
    assert_int_equal(check(d, &b, &below), ERR_TOO_BIG);
    buf_fini(&b);
}

static void decoding_stops_at_the_arena_limit(void **state)
{
    struct buf b = sample();
    struct arena arena;
    arena_init(&arena, 300);
    ProtobufCMessage *m;
    assert_int_equal(
        pb_decode(&etcdserverpb__txn_request__descriptor, buf_bytes(&b), &usual, &arena, &m),
        ERR_TOO_BIG);
    arena_fini(&arena);
    buf_fini(&b);
}

static void empty_message_is_a_message(void **state)
{
    struct arena arena;
    arena_init(&arena, 0);
    ProtobufCMessage *m;
    assert_int_equal(pb_decode(&etcdserverpb__range_request__descriptor, (struct bytes){ 0 },
                               &usual, &arena, &m),
                     OK);
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_written_as_the_format_says),
        cmocka_unit_test(zero_values_are_left_out),
        cmocka_unit_test(nested_messages_get_their_lengths),
        cmocka_unit_test(long_nested_message_moves_for_its_length),
        cmocka_unit_test(closing_in_a_full_buffer_writes_nothing),
        cmocka_unit_test(sizes_of_varints_are_those_written),
        cmocka_unit_test(each_wire_type_is_read),
        cmocka_unit_test(nothing_left_is_not_found),
        cmocka_unit_test(bad_tags_are_malformed),
        cmocka_unit_test(varint_above_64_bits_is_malformed),
        cmocka_unit_test(padded_tags_and_lengths_are_malformed),
        cmocka_unit_test(length_beyond_the_end_is_truncated),
        cmocka_unit_test(failed_read_moves_nothing),
        cmocka_unit_test(decoded_message_has_what_was_sent),
        cmocka_unit_test(message_cut_anywhere_is_refused_or_a_message),
        cmocka_unit_test(unknown_fields_are_skipped),
        cmocka_unit_test(wrong_wire_type_is_malformed),
        cmocka_unit_test(repeated_scalars_come_packed_or_not),
        cmocka_unit_test(packed_run_that_ends_early_is_truncated),
        cmocka_unit_test(strings_are_utf8_without_nul),
        cmocka_unit_test(bytes_may_be_anything),
        cmocka_unit_test(depth_is_allowed_up_to_the_limit),
        cmocka_unit_test(deepest_txn_allowed_is_decoded),
        cmocka_unit_test(nesting_of_34_kb_is_refused),
        cmocka_unit_test(txn_nested_100000_deep_is_refused),
        cmocka_unit_test(elements_are_counted_over_all_levels),
        cmocka_unit_test(two_megabytes_of_empty_elements_are_refused),
        cmocka_unit_test(packed_elements_count),
        cmocka_unit_test(decoding_stops_at_the_arena_limit),
        cmocka_unit_test(empty_message_is_a_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
