/* Which snapshots there are.
 *
 * A name is the index in twenty digits. Only whole files bear one (snapshot_file.c), so the list is
 * the truth; whether the bytes are still right shows when one is read. */
#include "disk/snapshot_dir.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/mem.h"
#include "base/text.h"

enum { DIGITS = 20, PATH_BYTES = 4096 };

struct listing {
    uint64_t *indexes;
    size_t n, room;
    bool temporary; /* something to clean */
    char temporary_name[DIGITS + 16];
};

void snapshot_dir_path(const char *dir, uint64_t index, char *path, size_t n)
{
    snprintf(path, n, "%s/%020" PRIu64 ".snap", dir, index);
}

static void note_name(void *ctx, const char *name)
{
    struct listing *l = ctx;
    uint64_t index;
    if (strspn(name, "0123456789") != DIGITS || !text_u64(bytes_of(name, DIGITS), &index))
        return;
    if (strcmp(name + DIGITS, ".snap.tmp") == 0) {
        l->temporary = true;
        snprintf(l->temporary_name, sizeof l->temporary_name, "%s", name);
    }
    if (strcmp(name + DIGITS, ".snap") != 0)
        return;
    if (l->n == l->room) {
        l->room = l->room == 0 ? 8 : 2 * l->room;
        l->indexes = mem_realloc(l->indexes, l->room * sizeof *l->indexes);
    }
    l->indexes[l->n++] = index;
}

static uint64_t newest_below(const struct listing *l, uint64_t below)
{
    uint64_t newest = 0;
    for (size_t i = 0; i < l->n; i++)
        if (l->indexes[i] < below && l->indexes[i] > newest)
            newest = l->indexes[i];
    return newest;
}

enum err snapshot_dir_newest(struct fs *fs, const char *dir, uint64_t below, uint64_t *ret_index,
                             struct why *why)
{
    struct listing l = { 0 };
    enum err e = fs->ops->list(fs, dir, note_name, &l, why);
    uint64_t newest = newest_below(&l, below);
    mem_free(l.indexes);
    if (e != OK)
        return e;
    if (newest == 0)
        return why_set(why, ERR_NOT_FOUND, "snapshot: there is none in '%s'", dir);
    *ret_index = newest;
    return OK;
}

enum err snapshot_dir_prune(struct fs *fs, const char *dir, uint64_t *ret_older, struct why *why)
{
    struct listing l = { 0 };
    enum err e = fs->ops->list(fs, dir, note_name, &l, why);
    uint64_t newest = newest_below(&l, UINT64_MAX);
    uint64_t older = newest_below(&l, newest);
    bool removed = false;
    for (size_t i = 0; e == OK && i < l.n; i++) {
        char path[PATH_BYTES];
        if (l.indexes[i] >= older)
            continue;
        snapshot_dir_path(dir, l.indexes[i], path, sizeof path);
        e = fs->ops->remove(fs, path, why);
        removed = true;
    }
    mem_free(l.indexes);
    if (e == OK && removed)
        e = fs->ops->sync_dir(fs, dir, why);
    if (e == OK)
        *ret_older = older;
    return e;
}

enum err snapshot_dir_clean(struct fs *fs, const char *dir, struct why *why)
{
    for (;;) {
        struct listing l = { 0 };
        char path[PATH_BYTES];
        enum err e = fs->ops->list(fs, dir, note_name, &l, why);
        mem_free(l.indexes);
        if (e != OK || !l.temporary)
            return e;
        snprintf(path, sizeof path, "%s/%s", dir, l.temporary_name);
        e = fs->ops->remove(fs, path, why);
        if (e != OK)
            return e;
    }
}
