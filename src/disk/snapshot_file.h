/* disk/snapshot_file.h -- a snapshot as a file: written under another name until it is whole, read
 * block by block. */
#ifndef DISK_SNAPSHOT_FILE_H
#define DISK_SNAPSHOT_FILE_H

#include "disk/fs.h"
#include "disk/snapshot.h"

/* A snapshot file being written under a temporary name; durable and in place after _finish. */
struct snapshot_file;
MUST_CHECK enum err snapshot_file_create(struct fs *fs, const char *path,
                                         const struct snapshot_head *head,
                                         struct snapshot_file **ret, struct why *why);
MUST_CHECK enum err snapshot_file_write(struct snapshot_file *f, struct bytes body,
                                        struct why *why);
/* Gives up F in any case. */
MUST_CHECK enum err snapshot_file_finish(struct snapshot_file *f, struct why *why);
void snapshot_file_abort(struct snapshot_file *f);

/* Reads a whole file: HEAD once, then BODY for each block. ERR_TRUNCATED if it has no end. */
MUST_CHECK enum err snapshot_read_file(struct fs *fs, const char *path,
                                       enum err (*head)(void *ctx, const struct snapshot_head *h),
                                       enum err (*body)(void *ctx, struct bytes body), void *ctx,
                                       struct why *why);

#endif
