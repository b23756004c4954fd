/* test/lib/stall_fs.h -- the machine's files on a disk that can be told to stall.
 *
 * One disk a process. While it is stalled a write does not return; all else goes on. */
#ifndef TEST_LIB_STALL_FS_H
#define TEST_LIB_STALL_FS_H

#include "disk/fs.h"

struct fs *stall_fs(void);
/* Writes that begin from now on wait until the release. */
void stall_fs_stall(void);
void stall_fs_release(void);
/* Waits until a write has begun that waits; false at the deadline. */
MUST_CHECK bool stall_fs_wait_caught(void);

#endif
