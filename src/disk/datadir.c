/* The data directory.
 *
 * Opening: make the directory, lock it, check the format (written before anything else is made),
 * make the folders, throw away half-written snapshots, and judge the view (view_file.c).
 *
 * Files here are the machine's own: locks, inodes and boot ids have no meaning elsewhere. */
#include "disk/datadir.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "disk/dir_lock.h"
#include "disk/snapshot_dir.h"
#include "disk/text_file.h"
#include "disk/view_file.h"

enum { NAME_ROOM = 64, DATADIR_FORMAT = 1, RESERVE_BYTES = 64 * 1024 * 1024 };

struct datadir {
    struct fs *fs;
    struct dir_lock *lock;
    enum view_verdict verdict;
    struct view_file view;
    char path[OS_PATH_MAX], log[OS_PATH_MAX], snap[OS_PATH_MAX], reserve[OS_PATH_MAX];
};

/* ---- parts ---- */

static enum err set_paths(struct datadir *d, const char *path, struct why *why)
{
    if (strlen(path) > OS_PATH_MAX - 2 * NAME_ROOM)
        return why_set(why, ERR_INVALID, "disk: the path '%.100s...' is too long", path);
    snprintf(d->path, sizeof d->path, "%s", path);
    os_path_join(d->log, path, "log");
    os_path_join(d->snap, path, "snap");
    view_file_init(&d->view, d->fs, path);
    os_path_join(d->reserve, path, "reserve");
    return OK;
}

static enum err make_dir(const char *path, struct why *why)
{
    if (mkdir(path, 0700) == 0 || errno == EEXIST)
        return OK;
    return os_error(why, "make directory", path);
}

/* ---- format ---- */

static enum err write_format(const struct datadir *d, struct why *why)
{
    char text[32];
    if (access(d->log, F_OK) == 0 || access(d->snap, F_OK) == 0)
        return why_set(why, ERR_DAMAGED,
                       "disk: '%s' holds a log or snapshots but no file 'format': it is not whole; "
                       "restore with `muster snapshot restore`",
                       d->path);
    snprintf(text, sizeof text, "muster-data %d\n", DATADIR_FORMAT);
    return text_file_write(d->fs, d->path, "format", bytes_str(text), why);
}

static enum err check_format(const struct datadir *d, struct why *why)
{
    struct buf text;
    struct bytes name = bytes_str("muster-data ");
    uint64_t format = 0;
    buf_init(&text, NAME_ROOM);
    enum err e = text_file_read(d->fs, d->path, "format", &text, why);
    if (e == OK) {
        struct bytes line = buf_bytes(&text);
        if (line.n > 0 && line.p[line.n - 1] == '\n')
            line.n--;
        if (!bytes_starts(line, name) || !text_u64(bytes_skip(line, name.n), &format))
            e = why_set(why, ERR_DAMAGED, "disk: '%s/format' is not what muster writes there",
                        d->path);
        else if (format != DATADIR_FORMAT)
            e = why_set(why, ERR_VERSION,
                        "disk: '%s' has format %" PRIu64 ", which this build does not know (it "
                        "knows %d)",
                        d->path, format, DATADIR_FORMAT);
    } else if (e == ERR_NOT_FOUND) {
        e = write_format(d, why);
    }
    buf_fini(&text);
    return e;
}

/* ---- the view ---- */

static enum err mark(struct datadir *d, bool clean, struct why *why)
{
    enum err e = dir_lock_check(d->lock, why);
    return e != OK ? e : view_file_mark(&d->view, clean, why);
}

enum err datadir_mark_in_use(struct datadir *d, struct why *why)
{
    return mark(d, false, why);
}

enum err datadir_mark_clean(struct datadir *d, struct why *why)
{
    return mark(d, true, why);
}

enum err datadir_drop_view(struct datadir *d, struct why *why)
{
    return view_file_drop(&d->view, why);
}

/* ---- opening ---- */

static enum err make_parts(const struct datadir *d, struct why *why)
{
    enum err e = make_dir(d->log, why);
    if (e == OK)
        e = make_dir(d->snap, why);
    if (e == OK)
        e = make_dir(d->view.dir, why);
    if (e == OK)
        e = d->fs->ops->sync_dir(d->fs, d->path, why);
    return e != OK ? e : snapshot_dir_clean(d->fs, d->snap, why);
}

enum err datadir_open(const char *path, bool rebuild, struct datadir **ret, struct why *why)
{
    struct datadir *d = mem_zalloc(1, sizeof *d);
    d->fs = fs_posix();
    enum err e = set_paths(d, path, why);
    if (e == OK)
        e = make_dir(path, why);
    if (e == OK)
        e = dir_lock_take(path, &d->lock, why);
    if (e == OK)
        e = check_format(d, why);
    if (e == OK)
        e = make_parts(d, why);
    if (e == OK)
        e = view_file_judge(&d->view, rebuild, &d->verdict, why);
    if (e != OK) {
        datadir_close(d);
        return e;
    }
    *ret = d;
    return OK;
}

void datadir_close(struct datadir *d)
{
    if (d == NULL)
        return;
    dir_lock_drop(d->lock);
    mem_free(d);
}

const char *datadir_path(const struct datadir *d)
{
    return d->path;
}

const char *datadir_log_dir(const struct datadir *d)
{
    return d->log;
}

const char *datadir_view_dir(const struct datadir *d)
{
    return d->view.dir;
}

const char *datadir_snap_dir(const struct datadir *d)
{
    return d->snap;
}

const char *datadir_state_path(const struct datadir *d)
{
    return d->view.state;
}

enum view_verdict datadir_view(const struct datadir *d)
{
    return d->verdict;
}

/* ---- snapshots ---- */

void datadir_snapshot_path(const struct datadir *d, uint64_t index, char *path, size_t n)
{
    snapshot_dir_path(d->snap, index, path, n);
}

enum err datadir_snapshot_below(struct datadir *d, uint64_t below, char *path, size_t n,
                                uint64_t *ret_index, struct why *why)
{
    uint64_t index;
    enum err e = snapshot_dir_newest(d->fs, d->snap, below, &index, why);
    if (e != OK)
        return e;
    datadir_snapshot_path(d, index, path, n);
    *ret_index = index;
    return OK;
}

enum err datadir_newest_snapshot(struct datadir *d, char *path, size_t n, uint64_t *ret_index,
                                 struct why *why)
{
    return datadir_snapshot_below(d, UINT64_MAX, path, n, ret_index, why);
}

enum err datadir_prune_snapshots(struct datadir *d, uint64_t *ret_older_index, struct why *why)
{
    return snapshot_dir_prune(d->fs, d->snap, ret_older_index, why);
}

/* ---- space ---- */

enum err datadir_space(struct datadir *d, struct disk_space *ret, struct why *why)
{
    struct disk_space space;
    enum err e = d->fs->ops->space(d->fs, d->path, &space.free_bytes, &space.total_bytes, why);
    if (e == OK)
        *ret = space;
    return e;
}

static enum err make_reserve(struct datadir *d, struct why *why)
{
    struct stat st;
    if (stat(d->reserve, &st) == 0 && (uint64_t)st.st_blocks * 512 >= RESERVE_BYTES)
        return OK;
    int fd = open(d->reserve, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return os_error(why, "create", d->reserve);
    enum err e = OK;
    int failed = os_allocate(fd, 0, 0, RESERVE_BYTES);
    if (failed != 0 && errno == EOPNOTSUPP) /* the C library writes zeros instead */
        failed = (errno = posix_fallocate(fd, 0, RESERVE_BYTES));
    if (failed != 0 || fsync(fd) != 0)
        e = os_error(why, "allocate", d->reserve);
    close(fd);
    if (e != OK)
        IGNORE(
            unlink(d->reserve)); /* half a reserve takes space and gives none; the error stands */
    return e;
}

enum err datadir_reserve(struct datadir *d, bool present, struct why *why)
{
    if (present)
        return make_reserve(d, why);
    if (unlink(d->reserve) != 0 && errno != ENOENT)
        return os_error(why, "remove", d->reserve);
    return OK;
}

enum err datadir_assure_view(struct datadir *d, uint64_t upto_bytes, struct why *why)
{
    return view_file_assure(&d->view, upto_bytes, why);
}
