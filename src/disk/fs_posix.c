/* The machine's files.
 *
 * A file opened FS_DIRECT is O_DIRECT | O_DSYNC: the data goes past the page cache and is durable
 * when pwrite returns. Where a file system refuses O_DIRECT, at open or at the first write, each
 * write is followed by fdatasync instead. Memory that is not aligned goes through a bounce buffer.
 *
 * Failure modes: a signal or a short write is gone on with; a full disk is ERR_NO_SPACE; all else
 * is ERR_IO. Every sentence names the path and, where there is one, the offset. */
#include "disk/fs.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/mem.h"
#include "disk/pages.h"

struct file {
    int fd;
    bool sync_each;      /* FS_DIRECT without O_DIRECT: fdatasync after each write */
    bool direct;         /* O_DIRECT is on */
    struct pages bounce; /* made when a caller's memory is not aligned */
    char path[];
};

enum { BOUNCE_BYTES = 1024 * 1024 };

static enum err from_errno(int error)
{
    switch (error) {
    case ENOSPC:
    case EDQUOT:
        return ERR_NO_SPACE;
    case ENOENT:
        return ERR_NOT_FOUND;
    case EEXIST:
        return ERR_EXISTS;
    default:
        return ERR_IO;
    }
}

static enum err say(struct why *why, const char *what, const char *path)
{
    int error = errno;
    return why_set(why, from_errno(error), "disk: cannot %s '%s': %s", what, path, strerror(error));
}

static enum err say_at(struct why *why, const char *what, const struct file *f, uint64_t offset)
{
    int error = errno;
    enum err e = from_errno(error);
    return why_set(why, e, "disk: cannot %s '%s' at offset %" PRIu64 ": %s", what, f->path, offset,
                   strerror(error));
}

static int open_again(const char *path, int flags)
{
    int fd;
    do
        fd = open(path, flags, 0600);
    while (fd < 0 && errno == EINTR);
    return fd;
}

static enum err posix_open(struct fs *fs, const char *path, unsigned mode, struct file **ret,
                           struct why *why)
{
    int flags = O_CLOEXEC | (mode & FS_WRITE ? O_RDWR : O_RDONLY);
    if (mode & FS_CREATE)
        flags |= O_CREAT | O_EXCL;
    bool direct = (mode & FS_DIRECT) != 0;
    int fd = open_again(path, direct ? flags | O_DIRECT | O_DSYNC : flags);
    if (fd < 0 && errno == EINVAL && direct) {
        direct = false;
        if (mode & FS_CREATE)
            unlink(path); /* some file systems make the file before they refuse the flag */
        fd = open_again(path, flags);
    }
    if (fd < 0)
        return say(why, mode & FS_CREATE ? "create" : "open", path);

    size_t n = strlen(path) + 1;
    struct file *f = mem_alloc(sizeof *f + n);
    *f = (struct file){ .fd = fd, .direct = direct };
    f->sync_each = (mode & FS_DIRECT) && !direct;
    memcpy(f->path, path, n);
    *ret = f;
    return OK;
}

static void posix_close(struct file *f)
{
    if (f == NULL)
        return;
    close(f->fd);
    pages_fini(&f->bounce);
    mem_free(f);
}

static enum err posix_read(struct file *f, uint64_t offset, void *into, size_t n, struct why *why)
{
    uint8_t *at = into;
    for (size_t done = 0; done < n;) {
        ssize_t got = pread(f->fd, at + done, n - done, (off_t)(offset + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return say_at(why, "read", f, offset + done);
        if (got == 0)
            return why_set(why, ERR_TRUNCATED, "disk: '%s' ends at offset %" PRIu64, f->path,
                           offset + done);
        done += (size_t)got;
    }
    return OK;
}

/* The file system took O_DIRECT at open and refuses it now. */
static bool leave_direct(struct file *f)
{
    int flags = fcntl(f->fd, F_GETFL);
    if (flags < 0 || fcntl(f->fd, F_SETFL, flags & ~O_DIRECT) != 0)
        return false;
    f->direct = false;
    f->sync_each = true;
    return true;
}

static enum err write_all(struct file *f, uint64_t offset, const uint8_t *from, size_t n,
                          struct why *why)
{
    for (size_t done = 0; done < n;) {
        ssize_t put = pwrite(f->fd, from + done, n - done, (off_t)(offset + done));
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0 && errno == EINVAL && f->direct && leave_direct(f))
            continue;
        if (put == 0)
            errno = EIO;
        if (put <= 0)
            return say_at(why, "write", f, offset + done);
        done += (size_t)put;
        if (f->direct)
            done &= ~(size_t)(PAGES_ALIGN - 1); /* the rest must be aligned again */
    }
    return OK;
}

static enum err write_bounced(struct file *f, uint64_t offset, const uint8_t *from, size_t n,
                              struct why *why)
{
    enum err e = pages_reserve(&f->bounce, n < BOUNCE_BYTES ? n : BOUNCE_BYTES, why);
    for (size_t done = 0; e == OK && done < n;) {
        size_t piece = n - done < BOUNCE_BYTES ? n - done : BOUNCE_BYTES;
        memcpy(f->bounce.p, from + done, piece);
        e = write_all(f, offset + done, f->bounce.p, piece, why);
        done += piece;
    }
    return e;
}

static enum err posix_write(struct file *f, uint64_t offset, const void *from, size_t n,
                            struct why *why)
{
    if (f->direct)
        assert(offset % PAGES_ALIGN == 0 && n % PAGES_ALIGN == 0);
    bool bounce = f->direct && (uintptr_t)from % PAGES_ALIGN != 0;
    enum err e = (bounce ? write_bounced : write_all)(f, offset, from, n, why);
    if (e == OK && f->sync_each && fdatasync(f->fd) != 0)
        return say_at(why, "sync", f, offset);
    return e;
}

static enum err posix_sync(struct file *f, struct why *why)
{
    return fdatasync(f->fd) != 0 ? say(why, "sync", f->path) : OK;
}

static enum err posix_size(struct file *f, uint64_t *ret, struct why *why)
{
    struct stat st;
    if (fstat(f->fd, &st) != 0)
        return say(why, "look at", f->path);
    *ret = (uint64_t)st.st_size;
    return OK;
}

/* Growing takes the blocks at once where it can, so that a full disk shows here. */
static enum err posix_set_size(struct file *f, uint64_t n, struct why *why)
{
    uint64_t now = 0;
    enum err e = posix_size(f, &now, why);
    if (e != OK)
        return e;
    int failed = -1;
    if (n > now) {
        do
            failed = fallocate(f->fd, 0, (off_t)now, (off_t)(n - now));
        while (failed != 0 && errno == EINTR);
        if (failed != 0 && errno != EOPNOTSUPP && errno != ENOSYS)
            return say_at(why, "allocate", f, now);
    }
    if (failed != 0 && ftruncate(f->fd, (off_t)n) != 0)
        return say_at(why, "set the size of", f, n);
    return OK;
}

static enum err posix_rename(struct fs *fs, const char *from, const char *to, struct why *why)
{
    if (rename(from, to) == 0)
        return OK;
    int error = errno;
    return why_set(why, from_errno(error), "disk: cannot rename '%s' to '%s': %s", from, to,
                   strerror(error));
}

static enum err posix_remove(struct fs *fs, const char *path, struct why *why)
{
    return unlink(path) != 0 ? say(why, "remove", path) : OK;
}

static enum err posix_sync_dir(struct fs *fs, const char *dir, struct why *why)
{
    int fd = open_again(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return say(why, "open directory", dir);
    enum err e = fsync(fd) != 0 ? say(why, "sync directory", dir) : OK;
    close(fd);
    return e;
}

static enum err posix_list(struct fs *fs, const char *dir,
                           void (*each)(void *ctx, const char *name), void *ctx, struct why *why)
{
    DIR *d = opendir(dir);
    if (d == NULL)
        return say(why, "list directory", dir);
    const struct dirent *entry;
    while (errno = 0, (entry = readdir(d)) != NULL)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            each(ctx, entry->d_name);
    enum err e = errno != 0 ? say(why, "list directory", dir) : OK;
    closedir(d);
    return e;
}

static enum err posix_make_dir(struct fs *fs, const char *dir, struct why *why)
{
    return mkdir(dir, 0700) != 0 && errno != EEXIST ? say(why, "make directory", dir) : OK;
}

static enum err posix_space(struct fs *fs, const char *dir, uint64_t *ret_free, uint64_t *ret_total,
                            struct why *why)
{
    struct statvfs st;
    if (statvfs(dir, &st) != 0)
        return say(why, "ask for the free space of", dir);
    *ret_free = (uint64_t)st.f_bavail * st.f_frsize;
    *ret_total = (uint64_t)st.f_blocks * st.f_frsize;
    return OK;
}

static const struct fs_ops posix_ops = {
    .open = posix_open,
    .close = posix_close,
    .read = posix_read,
    .write = posix_write,
    .sync = posix_sync,
    .size = posix_size,
    .set_size = posix_set_size,
    .rename = posix_rename,
    .remove = posix_remove,
    .sync_dir = posix_sync_dir,
    .list = posix_list,
    .make_dir = posix_make_dir,
    .space = posix_space,
};

struct fs *fs_posix(void)
{
    static struct fs fs = { .ops = &posix_ops };
    return &fs;
}
