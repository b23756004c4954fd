/* disk/fs.h -- the few file operations the log and the snapshots need, as an interface.
 *
 * fs_posix is the machine's; tests hand in one that loses power. All calls are synchronous and may
 * block: they belong to the disk thread, its helper, or start-up. Offsets and sizes in bytes. */
#ifndef DISK_FS_H
#define DISK_FS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/compiler.h"
#include "base/err.h"
#include "base/why.h"

struct fs;
struct file; /* opaque: each fs has its own */

enum fs_mode {
    FS_READ = 1,
    FS_WRITE = 2,
    FS_CREATE = 4, /* must not exist yet */
    FS_DIRECT = 8  /* writes are durable when they return (O_DIRECT | O_DSYNC where the file system
                      can, else each write is followed by fdatasync); aligned to 4096 */
};

struct fs_ops {
    enum err (*open)(struct fs *fs, const char *path, unsigned mode, struct file **ret,
                     struct why *why);
    void (*close)(struct file *file);
    /* ERR_TRUNCATED if the file ends before N bytes. */
    enum err (*read)(struct file *file, uint64_t offset, void *into, size_t n, struct why *why);
    enum err (*write)(struct file *file, uint64_t offset, const void *from, size_t n,
                      struct why *why);
    enum err (*sync)(struct file *file, struct why *why);
    enum err (*size)(struct file *file, uint64_t *ret, struct why *why);
    enum err (*set_size)(struct file *file, uint64_t n, struct why *why);
    enum err (*rename)(struct fs *fs, const char *from, const char *to, struct why *why);
    enum err (*remove)(struct fs *fs, const char *path, struct why *why);
    /* Makes a rename, creation or removal in DIR durable. */
    enum err (*sync_dir)(struct fs *fs, const char *dir, struct why *why);
    /* Calls EACH with every name in DIR (without . and ..), in no order. */
    enum err (*list)(struct fs *fs, const char *dir, void (*each)(void *ctx, const char *name),
                     void *ctx, struct why *why);
    enum err (*make_dir)(struct fs *fs, const char *dir, struct why *why); /* fine if it is there */
    /* Bytes a user may still write to the file system of DIR, and its size. */
    enum err (*space)(struct fs *fs, const char *dir, uint64_t *ret_free, uint64_t *ret_total,
                      struct why *why);
};

struct fs {
    const struct fs_ops *ops;
};

/* The machine's file system. */
struct fs *fs_posix(void);

#endif
