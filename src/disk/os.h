/* disk/os.h -- calls of the system that have no place in `fs`: errors, paths, blocks. */
#ifndef DISK_OS_H
#define DISK_OS_H

#include <stdint.h>

#include "base/err.h"
#include "base/why.h"

enum { OS_PATH_MAX = 4096 };

/* What errno says of trying WHAT ("open") on PATH: ERR_NO_SPACE or ERR_IO. */
enum err os_error(struct why *why, const char *what, const char *path);
/* DIR/NAME, which fits, into OS_PATH_MAX bytes at TO. */
void os_path_join(char *to, const char *dir, const char *name);
/* fallocate of [FROM, UPTO), never cut short by a signal; not 0 with errno set. */
int os_allocate(int fd, int mode, uint64_t from, uint64_t upto);

#endif
