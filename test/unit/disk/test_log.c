/* What a log gives back: append, replace, read, cut, reset, oversize, recycle. */
#include "disk/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "disk/log_format.h"
#include "fixture.h"

struct set {
    struct sim_fs *sim;
    struct log *log;
    struct readback read;
    struct why why;
};

static int set_up(void **state)
{
    struct set *s = calloc(1, sizeof *s);
    s->sim = sim_fs_new();
    assert_int_equal(fixture_open(sim_fs_fs(s->sim), 0, &s->read, &s->log, &s->why), OK);
    *state = s;
    return 0;
}

static int tear_down(void **state)
{
    struct set *s = *state;
    log_close(s->log);
    assert_int_equal(sim_fs_open_n(s->sim), 0);
    sim_fs_free(s->sim);
    free(s);
    return 0;
}

static void reopen(struct set *s, uint64_t base)
{
    log_close(s->log);
    s->log = NULL;
    enum err e = fixture_open(sim_fs_fs(s->sim), base, &s->read, &s->log, &s->why);
    if (e != OK)
        fail_msg("%s", s->why.text);
}

static void recycle_all(struct set *s)
{
    bool done = false;
    for (int i = 0; i < 200 && !done; i++)
        assert_int_equal(log_recycle(s->log, &done, &s->why), OK);
    assert_true(done);
}

static void read_back(struct set *s, uint64_t low, uint64_t high, uint64_t bytes)
{
    s->read = (struct readback){ 0 };
    assert_int_equal(log_read(s->log, low, high, bytes, fixture_note, &s->read, &s->why), OK);
}

static void a_new_log_is_empty(void **state)
{
    struct set *s = *state;
    assert_int_equal(s->read.found.first, 1);
    assert_int_equal(s->read.found.last, 0);
    assert_int_equal(s->read.found.torn_bytes, 0);
}

static void a_new_log_begins_behind_its_base(void **state)
{
    struct set *s = *state;
    struct sim_fs *sim = sim_fs_new();
    struct log *log;
    assert_int_equal(fixture_open(sim_fs_fs(sim), 41, &s->read, &log, &s->why), OK);
    assert_int_equal(s->read.found.first, 42);
    assert_int_equal(s->read.found.last, 41);
    assert_int_equal(s->read.found.last_term, 1);
    fixture_fill(log, 42, 1, 10, 1);
    log_close(log);
    sim_fs_free(sim);
}

static void entries_come_back_as_they_went(void **state)
{
    struct set *s = *state;
    fixture_fill(s->log, 1, 20, 300, 3);
    reopen(s, 0);
    assert_true(fixture_holds(&s->read, 1, 20, 300, 3));
    assert_int_equal(s->read.n, 20);
    assert_int_equal(s->read.found.last_term, 3);
}

static void kinds_come_back_as_they_went(void **state)
{
    struct set *s = *state;
    struct log_entry entry = { .index = 1, .term = 1, .kind = LOG_ENTRY_MEMBERSHIP };
    assert_int_equal(log_append(s->log, &entry, 1, NULL, &s->why), OK);
    read_back(s, 1, 1, 1);
    assert_int_equal(s->read.n, 1);
    struct bytes b = sim_fs_bytes(s->sim, "log/00000001.seg");
    assert_int_equal(b.p[LOG_BLOCK + LOG_BATCH_HEAD + 5], LOG_ENTRY_MEMBERSHIP);
}

static void the_hard_state_comes_back(void **state)
{
    struct set *s = *state;
    struct log_hard hard = { 5, 77, 3 };
    assert_int_equal(log_append(s->log, NULL, 0, &hard, &s->why), OK);
    reopen(s, 0);
    assert_memory_equal(&s->read.found.hard, &hard, sizeof hard);
}

static void nothing_to_write_writes_nothing(void **state)
{
    struct set *s = *state;
    struct log_figures f;
    assert_int_equal(log_append(s->log, NULL, 0, NULL, &s->why), OK);
    log_figures(s->log, &f);
    assert_int_equal(f.syncs, 0);
}

static void entries_from_an_index_on_are_replaced(void **state)
{
    struct set *s = *state;
    struct fact facts[] = { { 6, 2, 6002, 50 }, { 7, 2, 7002, 50 } };
    fixture_fill(s->log, 1, 10, 300, 1);
    assert_int_equal(fixture_append(s->log, facts, 2, NULL, &s->why), OK);
    reopen(s, 0);
    assert_int_equal(s->read.found.last, 7);
    assert_int_equal(s->read.n, 7);
    assert_true(fixture_holds(&s->read, 1, 5, 300, 1));
    assert_true(fixture_holds(&s->read, 6, 7, 50, 2));
}

static void a_truncation_may_split_a_batch(void **state)
{
    struct set *s = *state;
    struct fact facts[4];
    for (uint64_t i = 0; i < 4; i++)
        facts[i] = (struct fact){ i + 1, 1, (i + 1) * 1000 + 1, 40 };
    struct fact other = { 3, 2, 3002, 40 };
    assert_int_equal(fixture_append(s->log, facts, 4, NULL, &s->why), OK);
    assert_int_equal(fixture_append(s->log, &other, 1, NULL, &s->why), OK);
    read_back(s, 1, 9, UINT64_MAX);
    assert_int_equal(s->read.n, 3);
    assert_true(fixture_holds(&s->read, 1, 2, 40, 1));
    assert_true(fixture_holds(&s->read, 3, 3, 40, 2));
}

static void a_gap_is_refused(void **state)
{
    struct set *s = *state;
    struct fact gap = { 3, 1, 1, 10 };
    struct fact holes[] = { { 1, 1, 1, 10 }, { 3, 1, 1, 10 } };
    assert_int_equal(fixture_append(s->log, &gap, 1, NULL, &s->why), ERR_INVALID);
    assert_int_equal(fixture_append(s->log, holes, 2, NULL, &s->why), ERR_INVALID);
    fixture_fill(s->log, 1, 1, 10, 1);
}

static void reading_stops_at_the_bytes_asked_for(void **state)
{
    struct set *s = *state;
    fixture_fill(s->log, 1, 10, 100, 1);
    read_back(s, 3, 10, 250);
    assert_int_equal(s->read.n, 3);
    assert_true(fixture_holds(&s->read, 3, 5, 100, 1));
    read_back(s, 3, 10, 0);
    assert_int_equal(s->read.n, 1);
}

static void what_is_not_there_reads_as_nothing(void **state)
{
    struct set *s = *state;
    read_back(s, 1, 5, 100);
    assert_int_equal(s->read.n, 0);
    fixture_fill(s->log, 1, 2, 100, 1);
    read_back(s, 3, 5, 100);
    assert_int_equal(s->read.n, 0);
    read_back(s, 0, 2, 100);
    assert_int_equal(s->read.n, 0);
}

static void a_batch_too_large_for_the_rest_goes_to_the_next_segment(void **state)
{
    struct set *s = *state;
    struct log_figures f;
    fixture_fill(s->log, 1, 4, 12000, 1);
    log_figures(s->log, &f);
    assert_int_equal(f.bytes, 2 * FIXTURE_SEGMENT);
    reopen(s, 0);
    assert_true(fixture_holds(&s->read, 1, 4, 12000, 1));
}

static void a_batch_larger_than_a_segment_gets_its_own(void **state)
{
    struct set *s = *state;
    fixture_fill(s->log, 1, 2, 300, 1);
    fixture_fill(s->log, 3, 2, 100000, 1);
    fixture_fill(s->log, 5, 2, 300, 1);
    reopen(s, 0);
    assert_true(fixture_holds(&s->read, 1, 2, 300, 1));
    assert_true(fixture_holds(&s->read, 3, 4, 100000, 1));
    assert_true(fixture_holds(&s->read, 5, 6, 300, 1));
}

static void the_largest_entry_is_taken_and_one_byte_more_refused(void **state)
{
    struct set *s = *state;
    uint8_t *payload = calloc(1, LOG_ENTRY_MAX + 1);
    struct log_entry entry = { .index = 1, .term = 1 };
    entry.payload = bytes_of(payload, LOG_ENTRY_MAX + 1);
    assert_int_equal(log_append(s->log, &entry, 1, NULL, &s->why), ERR_TOO_BIG);
    entry.payload.n = LOG_ENTRY_MAX;
    assert_int_equal(log_append(s->log, &entry, 1, NULL, &s->why), OK);
    free(payload);
    log_close(s->log);
    s->log = NULL;
    struct log_options options = fixture_options(sim_fs_fs(s->sim), 0);
    assert_int_equal(log_open(&options, NULL, NULL, &s->read.found, &s->log, &s->why), OK);
    assert_int_equal(s->read.found.last, 1);
}

static void a_cut_drops_whole_segments_below(void **state)
{
    struct set *s = *state;
    struct log_figures f;
    fixture_fill(s->log, 1, 10, 12000, 1); /* two a segment */
    assert_int_equal(log_cut(s->log, 6, &s->why), OK);
    log_figures(s->log, &f);
    assert_int_equal(f.first, 5);
    assert_int_equal(f.last, 10);
    assert_int_equal(f.since_bytes, 0);
    reopen(s, 5);
    assert_int_equal(s->read.found.first, 5);
    assert_true(fixture_holds(&s->read, 5, 10, 12000, 1));
}

static void a_cut_keeps_the_segment_being_written(void **state)
{
    struct set *s = *state;
    fixture_fill(s->log, 1, 2, 300, 1);
    assert_int_equal(log_cut(s->log, 3, &s->why), OK);
    fixture_fill(s->log, 3, 1, 300, 1);
    reopen(s, 2);
    assert_int_equal(s->read.found.last, 3);
}

static void a_cut_loses_no_hard_state(void **state)
{
    struct set *s = *state;
    struct log_hard hard = { 9, 8, 0 };
    assert_int_equal(log_append(s->log, NULL, 0, &hard, &s->why), OK);
    fixture_fill(s->log, 1, 6, 12000, 1);
    assert_int_equal(log_cut(s->log, 6, &s->why), OK);
    reopen(s, 5);
    assert_memory_equal(&s->read.found.hard, &hard, sizeof hard);
}

static void a_reset_leaves_only_the_snapshots_place(void **state)
{
    struct set *s = *state;
    struct log_hard hard = { 4, 2, 100 };
    fixture_fill(s->log, 1, 6, 12000, 1);
    assert_int_equal(log_reset(s->log, 100, 4, &hard, &s->why), OK);
    reopen(s, 100);
    assert_int_equal(s->read.n, 0);
    assert_int_equal(s->read.found.first, 101);
    assert_int_equal(s->read.found.last_term, 4);
    assert_memory_equal(&s->read.found.hard, &hard, sizeof hard);
    fixture_fill(s->log, 101, 1, 300, 4);
}

static void a_recycled_segment_is_all_zero_and_taken_next(void **state)
{
    struct set *s = *state;
    fixture_fill(s->log, 1, 4, 12000, 1); /* segments 1 and 2 */
    assert_int_equal(log_cut(s->log, 3, &s->why), OK);
    assert_null(sim_fs_bytes(s->sim, "log/00000001.seg").p);
    assert_non_null(sim_fs_bytes(s->sim, "log/00000001.spare").p);
    recycle_all(s);
    struct bytes b = sim_fs_bytes(s->sim, "log/00000001.seg");
    assert_int_equal(b.n, FIXTURE_SEGMENT);
    for (size_t i = 0; i < b.n; i++)
        assert_int_equal(b.p[i], 0);
    fixture_fill(s->log, 5, 2, 12000, 1);
    assert_int_equal(sim_fs_bytes(s->sim, "log/00000001.seg").p[0], 'M');
    assert_null(sim_fs_bytes(s->sim, "log/00000003.seg").p);
    reopen(s, 2);
    assert_true(fixture_holds(&s->read, 3, 6, 12000, 1));
}

static void with_a_spare_ready_a_new_segment_costs_one_more_write(void **state)
{
    struct set *s = *state;
    fixture_fill(s->log, 1, 2, 12000, 1);
    recycle_all(s);
    uint64_t points = sim_fs_points(s->sim);
    fixture_fill(s->log, 3, 1, 12000, 1);
    assert_int_equal(sim_fs_points(s->sim) - points, 2);
}

static void a_batch_costs_one_write(void **state)
{
    struct set *s = *state;
    fixture_fill(s->log, 1, 1, 300, 1);
    uint64_t calls = sim_fs_calls(s->sim);
    fixture_fill(s->log, 2, 1, 300, 1);
    assert_int_equal(sim_fs_calls(s->sim) - calls, 1);
}

static void a_ready_spare_outlives_a_restart(void **state)
{
    struct set *s = *state;
    recycle_all(s);
    reopen(s, 0);
    bool done;
    assert_int_equal(log_recycle(s->log, &done, &s->why), OK);
    assert_true(done);
}

static void spares_beyond_need_are_removed(void **state)
{
    struct set *s = *state;
    fixture_fill(s->log, 1, 30, 12000, 1);
    assert_int_equal(log_cut(s->log, 30, &s->why), OK);
    recycle_all(s);
    size_t n = 0;
    for (unsigned i = 1; i < 40; i++) {
        char name[32];
        snprintf(name, sizeof name, "log/%08x.spare", i);
        n += sim_fs_bytes(s->sim, name).p != NULL;
    }
    assert_in_range(n, 1, 4);
}

static enum err refuse(void *ctx, const struct log_entry *entry)
{
    return ERR_RULES;
}

static void an_error_of_the_reader_ends_the_opening(void **state)
{
    struct set *s = *state;
    struct log_options options = fixture_options(sim_fs_fs(s->sim), 0);
    fixture_fill(s->log, 1, 1, 10, 1);
    log_close(s->log);
    s->log = NULL;
    assert_int_equal(log_open(&options, refuse, NULL, &s->read.found, &s->log, &s->why), ERR_RULES);
}

static void the_opening_gives_what_the_caller_has_not(void **state)
{
    struct set *s = *state;
    struct log_options options = fixture_options(sim_fs_fs(s->sim), 3);
    fixture_fill(s->log, 1, 5, 300, 1);
    log_close(s->log);
    s->log = NULL;
    s->read.n = 0;
    assert_int_equal(log_open(&options, fixture_note, &s->read, &s->read.found, &s->log, &s->why),
                     OK);
    assert_int_equal(s->read.found.first, 1);
    assert_int_equal(s->read.n, 2);
    assert_int_equal(s->read.facts[0].index, 4);
    assert_int_equal(s->read.facts[1].index, 5);
}

static void a_log_that_must_exist_is_not_begun_anew(void **state)
{
    struct set *s = *state;
    struct sim_fs *empty = sim_fs_new();
    struct log_options options = fixture_options(sim_fs_fs(empty), 7);
    struct log *log = NULL;
    options.must_exist = true;
    assert_int_equal(log_open(&options, NULL, NULL, &s->read.found, &log, &s->why), ERR_DAMAGED);
    options.must_exist = false; /* nothing was left behind */
    assert_int_equal(log_open(&options, NULL, NULL, &s->read.found, &log, &s->why), OK);
    assert_int_equal(s->read.found.first, 8);
    log_close(log);
    sim_fs_free(empty);
}

static void figures_count_what_was_written(void **state)
{
    struct set *s = *state;
    struct log_figures f;
    fixture_fill(s->log, 1, 3, 300, 1);
    log_figures(s->log, &f);
    assert_int_equal(f.syncs, 3);
    assert_int_equal(f.written_bytes, 3 * LOG_BLOCK);
    assert_int_equal(f.since_bytes, 3 * LOG_BLOCK);
    assert_int_equal(f.bytes, FIXTURE_SEGMENT);
}

static void bytes_behind_an_index_are_those_of_later_batches(void **state)
{
    struct set *s = *state;
    assert_int_equal(log_bytes_behind(s->log, 0), 0);
    fixture_fill(s->log, 1, 10, 12000, 1); /* a batch each */
    for (int round = 0; round < 2; round++) {
        for (uint64_t index = 0; index <= 10; index++)
            assert_int_equal(log_bytes_behind(s->log, index), (10 - index) * 3 * LOG_BLOCK);
        assert_int_equal(log_bytes_behind(s->log, 1000), 0);
        reopen(s, 0);
    }
    assert_int_equal(log_cut(s->log, 6, &s->why), OK);
    assert_int_equal(log_bytes_behind(s->log, 0), 6 * 3 * LOG_BLOCK);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_new_log_is_empty),
        TEST(a_new_log_begins_behind_its_base),
        TEST(entries_come_back_as_they_went),
        TEST(kinds_come_back_as_they_went),
        TEST(the_hard_state_comes_back),
        TEST(nothing_to_write_writes_nothing),
        TEST(entries_from_an_index_on_are_replaced),
        TEST(a_truncation_may_split_a_batch),
        TEST(a_gap_is_refused),
        TEST(reading_stops_at_the_bytes_asked_for),
        TEST(what_is_not_there_reads_as_nothing),
        TEST(a_batch_too_large_for_the_rest_goes_to_the_next_segment),
        TEST(a_batch_larger_than_a_segment_gets_its_own),
        TEST(the_largest_entry_is_taken_and_one_byte_more_refused),
        TEST(a_cut_drops_whole_segments_below),
        TEST(a_cut_keeps_the_segment_being_written),
        TEST(a_cut_loses_no_hard_state),
        TEST(a_reset_leaves_only_the_snapshots_place),
        TEST(a_recycled_segment_is_all_zero_and_taken_next),
        TEST(with_a_spare_ready_a_new_segment_costs_one_more_write),
        TEST(a_batch_costs_one_write),
        TEST(a_ready_spare_outlives_a_restart),
        TEST(spares_beyond_need_are_removed),
        TEST(an_error_of_the_reader_ends_the_opening),
        TEST(the_opening_gives_what_the_caller_has_not),
        TEST(bytes_behind_an_index_are_those_of_later_batches),
        TEST(a_log_that_must_exist_is_not_begun_anew),
        TEST(figures_count_what_was_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
