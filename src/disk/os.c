/* The calls of the system that more than one file here makes. */
#include "disk/os.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

enum err os_error(struct why *why, const char *what, const char *path)
{
    int error = errno;
    return why_set(why, error == ENOSPC ? ERR_NO_SPACE : ERR_IO, "disk: cannot %s '%s': %s", what,
                   path, strerror(error));
}

void os_path_join(char *to, const char *dir, const char *name)
{
    int n = snprintf(to, OS_PATH_MAX, "%s/%s", dir, name);
    assert(n > 0 && n < OS_PATH_MAX);
}

int os_allocate(int fd, int mode, uint64_t from, uint64_t upto)
{
    int failed;
    do
        failed = fallocate(fd, mode, (off_t)from, (off_t)(upto - from));
    while (failed != 0 && errno == EINTR);
    return failed;
}
