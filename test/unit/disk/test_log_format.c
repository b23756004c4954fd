/* The bytes of a segment against vectors worked out by hand, and refused where they make no sense.
 */
#include "disk/log_format.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/crc32c.h"

static const struct log_segment_head some_head = {
    .sequence = 3,
    .salt = 0x1122334455667788,
    .bytes = 65536,
    .first_batch = 9,
    .base_index = 100,
    .base_term = 4,
    .hard = { 5, 6, 99 },
    .reset = true,
};

static void assert_u64(const uint8_t *at, uint64_t want)
{
    struct rd r;
    rd_init(&r, bytes_of(at, 8));
    assert_int_equal(rd_u64(&r), want);
}

static void a_segment_header_has_its_fields_where_the_book_says(void **state)
{
    uint8_t block[LOG_BLOCK];
    log_segment_write(block, &some_head);
    assert_memory_equal(block, "MUSTERLG\x01\x00\x00\x00", 12);
    static const uint64_t want[] = { 3, 0x1122334455667788, 65536, 9, 100, 4, 5, 6, 99 };
    for (size_t i = 0; i < ARRAY_LEN(want); i++)
        assert_u64(block + 16 + 8 * i, want[i]);
    assert_memory_equal(block + 88, "\x01\x00\x00\x00", 4);
    struct rd r;
    rd_init(&r, bytes_of(block + 12, 4));
    uint32_t crc = rd_u32(&r);
    memset(block + 12, 0, 4);
    assert_int_equal(crc, crc32c(0, bytes_of(block, sizeof block)));
}

static void a_segment_header_comes_back(void **state)
{
    uint8_t block[LOG_BLOCK];
    struct log_segment_head head = { 0 };
    log_segment_write(block, &some_head);
    assert_int_equal(log_segment_read(block, &head), OK);
    assert_int_equal(head.sequence, 3);
    assert_int_equal(head.hard.commit, 99);
    assert_true(head.reset);
}

static void any_flipped_bit_of_a_segment_header_shows(void **state)
{
    uint8_t block[LOG_BLOCK];
    struct log_segment_head head;
    log_segment_write(block, &some_head);
    for (size_t i = 0; i < LOG_BLOCK * 8; i++) {
        block[i / 8] ^= (uint8_t)(1U << i % 8);
        assert_int_equal(log_segment_read(block, &head), ERR_DAMAGED);
        block[i / 8] ^= (uint8_t)(1U << i % 8);
    }
}

static size_t make_batch(uint8_t *batch, uint32_t seed)
{
    struct log_entry entry = { .index = 7, .term = 2, .kind = LOG_ENTRY_MEMBERSHIP };
    entry.payload = bytes_str("hello");
    uint8_t *at = log_put_truncate(batch + LOG_BATCH_HEAD, 7);
    at = log_put_entry(at, &entry);
    at = log_put_hard(at, &(struct log_hard){ 2, 3, 6 });
    struct log_batch_head head = { .number = 12, .synced = 11, .record_n = 3 };
    head.body_bytes = (uint32_t)(at - batch - LOG_BATCH_HEAD);
    log_batch_seal(batch, seed, &head);
    return head.body_bytes;
}

static void a_batch_has_its_fields_where_the_book_says(void **state)
{
    uint8_t batch[LOG_BLOCK];
    memset(batch, 0xee, sizeof batch);
    size_t n = make_batch(batch, log_seed(1, 4096));
    assert_int_equal(n, 24 + 32 + 32);
    assert_memory_equal(batch, "MBCH", 4);
    assert_u64(batch + 8, 12);
    assert_u64(batch + 16, 11);
    assert_memory_equal(batch + 24, "\x58\x00\x00\x00", 4);
    assert_memory_equal(batch + 32, "\x03\x00\x00\x00\x00\x00\x00\x00", 8);
    assert_memory_equal(batch + 40, "\x00\x00\x00\x00\x02\x00\x00\x00\x07", 9);
    assert_memory_equal(batch + 64, "\x05\x00\x00\x00\x01\x02\x00\x00\x07", 9);
    assert_memory_equal(batch + 88, "hello\x00\x00\x00", 8);
    assert_memory_equal(batch + 96, "\x08\x00\x00\x00\x03\x00\x00\x00\x02", 9);
    for (size_t i = LOG_BATCH_HEAD + n; i < sizeof batch; i++)
        assert_int_equal(batch[i], 0);
}

static void records_come_back(void **state)
{
    uint8_t batch[LOG_BLOCK];
    uint32_t seed = log_seed(1, 4096);
    struct log_batch_head head;
    struct log_record record;
    struct rd r;
    make_batch(batch, seed);
    assert_int_equal(log_batch_read_head(batch, seed, &head), OK);
    assert_true(log_batch_body_holds(batch, seed, &head));
    log_records(&r, batch, &head);
    assert_int_equal(log_record_next(&r, &record), OK);
    assert_int_equal(record.from, 7);
    assert_int_equal(log_record_next(&r, &record), OK);
    assert_true(bytes_is(record.entry.payload, "hello"));
    assert_int_equal(record.entry.kind, LOG_ENTRY_MEMBERSHIP);
    assert_int_equal(log_record_next(&r, &record), OK);
    assert_int_equal(record.hard.commit, 6);
    assert_int_equal(rd_end(&r), OK);
}

static void another_place_or_salt_does_not_validate(void **state)
{
    uint8_t batch[LOG_BLOCK];
    struct log_batch_head head;
    make_batch(batch, log_seed(1, 4096));
    assert_int_equal(log_batch_read_head(batch, log_seed(1, 8192), &head), ERR_DAMAGED);
    assert_int_equal(log_batch_read_head(batch, log_seed(2, 4096), &head), ERR_DAMAGED);
}

/* Reads one record out of N bytes. */
static enum err read_one(const uint8_t *p, size_t n, struct log_record *ret)
{
    struct rd r;
    rd_init(&r, bytes_of(p, n));
    return log_record_next(&r, ret);
}

static void a_record_cut_at_any_byte_is_refused(void **state)
{
    uint8_t room[64];
    struct log_entry entry = { .index = 1, .term = 1, .payload = bytes_str("123456789") };
    size_t n = (size_t)(log_put_entry(room, &entry) - room);
    struct log_record record;
    for (size_t cut = 0; cut < n; cut++)
        assert_int_equal(read_one(room, cut, &record), ERR_TRUNCATED);
    assert_int_equal(read_one(room, n, &record), OK);
}

static void unknown_types_and_kinds_are_refused(void **state)
{
    uint8_t room[64];
    struct log_entry entry = { .index = 1, .term = 1 };
    struct log_record record;
    log_put_entry(room, &entry);
    room[4] = 9;
    assert_int_equal(read_one(room, 24, &record), ERR_VERSION);
    room[4] = LOG_RECORD_ENTRY;
    room[5] = 1;
    assert_int_equal(read_one(room, 24, &record), ERR_VERSION);
    log_put_truncate(room, 0);
    assert_int_equal(read_one(room, 24, &record), ERR_MALFORMED);
    log_put_hard(room, &(struct log_hard){ 1, 1, 1 });
    room[0] = 16;
    assert_int_equal(read_one(room, 40, &record), ERR_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_segment_header_has_its_fields_where_the_book_says),
        cmocka_unit_test(a_segment_header_comes_back),
        cmocka_unit_test(any_flipped_bit_of_a_segment_header_shows),
        cmocka_unit_test(a_batch_has_its_fields_where_the_book_says),
        cmocka_unit_test(records_come_back),
        cmocka_unit_test(another_place_or_salt_does_not_validate),
        cmocka_unit_test(a_record_cut_at_any_byte_is_refused),
        cmocka_unit_test(unknown_types_and_kinds_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
