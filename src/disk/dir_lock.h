/* disk/dir_lock.h -- one directory, one process: flock and an owner token. */
#ifndef DISK_DIR_LOCK_H
#define DISK_DIR_LOCK_H

#include "base/err.h"
#include "base/compiler.h"
#include "base/why.h"

struct dir_lock;

/* ERR_LOCKED names the other process if it is known. */
MUST_CHECK enum err dir_lock_take(const char *dir, struct dir_lock **ret, struct why *why);
/* ERR_LOCKED if the lock file is not ours any more: somebody removed or replaced it. */
MUST_CHECK enum err dir_lock_check(const struct dir_lock *lock, struct why *why);
void dir_lock_drop(struct dir_lock *lock);

#endif
