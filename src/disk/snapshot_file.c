/* A snapshot as a file.
 *
 * Written under "PATH.tmp", synced, renamed, the directory synced: what bears the real name is
 * whole. The file is synced every SYNC_BYTES while it grows, so that the last sync does not hold up
 * the log's writes for long. Belongs to one helper thread at a time. */
#include "disk/snapshot_file.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/mem.h"

enum {
    PATH_BYTES = 4096,
    FLUSH_BYTES = 512 * 1024,
    SYNC_BYTES = 16 * 1024 * 1024,
    CHUNK_BYTES = 512 * 1024 /* above the largest frame */
};

struct snapshot_file {
    struct fs *fs;
    struct file *file;
    struct buf out;
    uint64_t at, synced_at;
    struct snapshot_writer writer;
    char path[PATH_BYTES], temporary[PATH_BYTES];
};

static enum err flush(struct snapshot_file *f, struct why *why)
{
    enum err e = buf_err(&f->out);
    if (e != OK)
        return why_set(why, e, "snapshot: no memory while writing '%s'", f->temporary);
    e = f->fs->ops->write(f->file, f->at, f->out.p, f->out.n, why);
    if (e != OK)
        return e;
    f->at += f->out.n;
    buf_clear(&f->out, SIZE_MAX);
    if (f->at - f->synced_at < SYNC_BYTES)
        return OK;
    f->synced_at = f->at;
    return f->fs->ops->sync(f->file, why);
}

enum err snapshot_file_create(struct fs *fs, const char *path, const struct snapshot_head *head,
                              struct snapshot_file **ret, struct why *why)
{
    struct snapshot_file *f = mem_zalloc(1, sizeof *f);
    f->fs = fs;
    buf_init(&f->out, 4 * FLUSH_BYTES);
    int n = snprintf(f->path, sizeof f->path, "%s", path);
    int m = snprintf(f->temporary, sizeof f->temporary, "%s.tmp", path);
    enum err e = OK;
    if (n < 0 || m < 0 || (size_t)m >= sizeof f->temporary)
        e = why_set(why, ERR_INVALID, "snapshot: the path '%s' is too long", path);
    if (e == OK) {
        e = fs->ops->remove(fs, f->temporary, why); /* what a killed process left */
        if (e == ERR_NOT_FOUND)
            e = OK;
    }
    if (e == OK)
        e = fs->ops->open(fs, f->temporary, FS_WRITE | FS_CREATE, &f->file, why);
    if (e != OK) {
        buf_fini(&f->out);
        mem_free(f);
        return e;
    }
    if (why != NULL)
        why->text[0] = '\0'; /* nothing to remove is no failure */
    snapshot_write_head(&f->writer, &f->out, head);
    *ret = f;
    return OK;
}

enum err snapshot_file_write(struct snapshot_file *f, struct bytes body, struct why *why)
{
    snapshot_write_block(&f->writer, &f->out, body);
    return f->out.n >= FLUSH_BYTES ? flush(f, why) : OK;
}

static enum err sync_parent(struct fs *fs, const char *path, struct why *why)
{
    char dir[PATH_BYTES];
    const char *slash = strrchr(path, '/');
    if (slash == NULL)
        return fs->ops->sync_dir(fs, ".", why);
    if (slash == path)
        return fs->ops->sync_dir(fs, "/", why);
    snprintf(dir, sizeof dir, "%.*s", (int)(slash - path), path);
    return fs->ops->sync_dir(fs, dir, why);
}

enum err snapshot_file_finish(struct snapshot_file *f, struct why *why)
{
    snapshot_write_tail(&f->writer, &f->out);
    enum err e = flush(f, why);
    if (e == OK)
        e = f->fs->ops->sync(f->file, why);
    if (e != OK) {
        snapshot_file_abort(f);
        return e;
    }
    f->fs->ops->close(f->file);
    f->file = NULL;
    e = f->fs->ops->rename(f->fs, f->temporary, f->path, why);
    if (e == OK)
        e = sync_parent(f->fs, f->path, why);
    buf_fini(&f->out);
    mem_free(f);
    return e;
}

void snapshot_file_abort(struct snapshot_file *f)
{
    if (f == NULL)
        return;
    f->fs->ops->close(f->file);
    IGNORE(f->fs->ops->remove(f->fs, f->temporary, NULL)); /* the next one removes it else */
    buf_fini(&f->out);
    mem_free(f);
}

/* ---- reading ---- */

struct reading {
    struct snapshot_reader reader;
    enum err (*head)(void *ctx, const struct snapshot_head *h);
    enum err (*body)(void *ctx, struct bytes body);
    void *ctx;
};

static enum err give(const struct reading *r, const struct snapshot_event *event)
{
    switch (event->kind) {
    case SNAPSHOT_HEAD:
        return r->head(r->ctx, &event->head);
    case SNAPSHOT_BODY:
        return r->body(r->ctx, event->body);
    case SNAPSHOT_NEED_MORE:
    case SNAPSHOT_END:
        break;
    }
    return OK;
}

/* Takes all whole frames out of the N bytes of CHUNK and moves the rest to its front. */
static enum err take_frames(struct reading *r, uint8_t *chunk, size_t *n, struct why *why)
{
    size_t at = 0;
    for (;;) {
        size_t used;
        struct snapshot_event event;
        enum err e = snapshot_feed(&r->reader, bytes_of(chunk + at, *n - at), &used, &event, why);
        if (e == OK)
            e = give(r, &event);
        if (e != OK)
            return e;
        if (event.kind == SNAPSHOT_NEED_MORE)
            break;
        at += used;
    }
    *n -= at;
    memmove(chunk, chunk + at, *n);
    return OK;
}

static enum err read_chunks(struct fs *fs, struct file *file, uint64_t size, struct reading *r,
                            uint8_t *chunk, struct why *why)
{
    size_t n = 0;
    for (uint64_t at = 0; at < size;) {
        size_t piece = CHUNK_BYTES - n;
        if (piece > size - at)
            piece = (size_t)(size - at);
        enum err e = fs->ops->read(file, at, chunk + n, piece, why);
        if (e != OK)
            return e;
        at += piece;
        n += piece;
        e = take_frames(r, chunk, &n, why);
        if (e != OK)
            return e;
    }
    return OK;
}

/* Puts the path before what the reader said. */
static enum err name_file(enum err e, const char *path, struct why *why)
{
    if (why == NULL || (e != ERR_DAMAGED && e != ERR_VERSION) || strstr(why->text, path) != NULL)
        return e;
    struct why said = *why;
    return why_set(why, e,
                   "'%s': %.300s; use an older snapshot, or restore with `muster snapshot "
                   "restore`",
                   path, said.text);
}

enum err snapshot_read_file(struct fs *fs, const char *path,
                            enum err (*head)(void *ctx, const struct snapshot_head *h),
                            enum err (*body)(void *ctx, struct bytes body), void *ctx,
                            struct why *why)
{
    struct reading r = { .head = head, .body = body, .ctx = ctx };
    struct file *file;
    uint64_t size;
    enum err e = fs->ops->open(fs, path, FS_READ, &file, why);
    if (e != OK)
        return e;
    uint8_t *chunk = mem_alloc(CHUNK_BYTES);
    e = fs->ops->size(file, &size, why);
    if (e == OK)
        e = read_chunks(fs, file, size, &r, chunk, why);
    mem_free(chunk);
    fs->ops->close(file);
    if (e == OK && !r.reader.end_seen)
        return why_set(why, ERR_TRUNCATED,
                       "snapshot: '%s' has no end: it was cut at %" PRIu64 " bytes", path, size);
    return name_file(e, path, why);
}
