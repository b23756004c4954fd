/* The machine's files: what is promised of them, and what failures say. eio_preload is linked in
 * and stands for a failing disk. */
#include "disk/fs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "disk/pages.h"
#include "fixture.h"
#include "test/lib/tempdir.h"

struct set {
    char *dir;
    char path[4096];
    struct fs *fs;
    struct why why;
};

static int set_up(void **state)
{
    struct set *s = calloc(1, sizeof *s);
    s->dir = tempdir_new();
    s->fs = fs_posix();
    snprintf(s->path, sizeof s->path, "%s/file", s->dir);
    *state = s;
    return 0;
}

static int tear_down(void **state)
{
    struct set *s = *state;
    unsetenv("MUSTER_EIO_PATH");
    unsetenv("MUSTER_EIO_SWITCH");
    unsetenv("MUSTER_EIO_AFTER");
    tempdir_free(s->dir);
    free(s);
    return 0;
}

static struct file *open_file(struct set *s, unsigned mode)
{
    struct file *f;
    enum err e = s->fs->ops->open(s->fs, s->path, mode, &f, &s->why);
    if (e != OK)
        fail_msg("%s", s->why.text);
    return f;
}

static void what_is_written_direct_is_read(struct set *s, size_t misaligned)
{
    struct pages pages = { 0 };
    uint8_t back[8192];
    assert_int_equal(pages_reserve(&pages, 3 * 4096, &s->why), OK);
    memset(pages.p, 0x5a, 3 * 4096);
    struct file *f = open_file(s, FS_READ | FS_WRITE | FS_CREATE | FS_DIRECT);
    assert_int_equal(s->fs->ops->write(f, 4096, pages.p + misaligned, 8192, &s->why), OK);
    s->fs->ops->close(f);
    f = open_file(s, FS_READ);
    assert_int_equal(s->fs->ops->read(f, 4096, back, sizeof back, &s->why), OK);
    for (size_t i = 0; i < sizeof back; i++)
        assert_int_equal(back[i], 0x5a);
    s->fs->ops->close(f);
    pages_fini(&pages);
}

static void direct_writes_are_read_back(void **state)
{
    what_is_written_direct_is_read(*state, 0);
}

static void memory_that_is_not_aligned_is_written_too(void **state)
{
    what_is_written_direct_is_read(*state, 1);
}

static void a_file_system_in_memory_is_written_too(void **state)
{
    struct set *s = *state;
    snprintf(s->path, sizeof s->path, "/dev/shm/muster-test-%ld", (long)getpid());
    what_is_written_direct_is_read(s, 0);
    assert_int_equal(s->fs->ops->remove(s->fs, s->path, &s->why), OK);
}

static void creating_what_is_there_is_refused(void **state)
{
    struct set *s = *state;
    struct file *f = open_file(s, FS_WRITE | FS_CREATE);
    s->fs->ops->close(f);
    assert_int_equal(s->fs->ops->open(s->fs, s->path, FS_WRITE | FS_CREATE, &f, &s->why),
                     ERR_EXISTS);
}

static void what_is_not_there_is_not_found_by_name(void **state)
{
    struct set *s = *state;
    struct file *f;
    assert_int_equal(s->fs->ops->open(s->fs, s->path, FS_READ, &f, &s->why), ERR_NOT_FOUND);
    assert_non_null(strstr(s->why.text, s->path));
    assert_int_equal(s->fs->ops->remove(s->fs, s->path, &s->why), ERR_NOT_FOUND);
}

static void reading_past_the_end_is_truncated(void **state)
{
    struct set *s = *state;
    uint8_t back[10];
    struct file *f = open_file(s, FS_READ | FS_WRITE | FS_CREATE);
    assert_int_equal(s->fs->ops->write(f, 0, "hello", 5, &s->why), OK);
    assert_int_equal(s->fs->ops->read(f, 0, back, 10, &s->why), ERR_TRUNCATED);
    assert_non_null(strstr(s->why.text, "offset 5"));
    s->fs->ops->close(f);
}

static void sizes_grow_with_zeros_and_shrink(void **state)
{
    struct set *s = *state;
    uint64_t size;
    uint8_t back[100] = { 1 };
    struct file *f = open_file(s, FS_READ | FS_WRITE | FS_CREATE);
    assert_int_equal(s->fs->ops->set_size(f, 10000, &s->why), OK);
    assert_int_equal(s->fs->ops->read(f, 9900, back, 100, &s->why), OK);
    assert_int_equal(back[0], 0);
    assert_int_equal(s->fs->ops->set_size(f, 500, &s->why), OK);
    assert_int_equal(s->fs->ops->size(f, &size, &s->why), OK);
    assert_int_equal(size, 500);
    s->fs->ops->close(f);
}

static void a_full_disk_is_no_space_by_name(void **state)
{
    struct set *s = *state;
    snprintf(s->path, sizeof s->path, "/dev/full");
    struct file *f = open_file(s, FS_WRITE);
    assert_int_equal(s->fs->ops->write(f, 4096, "x", 1, &s->why), ERR_NO_SPACE);
    assert_non_null(strstr(s->why.text, "/dev/full' at offset 4096"));
    s->fs->ops->close(f);
}

static void count_name(void *ctx, const char *name)
{
    ++*(unsigned *)ctx;
}

static void a_folder_lists_what_is_in_it(void **state)
{
    struct set *s = *state;
    unsigned n = 0;
    s->fs->ops->close(open_file(s, FS_WRITE | FS_CREATE));
    assert_int_equal(s->fs->ops->list(s->fs, s->dir, count_name, &n, &s->why), OK);
    assert_int_equal(n, 1);
    assert_int_equal(s->fs->ops->make_dir(s->fs, s->dir, &s->why), OK);
    assert_int_equal(s->fs->ops->sync_dir(s->fs, s->dir, &s->why), OK);
}

/* A log on the machine's files whose disk fails while a switch exists. */
static void a_failing_disk_stops_the_log_and_says_where(void **state)
{
    struct set *s = *state;
    struct readback *read = malloc(sizeof *read);
    struct log *log;
    struct log_options options = fixture_options(s->fs, 0);
    char place[4200];
    options.dir = s->dir;
    assert_int_equal(log_open(&options, NULL, NULL, &read->found, &log, &s->why), OK);
    fixture_fill(log, 1, 3, 300, 1);
    setenv("MUSTER_EIO_PATH", s->dir, 1);
    setenv("MUSTER_EIO_SWITCH", "/dev/null", 1);
    struct fact f = { 4, 1, 4001, 300 };
    assert_int_equal(fixture_append(log, &f, 1, NULL, &s->why), ERR_IO);
    snprintf(place, sizeof place, "%s/00000001.seg' at offset 16384", s->dir);
    assert_non_null(strstr(s->why.text, place));
    log_close(log);
    unsetenv("MUSTER_EIO_SWITCH");
    assert_int_equal(log_open(&options, fixture_note, memset(read, 0, sizeof *read), &read->found,
                              &log, &s->why),
                     OK);
    assert_true(fixture_holds(read, 1, 3, 300, 1));
    log_close(log);
    free(read);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(direct_writes_are_read_back),
        TEST(memory_that_is_not_aligned_is_written_too),
        TEST(a_file_system_in_memory_is_written_too),
        TEST(creating_what_is_there_is_refused),
        TEST(what_is_not_there_is_not_found_by_name),
        TEST(reading_past_the_end_is_truncated),
        TEST(sizes_grow_with_zeros_and_shrink),
        TEST(a_full_disk_is_no_space_by_name),
        TEST(a_folder_lists_what_is_in_it),
        TEST(a_failing_disk_stops_the_log_and_says_where),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
