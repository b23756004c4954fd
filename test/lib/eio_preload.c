/* test/lib/eio_preload.c -- a disk that fails or stalls, or kills who writes, for a process that
 * knows nothing of it.
 *
 * LD_PRELOAD it. For files whose path begins with $MUSTER_EIO_PATH:
 *   MUSTER_EIO_SWITCH=FILE    while FILE exists, pwrite, pwritev, fdatasync and fsync fail with EIO
 *   MUSTER_EIO_AFTER=N        they fail from the N+1-th such call on
 *   MUSTER_STALL_SWITCH=FILE  while FILE exists, they wait
 *   MUSTER_STACK_SWITCH=FILE  while FILE exists, their thread's stack runs out
 * A server built with AddressSanitizer also needs ASAN_OPTIONS=verify_asan_link_order=0. */
#undef _FILE_OFFSET_BITS /* both names of each call are defined here */

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static atomic_long calls;

static bool is_there(const char *variable)
{
    const char *path = getenv(variable);
    return path != NULL && access(path, F_OK) == 0;
}

static bool matches(int fd)
{
    const char *want = getenv("MUSTER_EIO_PATH");
    char link[64], path[4096];
    if (want == NULL)
        return false;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    if (n < 0)
        return false;
    path[n] = '\0';
    return strncmp(path, want, strlen(want)) == 0;
}

static unsigned run_out(unsigned depth)
{
    volatile unsigned frame[256] = { depth };
    return depth == UINT_MAX ? 0 : run_out(depth + 1) + frame[0];
}

/* True if this call on FD must fail; waits first if it must wait. */
static bool must_fail(int fd)
{
    int keep = errno;
    if (!matches(fd))
        return false;
    while (is_there("MUSTER_STALL_SWITCH"))
        nanosleep(&(struct timespec){ .tv_nsec = 5000000 }, NULL);
    if (is_there("MUSTER_STACK_SWITCH"))
        run_out(0);
    const char *after = getenv("MUSTER_EIO_AFTER");
    bool fail = is_there("MUSTER_EIO_SWITCH") ||
                (after != NULL && atomic_fetch_add(&calls, 1) >= strtol(after, NULL, 10));
    errno = fail ? EIO : keep;
    return fail;
}

/* The C library's own function behind ours; ISO C has no cast from an object to a function pointer.
 */
static void find_next(const char *name, void *function)
{
    void *symbol = dlsym(RTLD_NEXT, name);
    if (symbol == NULL)
        abort();
    memcpy(function, &symbol, sizeof symbol);
}

ssize_t pwrite(int fd, const void *from, size_t n, off_t offset)
{
    ssize_t (*next)(int, const void *, size_t, off_t);
    find_next("pwrite", &next);
    return must_fail(fd) ? -1 : next(fd, from, n, offset);
}

ssize_t pwrite64(int fd, const void *from, size_t n, off64_t offset)
{
    return pwrite(fd, from, n, (off_t)offset);
}

ssize_t pwritev(int fd, const struct iovec *from, int n, off_t offset)
{
    ssize_t (*next)(int, const struct iovec *, int, off_t);
    find_next("pwritev", &next);
    return must_fail(fd) ? -1 : next(fd, from, n, offset);
}

ssize_t pwritev64(int fd, const struct iovec *from, int n, off64_t offset)
{
    return pwritev(fd, from, n, (off_t)offset);
}

int fdatasync(int fd)
{
    int (*next)(int);
    find_next("fdatasync", &next);
    return must_fail(fd) ? -1 : next(fd);
}

int fsync(int fd)
{
    int (*next)(int);
    find_next("fsync", &next);
    return must_fail(fd) ? -1 : next(fd);
}
