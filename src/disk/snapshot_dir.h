/* disk/snapshot_dir.h -- the folder of snapshots: INDEX.snap, the newest ones kept. */
#ifndef DISK_SNAPSHOT_DIR_H
#define DISK_SNAPSHOT_DIR_H

#include "disk/fs.h"

void snapshot_dir_path(const char *dir, uint64_t index, char *path, size_t n);
/* The newest snapshot below BELOW. ERR_NOT_FOUND. */
MUST_CHECK enum err snapshot_dir_newest(struct fs *fs, const char *dir, uint64_t below,
                                        uint64_t *ret_index, struct why *why);
/* Removes all but the two newest. *ret_older: the older one of those kept, 0 if there is no second.
 */
MUST_CHECK enum err snapshot_dir_prune(struct fs *fs, const char *dir, uint64_t *ret_older,
                                       struct why *why);
/* Removes what a process that was killed while it wrote a snapshot left behind. */
MUST_CHECK enum err snapshot_dir_clean(struct fs *fs, const char *dir, struct why *why);

#endif
