/* The lock file.
 *
 * The kernel gives flock back when a process dies, however it dies. The file's text names the
 * process for people and bears a random token: if somebody removes the file, another process could
 * lock a new one of that name beside us; the token is read again before anything that vouches for
 * the directory is written. */
#include "disk/dir_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "disk/os.h"

enum { PATH_BYTES = 4096, TEXT_BYTES = 128 };

struct dir_lock {
    int fd;
    char path[PATH_BYTES];
    char text[TEXT_BYTES];
};

static void read_text(int fd, char text[TEXT_BYTES])
{
    ssize_t n = pread(fd, text, TEXT_BYTES - 1, 0);
    text[n < 0 ? 0 : n] = '\0';
}

static enum err say_locked(const struct dir_lock *lock, struct why *why)
{
    char text[TEXT_BYTES];
    long pid;
    read_text(lock->fd, text);
    if (sscanf(text, "pid %ld", &pid) != 1)
        return why_set(why, ERR_LOCKED, "disk: '%s' is held by another process", lock->path);
    return why_set(why, ERR_LOCKED, "disk: '%s' is held by another process (pid %ld)", lock->path,
                   pid);
}

/* True if PATH still names the file that is open as FD. */
static bool is_same(int fd, const char *path)
{
    struct stat ours, named;
    return fstat(fd, &ours) == 0 && stat(path, &named) == 0 && ours.st_ino == named.st_ino &&
           ours.st_dev == named.st_dev;
}

/* Opens and locks; a file that was replaced in between is tried again. */
static enum err lock_file(struct dir_lock *lock, struct why *why)
{
    for (int tries = 0; tries < 100; tries++) {
        lock->fd = open(lock->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (lock->fd < 0)
            return os_error(why, "open", lock->path);
        if (flock(lock->fd, LOCK_EX | LOCK_NB) != 0)
            return errno == EWOULDBLOCK ? say_locked(lock, why) : os_error(why, "lock", lock->path);
        if (is_same(lock->fd, lock->path))
            return OK;
        close(lock->fd);
        lock->fd = -1;
    }
    return why_set(why, ERR_LOCKED, "disk: '%s' is replaced again and again", lock->path);
}

static enum err write_text(struct dir_lock *lock, struct why *why)
{
    uint64_t token[2];
    if (getrandom(token, sizeof token, 0) != sizeof token)
        return os_error(why, "draw a token for", lock->path);
    int n = snprintf(lock->text, sizeof lock->text, "pid %ld\nowner %016" PRIx64 "%016" PRIx64 "\n",
                     (long)getpid(), token[0], token[1]);
    if (ftruncate(lock->fd, 0) != 0 || pwrite(lock->fd, lock->text, (size_t)n, 0) != n)
        return os_error(why, "write", lock->path);
    return OK;
}

enum err dir_lock_take(const char *dir, struct dir_lock **ret, struct why *why)
{
    struct dir_lock *lock = mem_zalloc(1, sizeof *lock);
    lock->fd = -1;
    snprintf(lock->path, sizeof lock->path, "%s/lock", dir);
    enum err e = lock_file(lock, why);
    if (e == OK)
        e = write_text(lock, why);
    if (e != OK) {
        dir_lock_drop(lock);
        return e;
    }
    *ret = lock;
    return OK;
}

enum err dir_lock_check(const struct dir_lock *lock, struct why *why)
{
    char text[TEXT_BYTES];
    read_text(lock->fd, text);
    if (is_same(lock->fd, lock->path) && strcmp(text, lock->text) == 0)
        return OK;
    return why_set(why, ERR_LOCKED,
                   "disk: '%s' is not this process's any more: another server may "
                   "use the directory",
                   lock->path);
}

void dir_lock_drop(struct dir_lock *lock)
{
    if (lock == NULL)
        return;
    if (lock->fd >= 0)
        close(lock->fd);
    mem_free(lock);
}
