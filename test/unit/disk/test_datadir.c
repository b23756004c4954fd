/* The data directory on the machine's own files. */
#include "disk/datadir.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "test/lib/tempdir.h"

struct set {
    char *path;
    struct datadir *dir;
    struct why why;
};

static int set_up(void **state)
{
    struct set *s = calloc(1, sizeof *s);
    s->path = tempdir_new();
    *state = s;
    return 0;
}

static int tear_down(void **state)
{
    struct set *s = *state;
    datadir_close(s->dir);
    tempdir_free(s->path);
    free(s);
    return 0;
}

static void open_dir(struct set *s)
{
    enum err e = datadir_open(s->path, false, &s->dir, &s->why);
    if (e != OK)
        fail_msg("%s", s->why.text);
}

static void close_dir(struct set *s)
{
    datadir_close(s->dir);
    s->dir = NULL;
}

static void put_file(const struct set *s, const char *name, const char *text)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", s->path, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void get_file(const struct set *s, const char *name, char *into, size_t n)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", s->path, name);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    into[fread(into, 1, n - 1, f)] = '\0';
    fclose(f);
}

static bool has_file(const struct set *s, const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", s->path, name);
    return access(path, F_OK) == 0;
}

/* An open directory with a view that is marked in use. */
static void open_in_use(struct set *s)
{
    open_dir(s);
    put_file(s, "view/view.mdb", "pages");
    assert_int_equal(datadir_mark_in_use(s->dir, &s->why), OK);
}

static void a_new_directory_has_its_parts(void **state)
{
    struct set *s = *state;
    char text[64];
    open_dir(s);
    assert_true(has_file(s, "log") && has_file(s, "snap") && has_file(s, "view"));
    get_file(s, "format", text, sizeof text);
    assert_string_equal(text, "muster-data 1\n");
    assert_int_equal(datadir_view(s->dir), VIEW_FRESH);
}

static void a_second_owner_is_refused_and_told_the_first(void **state)
{
    struct set *s = *state;
    struct datadir *second;
    char pid[32];
    open_dir(s);
    assert_int_equal(datadir_open(s->path, false, &second, &s->why), ERR_LOCKED);
    snprintf(pid, sizeof pid, "pid %ld", (long)getpid());
    assert_non_null(strstr(s->why.text, pid));
    close_dir(s);
    open_dir(s);
}

static void a_replaced_lock_file_is_noticed(void **state)
{
    struct set *s = *state;
    char path[4096];
    open_in_use(s);
    snprintf(path, sizeof path, "%s/lock", s->path);
    assert_int_equal(unlink(path), 0);
    put_file(s, "lock", "pid 1\nowner 0\n");
    assert_int_equal(datadir_mark_clean(s->dir, &s->why), ERR_LOCKED);
}

static void an_unknown_format_is_refused(void **state)
{
    struct set *s = *state;
    put_file(s, "format", "muster-data 2\n");
    assert_int_equal(datadir_open(s->path, false, &s->dir, &s->why), ERR_VERSION);
    put_file(s, "format", "something else\n");
    assert_int_equal(datadir_open(s->path, false, &s->dir, &s->why), ERR_DAMAGED);
}

static void a_log_without_a_format_is_refused(void **state)
{
    struct set *s = *state;
    char path[4096];
    snprintf(path, sizeof path, "%s/log", s->path);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(datadir_open(s->path, false, &s->dir, &s->why), ERR_DAMAGED);
}

static void a_clean_view_is_taken(void **state)
{
    struct set *s = *state;
    open_in_use(s);
    assert_int_equal(datadir_mark_clean(s->dir, &s->why), OK);
    close_dir(s);
    open_dir(s);
    assert_int_equal(datadir_view(s->dir), VIEW_CLEAN);
}

static void a_view_in_use_is_taken_under_the_same_boot(void **state)
{
    struct set *s = *state;
    open_in_use(s);
    close_dir(s);
    open_dir(s);
    assert_int_equal(datadir_view(s->dir), VIEW_IN_USE);
}

static void a_view_nobody_vouches_for_is_rebuilt(void **state)
{
    struct set *s = *state;
    open_in_use(s);
    assert_int_equal(unlink(datadir_state_path(s->dir)), 0);
    close_dir(s);
    open_dir(s);
    assert_int_equal(datadir_view(s->dir), VIEW_REBUILD);
}

static void an_unreadable_state_means_rebuilding(void **state)
{
    struct set *s = *state;
    char text[512];
    open_in_use(s);
    close_dir(s);
    get_file(s, "view.state", text, sizeof text);
    text[strlen(text) / 2] ^= 1;
    put_file(s, "view.state", text);
    open_dir(s);
    assert_int_equal(datadir_view(s->dir), VIEW_REBUILD);
}

static void a_copy_of_a_running_directory_is_refused(void **state)
{
    struct set *s = *state;
    char command[9000], copy[4096];
    open_in_use(s);
    snprintf(copy, sizeof copy, "%s/copy", s->path);
    snprintf(command, sizeof command,
             "mkdir '%s' && cd '%s' && cp -a format log snap view view.state copy/", copy, s->path);
    assert_int_equal(system(command), 0);
    struct datadir *other;
    assert_int_equal(datadir_open(copy, false, &other, &s->why), ERR_DAMAGED);
    assert_non_null(strstr(s->why.text, "muster snapshot restore"));
    assert_int_equal(datadir_open(copy, true, &other, &s->why), OK);
    assert_int_equal(datadir_view(other), VIEW_REBUILD);
    datadir_close(other);
}

static void a_forced_rebuild_trusts_nothing(void **state)
{
    struct set *s = *state;
    open_in_use(s);
    assert_int_equal(datadir_mark_clean(s->dir, &s->why), OK);
    close_dir(s);
    assert_int_equal(datadir_open(s->path, true, &s->dir, &s->why), OK);
    assert_int_equal(datadir_view(s->dir), VIEW_REBUILD);
}

static void a_dropped_view_leaves_nothing_that_vouches(void **state)
{
    struct set *s = *state;
    open_in_use(s);
    put_file(s, "view/view.mdb-lock", "x");
    assert_int_equal(datadir_drop_view(s->dir, &s->why), OK);
    assert_false(has_file(s, "view/view.mdb"));
    assert_false(has_file(s, "view/view.mdb-lock"));
    assert_false(has_file(s, "view.state"));
    assert_int_equal(datadir_mark_in_use(s->dir, &s->why), ERR_NOT_FOUND);
}

static void a_killed_owner_gives_the_lock_back(void **state)
{
    struct set *s = *state;
    pid_t child = fork();
    if (child == 0)
        _exit(datadir_open(s->path, false, &s->dir, &s->why) == OK ? 0 : 1);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(WEXITSTATUS(status), 0);
    open_dir(s);
}

static void snapshots_are_named_and_found(void **state)
{
    struct set *s = *state;
    char path[4096], want[4096];
    uint64_t index, older;
    open_dir(s);
    assert_int_equal(datadir_newest_snapshot(s->dir, path, sizeof path, &index, &s->why),
                     ERR_NOT_FOUND);
    put_file(s, "snap/00000000000000000007.snap", "x");
    put_file(s, "snap/00000000000000000012.snap", "x");
    put_file(s, "snap/notes", "x");
    assert_int_equal(datadir_newest_snapshot(s->dir, path, sizeof path, &index, &s->why), OK);
    assert_int_equal(index, 12);
    datadir_snapshot_path(s->dir, 12, want, sizeof want);
    assert_string_equal(path, want);
    assert_int_equal(datadir_snapshot_below(s->dir, 12, path, sizeof path, &index, &s->why), OK);
    assert_int_equal(index, 7);
    assert_int_equal(datadir_prune_snapshots(s->dir, &older, &s->why), OK);
    assert_int_equal(older, 7);
}

static void the_reserve_takes_blocks_and_gives_them_up(void **state)
{
    struct set *s = *state;
    struct stat st;
    char path[4096];
    open_dir(s);
    assert_int_equal(datadir_reserve(s->dir, true, &s->why), OK);
    snprintf(path, sizeof path, "%s/reserve", s->path);
    assert_int_equal(stat(path, &st), 0);
    assert_true(st.st_blocks * 512 >= 64 << 20);
    assert_int_equal(datadir_reserve(s->dir, false, &s->why), OK);
    assert_int_equal(datadir_reserve(s->dir, false, &s->why), OK);
    assert_false(has_file(s, "reserve"));
}

static void the_view_gets_blocks_without_growing(void **state)
{
    struct set *s = *state;
    struct stat st;
    char path[4096];
    open_in_use(s);
    assert_int_equal(datadir_assure_view(s->dir, 1 << 20, &s->why), OK);
    snprintf(path, sizeof path, "%s/view/view.mdb", s->path);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_size, 5);
    assert_true(st.st_blocks * 512 >= 1 << 20);
}

static void more_than_the_disk_has_is_no_space(void **state)
{
    struct set *s = *state;
    struct disk_space space;
    open_in_use(s);
    assert_int_equal(datadir_space(s->dir, &space, &s->why), OK);
    assert_true(space.free_bytes > 0 && space.free_bytes <= space.total_bytes);
    assert_int_equal(datadir_assure_view(s->dir, UINT64_C(1) << 43, &s->why), ERR_NO_SPACE);
    assert_non_null(strstr(s->why.text, "view.mdb"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_new_directory_has_its_parts),
        TEST(a_second_owner_is_refused_and_told_the_first),
        TEST(a_replaced_lock_file_is_noticed),
        TEST(an_unknown_format_is_refused),
        TEST(a_log_without_a_format_is_refused),
        TEST(a_clean_view_is_taken),
        TEST(a_view_in_use_is_taken_under_the_same_boot),
        TEST(a_view_nobody_vouches_for_is_rebuilt),
        TEST(an_unreadable_state_means_rebuilding),
        TEST(a_copy_of_a_running_directory_is_refused),
        TEST(a_forced_rebuild_trusts_nothing),
        TEST(a_dropped_view_leaves_nothing_that_vouches),
        TEST(a_killed_owner_gives_the_lock_back),
        TEST(snapshots_are_named_and_found),
        TEST(the_reserve_takes_blocks_and_gives_them_up),
        TEST(the_view_gets_blocks_without_growing),
        TEST(more_than_the_disk_has_is_no_space),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
