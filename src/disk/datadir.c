/* The data directory.
 *
 * Opening: make the directory, lock it, check the format (written before anything else is made),
 * make the folders, throw away half-written snapshots, and judge the view. view.state is removed
 * before the view is, and written after it, so that it never vouches for a file that is not there.
 *
 * Files here are the machine's own: locks, inodes and boot ids have no meaning elsewhere. */
#include "disk/datadir.h"

#include <assert.h>
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
#include "disk/view_state.h"

enum { PATH_BYTES = 4096, NAME_ROOM = 64, DATADIR_FORMAT = 1, RESERVE_BYTES = 64 * 1024 * 1024 };

struct datadir {
    struct fs *fs;
    struct dir_lock *lock;
    enum view_verdict verdict;
    uint64_t assured_bytes; /* the view file has blocks up to here */
    char path[PATH_BYTES], log[PATH_BYTES], snap[PATH_BYTES], view[PATH_BYTES];
    char view_file[PATH_BYTES], state[PATH_BYTES], reserve[PATH_BYTES];
};

static enum err say(struct why *why, const char *what, const char *path)
{
    int error = errno;
    return why_set(why, error == ENOSPC ? ERR_NO_SPACE : ERR_IO, "disk: cannot %s '%s': %s", what,
                   path, strerror(error));
}

/* ---- parts ---- */

static void join(char *to, const char *dir, const char *name)
{
    int n = snprintf(to, PATH_BYTES, "%s/%s", dir, name);
    assert(n > 0 && n < PATH_BYTES);
}

static enum err set_paths(struct datadir *d, const char *path, struct why *why)
{
    if (strlen(path) > PATH_BYTES - 2 * NAME_ROOM)
        return why_set(why, ERR_INVALID, "disk: the path '%.100s...' is too long", path);
    snprintf(d->path, sizeof d->path, "%s", path);
    join(d->log, path, "log");
    join(d->snap, path, "snap");
    join(d->view, path, "view");
    join(d->view_file, path, "view/view.mdb");
    join(d->state, path, "view.state");
    join(d->reserve, path, "reserve");
    return OK;
}

static enum err make_dir(const char *path, struct why *why)
{
    if (mkdir(path, 0700) == 0 || errno == EEXIST)
        return OK;
    return say(why, "make directory", path);
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

/* ---- the view's state ---- */

static enum err read_boot_id(char boot[40], struct why *why)
{
    static const char path[] = "/proc/sys/kernel/random/boot_id";
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return say(why, "open", path);
    size_t n = fread(boot, 1, 39, file);
    fclose(file);
    while (n > 0 && boot[n - 1] == '\n')
        n--;
    boot[n] = '\0';
    return n > 0 ? OK : why_set(why, ERR_SYSTEM, "disk: '%s' is empty", path);
}

/* What stands in the directory now. ERR_NOT_FOUND: there is no view file. */
static enum err look_at_view(const struct datadir *d, struct view_state *ret, struct why *why)
{
    struct statx st;
    struct view_state now = { 0 };
    if (statx(AT_FDCWD, d->view_file, 0, STATX_INO | STATX_BTIME, &st) != 0)
        return errno == ENOENT ? ERR_NOT_FOUND : say(why, "look at", d->view_file);
    now.inode = st.stx_ino;
    if (st.stx_mask & STATX_BTIME) {
        now.birth_s = (uint64_t)st.stx_btime.tv_sec;
        now.birth_ns = st.stx_btime.tv_nsec;
    }
    enum err e = read_boot_id(now.boot, why);
    if (e == OK)
        *ret = now;
    return e;
}

static enum err read_state(const struct datadir *d, struct view_state *ret, struct why *why)
{
    struct buf text;
    buf_init(&text, VIEW_STATE_MAX);
    enum err e = text_file_read(d->fs, d->path, "view.state", &text, why);
    if (e == OK)
        e = view_state_read(buf_bytes(&text), ret);
    buf_fini(&text);
    if (e == ERR_VERSION)
        return why_set(why, e,
                       "disk: '%s' has a format this build does not know; to build the view again "
                       "from snapshot and log, start with --rebuild-view",
                       d->state);
    return e;
}

static enum err judge_view(struct datadir *d, bool rebuild, struct why *why)
{
    struct view_state now, saved;
    d->verdict = VIEW_FRESH;
    enum err e = look_at_view(d, &now, why);
    if (e != OK)
        return e == ERR_NOT_FOUND ? OK : e;
    d->verdict = VIEW_REBUILD;
    if (rebuild)
        return OK;
    e = read_state(d, &saved, why);
    if (e == ERR_NOT_FOUND || e == ERR_MALFORMED || e == ERR_TOO_BIG)
        return OK;
    if (e != OK)
        return e;
    e = view_state_judge(&saved, &now, &d->verdict);
    if (e != OK)
        return why_set(why, e,
                       "disk: '%s' was copied while its server ran, and such a copy is not whole: "
                       "restore with `muster snapshot restore`. If it was moved here after its "
                       "server had ended, start once with --rebuild-view",
                       d->path);
    return OK;
}

static enum err mark(struct datadir *d, bool clean, struct why *why)
{
    struct view_state now;
    struct buf text;
    enum err e = dir_lock_check(d->lock, why);
    if (e == OK)
        e = look_at_view(d, &now, why);
    if (e == ERR_NOT_FOUND)
        return why_set(why, e, "disk: '%s' is not there", d->view_file);
    if (e != OK)
        return e;
    now.clean = clean;
    buf_init(&text, VIEW_STATE_MAX);
    view_state_write(&text, &now);
    e = text_file_write(d->fs, d->path, "view.state", buf_bytes(&text), why);
    buf_fini(&text);
    return e;
}

enum err datadir_mark_in_use(struct datadir *d, struct why *why)
{
    return mark(d, false, why);
}

enum err datadir_mark_clean(struct datadir *d, struct why *why)
{
    return mark(d, true, why);
}

static void remove_view_file(void *ctx, const char *name)
{
    const struct datadir *d = ctx;
    char path[PATH_BYTES + 256];
    snprintf(path, sizeof path, "%s/%s", d->view, name);
    if (unlink(path) != 0)
        return; /* the list that follows finds it again */
}

static void note_any(void *ctx, const char *name)
{
    snprintf(ctx, NAME_ROOM, "%s", name);
}

enum err datadir_drop_view(struct datadir *d, struct why *why)
{
    char left[NAME_ROOM] = "";
    if (unlink(d->state) != 0 && errno != ENOENT)
        return say(why, "remove", d->state);
    enum err e = d->fs->ops->sync_dir(d->fs, d->path, why);
    if (e == OK)
        e = d->fs->ops->list(d->fs, d->view, remove_view_file, d, why);
    if (e == OK)
        e = d->fs->ops->list(d->fs, d->view, note_any, left, why);
    if (e == OK && left[0] != '\0')
        e = why_set(why, ERR_IO, "disk: cannot remove '%s/%s'", d->view, left);
    if (e == OK)
        e = d->fs->ops->sync_dir(d->fs, d->view, why);
    d->assured_bytes = 0;
    return e;
}

/* ---- opening ---- */

static enum err make_parts(const struct datadir *d, struct why *why)
{
    enum err e = make_dir(d->log, why);
    if (e == OK)
        e = make_dir(d->snap, why);
    if (e == OK)
        e = make_dir(d->view, why);
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
        e = judge_view(d, rebuild, why);
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
    return d->view;
}

const char *datadir_snap_dir(const struct datadir *d)
{
    return d->snap;
}

const char *datadir_state_path(const struct datadir *d)
{
    return d->state;
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

/* Blocks for [FROM, UPTO) of FD; its size may stay. */
static int allocate(int fd, int mode, uint64_t from, uint64_t upto)
{
    int failed;
    do
        failed = fallocate(fd, mode, (off_t)from, (off_t)(upto - from));
    while (failed != 0 && errno == EINTR);
    return failed;
}

static enum err make_reserve(struct datadir *d, struct why *why)
{
    struct stat st;
    if (stat(d->reserve, &st) == 0 && (uint64_t)st.st_blocks * 512 >= RESERVE_BYTES)
        return OK;
    int fd = open(d->reserve, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return say(why, "create", d->reserve);
    enum err e = OK;
    int failed = allocate(fd, 0, 0, RESERVE_BYTES);
    if (failed != 0 && errno == EOPNOTSUPP) /* the C library writes zeros instead */
        failed = (errno = posix_fallocate(fd, 0, RESERVE_BYTES));
    if (failed != 0 || fsync(fd) != 0)
        e = say(why, "allocate", d->reserve);
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
        return say(why, "remove", d->reserve);
    return OK;
}

/* A file system that cannot allocate: at least there must be room for what has no blocks yet. */
static enum err assure_by_counting(struct datadir *d, int fd, uint64_t upto, struct why *why)
{
    struct stat st;
    struct disk_space space;
    if (fstat(fd, &st) != 0)
        return say(why, "look at", d->view_file);
    enum err e = datadir_space(d, &space, why);
    if (e != OK)
        return e;
    uint64_t has = (uint64_t)st.st_blocks * 512;
    if (upto > has && upto - has > space.free_bytes)
        return why_set(why, ERR_NO_SPACE, "disk: no room for '%s' to grow to %" PRIu64 " bytes",
                       d->view_file, upto);
    return OK;
}

enum err datadir_assure_view(struct datadir *d, uint64_t upto_bytes, struct why *why)
{
    if (upto_bytes <= d->assured_bytes)
        return OK;
    int fd = open(d->view_file, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return say(why, "open", d->view_file);
    enum err e = OK;
    if (allocate(fd, FALLOC_FL_KEEP_SIZE, d->assured_bytes, upto_bytes) == 0)
        d->assured_bytes = upto_bytes;
    else if (errno == EOPNOTSUPP || errno == ENOSYS)
        e = assure_by_counting(d, fd, upto_bytes, why);
    else
        e = say(why, "allocate", d->view_file);
    close(fd);
    return e;
}
