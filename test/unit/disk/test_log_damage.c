/* A small log, hurt in every place: each bit flipped, each byte the end. Nothing acknowledged
 * before the last batch goes unnoticed, and nothing wrong is ever given out. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/crc32c.h"
#include "disk/log_format.h"
#include "fixture.h"

enum { BATCHES = 4, SIZE = 300 };
static const char path[] = "log/00000001.seg";

/* The bytes of a log of BATCHES entries, one a batch. Gives them (free). */
static uint8_t *small_log(size_t *ret_n)
{
    struct sim_fs *sim = sim_fs_new();
    struct readback *read = malloc(sizeof *read);
    struct log *log;
    struct why why;
    assert_int_equal(fixture_open(sim_fs_fs(sim), 0, read, &log, &why), OK);
    fixture_fill(log, 1, BATCHES, SIZE, 1);
    log_close(log);
    struct bytes b = sim_fs_bytes(sim, path);
    uint8_t *copy = malloc(b.n);
    memcpy(copy, b.p, b.n);
    *ret_n = b.n;
    sim_fs_free(sim);
    free(read);
    return copy;
}

/* Opens a log whose only file is these bytes. */
static enum err open_bytes(const uint8_t *p, size_t n, struct readback *read, struct why *why)
{
    struct sim_fs *sim = sim_fs_new();
    struct log *log = NULL;
    sim_fs_put(sim, path, bytes_of(p, n));
    enum err e = fixture_open(sim_fs_fs(sim), 0, read, &log, why);
    log_close(log);
    assert_int_equal(sim_fs_open_n(sim), 0);
    sim_fs_free(sim);
    return e;
}

static void assert_damaged_at(enum err e, const struct why *why, uint64_t offset)
{
    char text[64];
    snprintf(text, sizeof text, "offset %" PRIu64 ":", offset);
    if (e != ERR_DAMAGED || strstr(why->text, text) == NULL || strstr(why->text, path) == NULL ||
        strstr(why->text, "muster snapshot restore") == NULL)
        fail_msg("wanted damage at %s, got %d: %s", text, e, why->text);
}

/* What a flip at AT must lead to. */
static void judge_flip(size_t at, enum err e, const struct readback *read, const struct why *why)
{
    size_t block = at / LOG_BLOCK * LOG_BLOCK;
    size_t last = (size_t)LOG_BLOCK * BATCHES;
    if (block < last) { /* header, or a batch with a later one behind it */
        assert_damaged_at(e, why, block);
        return;
    }
    uint64_t whole = block == last ? BATCHES - 1 : BATCHES;
    uint64_t end = block == last ? last : last + LOG_BLOCK;
    assert_int_equal(e, OK);
    assert_int_equal(read->found.last, whole);
    assert_true(fixture_holds(read, 1, whole, SIZE, 1));
    assert_int_equal(read->found.torn_offset, end);
    assert_int_equal(read->found.torn_bytes, block + LOG_BLOCK - end);
    assert_string_equal(read->found.torn_file, "00000001.seg");
}

static void every_flipped_bit_is_damage_or_a_torn_tail(void **state)
{
    size_t n;
    uint8_t *log = small_log(&n);
    struct readback *read = malloc(sizeof *read);
    size_t used = (size_t)LOG_BLOCK * (BATCHES + 1);
    for (size_t at = 0; at < n; at += at < used ? 1 : 509) {
        struct why why = { "" };
        uint8_t bit = (uint8_t)(1U << at % 8);
        log[at] ^= bit;
        judge_flip(at, open_bytes(log, n, read, &why), read, &why);
        log[at] ^= bit;
    }
    free(read);
    free(log);
}

static void a_file_cut_at_any_byte_is_damage(void **state)
{
    size_t n;
    uint8_t *log = small_log(&n);
    struct readback *read = malloc(sizeof *read);
    for (size_t at = 0; at < n; at++) {
        struct why why = { "" };
        assert_damaged_at(open_bytes(log, at, read, &why), &why, at);
    }
    free(read);
    free(log);
}

static void any_lost_sectors_of_the_last_batch_are_a_torn_tail(void **state)
{
    struct sim_fs *sim = sim_fs_new();
    struct readback *read = malloc(sizeof *read);
    struct log *log;
    struct why why;
    assert_int_equal(fixture_open(sim_fs_fs(sim), 0, read, &log, &why), OK);
    fixture_fill(log, 1, 1, SIZE, 1);
    fixture_fill(log, 2, 1, 6000, 1);
    log_close(log);
    struct bytes b = sim_fs_bytes(sim, path);
    uint8_t *copy = malloc(b.n);
    size_t begin = 2 * LOG_BLOCK, sectors = 12; /* that hold something; the rest is padding */
    for (unsigned lost = 1; lost < BIT(sectors); lost += 7) {
        memcpy(copy, b.p, b.n);
        for (size_t i = 0; i < sectors; i++)
            if (lost & BIT(i))
                memset(copy + begin + i * 512, 0, 512);
        assert_int_equal(open_bytes(copy, b.n, read, &why), OK);
        assert_int_equal(read->found.last, 1);
        assert_true(fixture_holds(read, 1, 1, SIZE, 1));
    }
    free(copy);
    sim_fs_free(sim);
    free(read);
}

/* A log over three segments; gives its files. */
static struct sim_fs *long_log(struct readback *read)
{
    struct sim_fs *sim = sim_fs_new();
    struct log *log;
    struct why why;
    assert_int_equal(fixture_open(sim_fs_fs(sim), 0, read, &log, &why), OK);
    fixture_fill(log, 1, 5, 12000, 1);
    log_close(log);
    return sim;
}

static void the_last_batch_of_an_older_segment_is_the_middle(void **state)
{
    struct readback *read = malloc(sizeof *read);
    struct sim_fs *sim = long_log(read);
    struct why why;
    struct bytes b = sim_fs_bytes(sim, path);
    uint8_t *copy = malloc(b.n);
    size_t second = LOG_BLOCK + 12288;
    memcpy(copy, b.p, b.n);
    copy[second + 100] ^= 1;
    sim_fs_put(sim, path, bytes_of(copy, b.n));
    struct log *log;
    assert_damaged_at(fixture_open(sim_fs_fs(sim), 0, read, &log, &why), &why, second);
    free(copy);
    sim_fs_free(sim);
    free(read);
}

static void a_missing_segment_is_damage(void **state)
{
    for (unsigned gone = 1; gone <= 2; gone++) {
        struct readback *read = malloc(sizeof *read);
        struct sim_fs *sim = long_log(read);
        struct log *log;
        struct why why;
        char name[32];
        snprintf(name, sizeof name, "log/%08x.seg", gone);
        assert_int_equal(sim_fs_fs(sim)->ops->remove(sim_fs_fs(sim), name, &why), OK);
        assert_int_equal(fixture_open(sim_fs_fs(sim), 0, read, &log, &why), ERR_DAMAGED);
        assert_non_null(strstr(why.text, "snapshot restore"));
        sim_fs_free(sim);
        free(read);
    }
}

static void a_damaged_header_right_after_a_reset_is_damage(void **state)
{
    struct readback *read = malloc(sizeof *read);
    struct sim_fs *sim = sim_fs_new();
    struct log *log;
    struct why why;
    assert_int_equal(fixture_open(sim_fs_fs(sim), 0, read, &log, &why), OK);
    assert_int_equal(log_reset(log, 9, 1, &(struct log_hard){ 1, 2, 9 }, &why), OK);
    log_close(log);
    struct bytes b = sim_fs_bytes(sim, "log/00000002.seg");
    uint8_t *copy = malloc(b.n);
    memcpy(copy, b.p, b.n);
    copy[20] ^= 1;
    sim_fs_put(sim, "log/00000002.seg", bytes_of(copy, b.n));
    assert_int_equal(fixture_open(sim_fs_fs(sim), 9, read, &log, &why), ERR_DAMAGED);
    free(copy);
    sim_fs_free(sim);
    free(read);
}

static void a_segment_that_stands_twice_is_damage(void **state)
{
    struct readback *read = malloc(sizeof *read);
    struct sim_fs *sim = long_log(read);
    struct log *log;
    struct why why;
    struct bytes b = sim_fs_bytes(sim, path);
    sim_fs_put(sim, "log/000000ff.seg", b);
    assert_int_equal(fixture_open(sim_fs_fs(sim), 0, read, &log, &why), ERR_DAMAGED);
    sim_fs_free(sim);
    free(read);
}

static void a_batch_moved_to_another_place_does_not_validate(void **state)
{
    size_t n;
    uint8_t *log = small_log(&n);
    struct readback *read = malloc(sizeof *read);
    struct why why;
    memcpy(log + (size_t)LOG_BLOCK * (BATCHES + 1), log + (size_t)LOG_BLOCK * BATCHES, LOG_BLOCK);
    assert_int_equal(open_bytes(log, n, read, &why), OK);
    assert_int_equal(read->found.last, BATCHES);
    assert_int_equal(read->found.torn_bytes, LOG_BLOCK);
    free(read);
    free(log);
}

static void what_an_earlier_life_left_does_not_validate(void **state)
{
    size_t n, m;
    uint8_t *old = small_log(&n);
    uint8_t *log = small_log(&m); /* the same batches under another salt */
    struct readback *read = malloc(sizeof *read);
    struct why why;
    size_t last = (size_t)LOG_BLOCK * BATCHES;
    memcpy(log + last, old + last, LOG_BLOCK);
    assert_int_equal(open_bytes(log, m, read, &why), OK);
    assert_int_equal(read->found.last, BATCHES - 1);
    free(read);
    free(old);
    free(log);
}

static void a_scan_changes_nothing(void **state)
{
    size_t n;
    uint8_t *log = small_log(&n);
    struct readback *read = malloc(sizeof *read);
    struct sim_fs *sim = sim_fs_new();
    struct why why;
    log[(size_t)LOG_BLOCK * BATCHES + 60] ^= 4;
    sim_fs_put(sim, path, bytes_of(log, n));
    assert_int_equal(fixture_scan(sim_fs_fs(sim), read, &why), OK);
    assert_int_equal(read->found.torn_offset, (size_t)LOG_BLOCK * BATCHES);
    assert_true(fixture_holds(read, 1, BATCHES - 1, SIZE, 1));
    assert_int_equal(sim_fs_points(sim), 0);
    sim_fs_free(sim);
    free(read);
    free(log);
}

static void a_torn_tail_is_cut_once(void **state)
{
    size_t n;
    uint8_t *bytes = small_log(&n);
    struct readback *read = malloc(sizeof *read);
    struct sim_fs *sim = sim_fs_new();
    struct log *log;
    struct why why;
    bytes[(size_t)LOG_BLOCK * BATCHES + 60] ^= 4;
    sim_fs_put(sim, path, bytes_of(bytes, n));
    for (int i = 0; i < 2; i++) {
        assert_int_equal(fixture_open(sim_fs_fs(sim), 0, read, &log, &why), OK);
        assert_int_equal(read->found.torn_bytes, i == 0 ? LOG_BLOCK : 0);
        log_close(log);
    }
    sim_fs_free(sim);
    free(read);
    free(bytes);
}

static void another_format_is_refused(void **state)
{
    size_t n;
    uint8_t *log = small_log(&n);
    struct readback *read = malloc(sizeof *read);
    struct why why;
    log[8] = LOG_FORMAT + 1;
    memset(log + 12, 0, 4);
    uint32_t crc = crc32c(0, bytes_of(log, LOG_BLOCK));
    for (int i = 0; i < 4; i++)
        log[12 + i] = (uint8_t)(crc >> (8 * i));
    assert_int_equal(open_bytes(log, n, read, &why), ERR_VERSION);
    assert_non_null(strstr(why.text, path));
    free(read);
    free(log);
}

static void a_log_that_begins_too_late_is_refused(void **state)
{
    struct readback *read = malloc(sizeof *read);
    struct sim_fs *sim = sim_fs_new();
    struct log *log;
    struct why why;
    assert_int_equal(fixture_open(sim_fs_fs(sim), 10, read, &log, &why), OK);
    fixture_fill(log, 11, 2, SIZE, 1);
    log_close(log);
    assert_int_equal(fixture_open(sim_fs_fs(sim), 9, read, &log, &why), ERR_DAMAGED);
    assert_int_equal(fixture_open(sim_fs_fs(sim), 11, read, &log, &why), OK);
    log_close(log);
    sim_fs_free(sim);
    free(read);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_flipped_bit_is_damage_or_a_torn_tail),
        cmocka_unit_test(a_file_cut_at_any_byte_is_damage),
        cmocka_unit_test(any_lost_sectors_of_the_last_batch_are_a_torn_tail),
        cmocka_unit_test(the_last_batch_of_an_older_segment_is_the_middle),
        cmocka_unit_test(a_missing_segment_is_damage),
        cmocka_unit_test(a_damaged_header_right_after_a_reset_is_damage),
        cmocka_unit_test(a_segment_that_stands_twice_is_damage),
        cmocka_unit_test(a_batch_moved_to_another_place_does_not_validate),
        cmocka_unit_test(what_an_earlier_life_left_does_not_validate),
        cmocka_unit_test(a_scan_changes_nothing),
        cmocka_unit_test(a_torn_tail_is_cut_once),
        cmocka_unit_test(another_format_is_refused),
        cmocka_unit_test(a_log_that_begins_too_late_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
