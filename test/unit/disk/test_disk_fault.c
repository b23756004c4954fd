/* Every call of a log's life fails once: the error comes up, says where, and nothing is lost. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "workload.h"

static const struct step steps[] = {
    { STEP_BOTH, 2, 300 },     { STEP_RECYCLE, 4, 0 },    { STEP_APPEND, 1, 20000 },
    { STEP_APPEND, 1, 20000 }, { STEP_APPEND, 1, 60000 }, { STEP_REPLACE, 2, 300 },
    { STEP_REOPEN, 0, 0 },     { STEP_CUT, 1, 0 },        { STEP_RECYCLE, 9, 0 },
    { STEP_SNAPSHOT, 0, 0 },   { STEP_SNAPSHOT, 0, 0 },   { STEP_SNAPSHOT, 0, 0 },
    { STEP_RESET, 2, 0 },      { STEP_APPEND, 1, 300 },   { STEP_RECYCLE, 9, 0 },
};

static void assert_names_the_place(const struct sim_fs *sim, const char *text)
{
    uint64_t offset;
    char number[32];
    assert_non_null(strstr(text, sim_fs_failed_path(sim)));
    if (!sim_fs_failed_offset(sim, &offset))
        return;
    snprintf(number, sizeof number, "offset %" PRIu64, offset);
    assert_non_null(strstr(text, number));
}

/* False when N is beyond the last call. */
static bool fail_call(uint64_t n)
{
    struct sim_fs *sim = sim_fs_new();
    struct life *life = malloc(sizeof *life);
    life_begin(life, sim);
    sim_fs_fail_at(sim, n);
    enum err e = life_run(life, steps, ARRAY_LEN(steps));
    life_end(life);
    assert_int_equal(sim_fs_open_n(sim), 0);
    if (e != OK) {
        assert_int_equal(e, ERR_IO);
        assert_names_the_place(sim, life->why.text);
        const char *wrong = life_judge(life);
        if (wrong != NULL)
            fail_msg("call %u: %s (%s)", (unsigned)n, wrong, life->why.text);
    }
    life_end(life);
    sim_fs_free(sim);
    free(life);
    return e != OK;
}

static void any_call_may_fail_and_says_where(void **state)
{
    uint64_t n = 1;
    while (fail_call(n))
        n++;
    assert_true(n > 100); /* the life has about that many calls */
}

static void a_failed_log_takes_no_more_writes(void **state)
{
    struct sim_fs *sim = sim_fs_new();
    struct readback *read = malloc(sizeof *read);
    struct log *log;
    struct why why;
    struct fact f = { 1, 1, 1, 100 };
    assert_int_equal(fixture_open(sim_fs_fs(sim), 0, read, &log, &why), OK);
    sim_fs_fail_at(sim, 1);
    assert_int_equal(fixture_append(log, &f, 1, NULL, &why), ERR_IO);
    assert_int_equal(fixture_append(log, &f, 1, NULL, &why), ERR_IO);
    assert_int_equal(log_cut(log, 1, &why), ERR_IO);
    assert_int_equal(log_reset(log, 5, 1, NULL, &why), ERR_IO);
    log_close(log);
    free(read);
    sim_fs_free(sim);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_call_may_fail_and_says_where),
        cmocka_unit_test(a_failed_log_takes_no_more_writes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
