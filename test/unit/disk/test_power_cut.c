/* The power goes at every single write and sync of a log's life; what was acknowledged is there.
 *
 * DISK_SEEDS=n tries more random lives; a failure prints seed, point and chance. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "workload.h"

enum { CHANCES = 4, STEPS_MAX = 24 };

struct trial {
    const struct step *steps;
    size_t step_n;
    bool lies;
};

static uint64_t count_points(const struct trial *t)
{
    struct sim_fs *sim = sim_fs_new();
    struct life *life = malloc(sizeof *life);
    life_begin(life, sim);
    assert_int_equal(life_run(life, t->steps, t->step_n), OK);
    life_end(life);
    uint64_t points = sim_fs_points(sim);
    assert_int_equal(sim_fs_open_n(sim), 0);
    sim_fs_free(sim);
    free(life);
    return points;
}

/* Opening is cut off as well, once, before the one that is judged. */
static void cut_the_opening_too(struct life *life, uint64_t chance)
{
    struct readback read;
    struct why why;
    sim_fs_cut_at(life->sim, 1 + chance % 5);
    if (fixture_open(sim_fs_fs(life->sim), life->next.base, &read, &life->log, &why) != OK)
        life->log = NULL;
    life_end(life);
    sim_fs_reboot(life->sim, chance * 77 + 5);
}

/* NULL, or what is wrong after the power went at POINT. */
static const char *cut_at(const struct trial *t, uint64_t point, uint64_t chance, char *ret_why)
{
    struct sim_fs *sim = sim_fs_new();
    struct life *life = malloc(sizeof *life);
    life_begin(life, sim);
    if (t->lies)
        sim_fs_lie(sim);
    sim_fs_cut_at(sim, point);
    enum err e = life_run(life, t->steps, t->step_n);
    life_end(life);
    const char *wrong = e == OK ? "no step failed" : NULL;
    if (wrong == NULL) {
        sim_fs_reboot(sim, point * CHANCES + chance);
        if (chance % 2 == 1)
            cut_the_opening_too(life, point + chance);
        wrong = life_judge(life);
    }
    snprintf(ret_why, sizeof life->why.text, "%s", life->why.text);
    life_end(life);
    sim_fs_free(sim);
    free(life);
    return wrong;
}

/* How many of all cuts leave something wrong; the first is printed. */
static size_t failures(const struct trial *t, const char *name, uint64_t seed, bool quiet)
{
    size_t failed = 0;
    uint64_t points = count_points(t);
    for (uint64_t point = 1; point <= points; point++)
        for (uint64_t chance = 0; chance < CHANCES; chance++) {
            char why[512];
            const char *wrong = cut_at(t, point, chance, why);
            if (wrong != NULL && failed++ == 0 && !quiet)
                print_error("%s seed=%u point=%u of %u chance=%u: %s (%s)\n", name, (unsigned)seed,
                            (unsigned)point, (unsigned)points, (unsigned)chance, wrong, why);
        }
    return failed;
}

static const struct step one_segment[] = {
    { STEP_APPEND, 1, 300 },   { STEP_BOTH, 3, 300 }, { STEP_HARD, 0, 0 },
    { STEP_REPLACE, 2, 10 },   { STEP_APPEND, 2, 0 }, { STEP_REOPEN, 0, 0 },
    { STEP_REPLACE, 1, 9000 },
};
static const struct step many_segments[] = {
    { STEP_RECYCLE, 3, 0 },    { STEP_APPEND, 1, 20000 },  { STEP_APPEND, 1, 20000 },
    { STEP_BOTH, 1, 60000 },   { STEP_APPEND, 2, 300 },    { STEP_RECYCLE, 4, 0 },
    { STEP_APPEND, 1, 20000 }, { STEP_CUT, 1, 0 },         { STEP_RECYCLE, 8, 0 },
    { STEP_APPEND, 1, 20000 }, { STEP_REPLACE, 1, 20000 }, { STEP_CUT, 0, 0 },
    { STEP_RECYCLE, 9, 0 },    { STEP_APPEND, 1, 20000 },  { STEP_RECYCLE, 9, 0 },
};
static const struct step snapshots_and_resets[] = {
    { STEP_BOTH, 2, 300 },     { STEP_SNAPSHOT, 0, 0 }, { STEP_RESET, 3, 0 },
    { STEP_APPEND, 2, 300 },   { STEP_SNAPSHOT, 0, 0 }, { STEP_SNAPSHOT, 0, 0 },
    { STEP_APPEND, 1, 31000 }, { STEP_RESET, 1, 0 },    { STEP_SNAPSHOT, 0, 0 },
    { STEP_RECYCLE, 6, 0 },    { STEP_RESET, 1, 0 },    { STEP_REOPEN, 0, 0 },
    { STEP_APPEND, 1, 300 },
};

static void batches_of_one_segment_survive(void **state)
{
    struct trial t = { one_segment, ARRAY_LEN(one_segment), false };
    assert_int_equal(failures(&t, "one segment", 0, false), 0);
}

static void changing_recycling_and_cutting_segments_survives(void **state)
{
    struct trial t = { many_segments, ARRAY_LEN(many_segments), false };
    assert_int_equal(failures(&t, "many segments", 0, false), 0);
}

static void snapshots_and_resets_survive(void **state)
{
    struct trial t = { snapshots_and_resets, ARRAY_LEN(snapshots_and_resets), false };
    assert_int_equal(failures(&t, "snapshots and resets", 0, false), 0);
}

static void random_lives_survive(void **state)
{
    uint64_t seeds = dice_env("DISK_SEEDS", 8);
    for (uint64_t seed = 1; seed <= seeds; seed++) {
        struct step steps[STEPS_MAX];
        struct trial t = { steps, random_steps(seed, steps, STEPS_MAX), false };
        assert_int_equal(failures(&t, "random", seed, false), 0);
    }
}

/* The process is killed at POINT, the next one reads what it left, and then the power goes. */
static void kill_then_cut(const struct trial *t, uint64_t point)
{
    struct sim_fs *sim = sim_fs_new();
    struct life *life = malloc(sizeof *life);
    struct readback *first = malloc(sizeof *first), *second = malloc(sizeof *second);
    life_begin(life, sim);
    sim_fs_cut_at(sim, point);
    assert_int_not_equal(life_run(life, t->steps, t->step_n), OK);
    life_end(life);
    sim_fs_revive(sim);
    struct fs *fs = sim_fs_fs(sim);
    assert_int_equal(fixture_open(fs, life->next.base, first, &life->log, &life->why), OK);
    life_end(life);
    sim_fs_reboot(sim, point);
    assert_int_equal(fixture_open(fs, life->next.base, second, &life->log, &life->why), OK);
    life_end(life);
    assert_memory_equal(first->facts, second->facts, sizeof first->facts);
    assert_memory_equal(&first->found.hard, &second->found.hard, sizeof first->found.hard);
    free(first);
    free(second);
    free(life);
    sim_fs_free(sim);
}

static void what_a_killed_process_left_is_durable_once_it_was_read(void **state)
{
    struct trial t = { many_segments, ARRAY_LEN(many_segments), false };
    uint64_t points = count_points(&t);
    for (uint64_t point = 1; point <= points; point++)
        kill_then_cut(&t, point);
}

/* The proof of the proof: were the disk to report a write before it is durable, this would show. */
static void a_disk_that_reports_early_is_found_out(void **state)
{
    struct trial t = { one_segment, ARRAY_LEN(one_segment), true };
    assert_true(failures(&t, "lies", 0, true) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(batches_of_one_segment_survive),
        cmocka_unit_test(changing_recycling_and_cutting_segments_survives),
        cmocka_unit_test(snapshots_and_resets_survive),
        cmocka_unit_test(random_lives_survive),
        cmocka_unit_test(what_a_killed_process_left_is_durable_once_it_was_read),
        cmocka_unit_test(a_disk_that_reports_early_is_found_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
