/* An entry whose apply ends every start: what the server says of it, and the way out. */
#include "replica/replica.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "kernel.h"
#include "test/lib/tempdir.h"

enum { COMMAND_POISON = COMMAND_KIND_UPPER };

static char *dir;
static struct kernel kernel;
static char logged[16384];

static void note_line(void *ctx, struct bytes line)
{
    size_t n = strlen(logged);
    snprintf(logged + n, sizeof logged - n, "%.*s", (int)line.n, (const char *)line.p);
}

static uint64_t no_time(void *ctx)
{
    return 0;
}

static int setup(void **state)
{
    dir = tempdir_new();
    logged[0] = 0;
    const struct log_setup log = { .level = LOG_WARN, .sink = note_line, .wall_ms = no_time };
    log_set(&log);
    return 0;
}

static int teardown(void **state)
{
    log_set(&(struct log_setup){ 0 });
    tempdir_free(dir);
    return 0;
}

/* -- a kind of command whose run fails as if by the disk --------------------------------------- */

static enum err let_in(void *ctx, struct apply_context *apply, struct bytes body, struct arena *a,
                       void **ret_plan)
{
    return OK;
}

static enum err fail_to_run(void *ctx, struct apply_context *apply, void *plan, uint64_t *rows,
                            bool *ret_done)
{
    return ERR_IO;
}

static const struct command_kind_row kinds[] = {
    { (enum command_kind)COMMAND_POISON, "poison", let_in, fail_to_run },
};

static void kernel_prepare(uint64_t skip)
{
    kernel_init(&kernel, dir);
    kernel.replica_options.kinds = kinds;
    kernel.replica_options.kind_n = 1;
    kernel.replica_options.skip_index = skip;
}

static void submit_poison(void *ctx)
{
    hub_submit(kernel.hub, kernel.granted, (enum command_kind)COMMAND_POISON, bytes_str("x"), NULL,
               NULL);
}

/* In a process of its own, which the poison ends; its exit code. RET_INDEX: of the entry. */
static int die_of_poison(uint64_t *ret_index)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        struct replica_status status;
        kernel_prepare(0);
        kernel_start(&kernel);
        kernel_put(&kernel, "before", "1", 0);
        replica_status(kernel.replica, &status);
        uint64_t index = status.applied + 1;
        if (write(ends[1], &index, sizeof index) != sizeof index)
            _exit(1);
        kernel_call(&kernel, submit_poison, NULL);
        for (;;)
            pause();
    }
    int status;
    assert_true(child > 0);
    assert_int_equal(read(ends[0], ret_index, sizeof *ret_index), sizeof *ret_index);
    assert_int_equal(waitpid(child, &status, 0), child);
    close(ends[0]);
    close(ends[1]);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void assert_does_not_start(uint64_t skip, uint64_t poison)
{
    struct why why = { 0 };
    char way_out[64];
    kernel_prepare(skip);
    assert_int_equal(kernel_try_start(&kernel, &why), ERR_IO);
    snprintf(way_out, sizeof way_out, "--skip-entry %llu`", (unsigned long long)poison);
    assert_non_null(strstr(why.text, way_out));
    kernel_fini(&kernel);
}

static void assert_value(const char *key, const char *wanted)
{
    char value[32] = "";
    assert_true(kernel_get(&kernel, key, value, sizeof value));
    assert_string_equal(value, wanted);
}

/* -- claims ----------------------------------------------------------------------------------- */

static void poison_ends_the_process_and_every_start(void **state)
{
    uint64_t poison;
    assert_int_equal(die_of_poison(&poison), 70);
    assert_does_not_start(0, poison);
    assert_does_not_start(0, poison);
}

static void another_index_skips_nothing(void **state)
{
    uint64_t poison;
    die_of_poison(&poison);
    assert_does_not_start(poison - 1, poison);
    assert_does_not_start(poison + 1, poison);
}

static void skipped_entry_leaves_the_rest_and_a_loud_record(void **state)
{
    uint64_t poison;
    char record[64];
    die_of_poison(&poison);
    kernel_prepare(poison);
    kernel_start(&kernel);
    snprintf(record, sizeof record, "LEAVES OUT");
    assert_non_null(strstr(logged, record));
    snprintf(record, sizeof record, "index=%llu", (unsigned long long)poison);
    assert_non_null(strstr(logged, record));
    assert_value("before", "1");
    assert_int_equal(kernel_revision(&kernel), 2); /* the entry took none */
    assert_int_equal(kernel_put(&kernel, "after", "2", 0), 3);
    kernel_stop(&kernel, true);
    kernel_fini(&kernel);
}

static void skipped_entry_is_skipped_once(void **state)
{
    uint64_t poison;
    die_of_poison(&poison);
    kernel_prepare(poison);
    kernel_start(&kernel);
    kernel_put(&kernel, "after", "2", 0);
    kernel_stop(&kernel, false);
    kernel_fini(&kernel);

    kernel_prepare(0); /* the view is past it */
    kernel_start(&kernel);
    assert_value("after", "2");
    kernel_stop(&kernel, true);
    kernel_fini(&kernel);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(poison_ends_the_process_and_every_start),
        T(another_index_skips_nothing),
        T(skipped_entry_leaves_the_rest_and_a_loud_record),
        T(skipped_entry_is_skipped_once),
    };
    return cmocka_run_group_tests_name("poison", tests, NULL, NULL);
}
