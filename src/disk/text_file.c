/* Temporary name, write, sync, rename, sync of the directory. */
#include "disk/text_file.h"

#include <stdio.h>

enum { PATH_BYTES = 4096 };

static enum err write_new(struct fs *fs, const char *path, struct bytes text, struct why *why)
{
    struct file *file;
    enum err e = fs->ops->remove(fs, path, why); /* what a killed process left */
    if (e != OK && e != ERR_NOT_FOUND)
        return e;
    e = fs->ops->open(fs, path, FS_WRITE | FS_CREATE, &file, why);
    if (e != OK)
        return e;
    e = fs->ops->write(file, 0, text.p, text.n, why);
    if (e == OK)
        e = fs->ops->sync(file, why);
    fs->ops->close(file);
    return e;
}

enum err text_file_write(struct fs *fs, const char *dir, const char *name, struct bytes text,
                         struct why *why)
{
    char path[PATH_BYTES], temporary[PATH_BYTES];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    snprintf(temporary, sizeof temporary, "%s/%s.tmp", dir, name);
    enum err e = write_new(fs, temporary, text, why);
    if (e == OK)
        e = fs->ops->rename(fs, temporary, path, why);
    return e != OK ? e : fs->ops->sync_dir(fs, dir, why);
}

static enum err read_open(struct fs *fs, struct file *file, const char *path, struct buf *out,
                          struct why *why)
{
    uint64_t size;
    enum err e = fs->ops->size(file, &size, why);
    if (e != OK)
        return e;
    uint8_t *at = size > SIZE_MAX / 2 ? NULL : buf_extend(out, (size_t)size);
    if (at == NULL && size > 0)
        return why_set(why, ERR_TOO_BIG, "disk: '%s' is too large for what it is", path);
    return size == 0 ? OK : fs->ops->read(file, 0, at, (size_t)size, why);
}

enum err text_file_read(struct fs *fs, const char *dir, const char *name, struct buf *out,
                        struct why *why)
{
    char path[PATH_BYTES];
    struct file *file;
    snprintf(path, sizeof path, "%s/%s", dir, name);
    enum err e = fs->ops->open(fs, path, FS_READ, &file, why);
    if (e != OK)
        return e;
    e = read_open(fs, file, path, out, why);
    fs->ops->close(file);
    return e;
}
