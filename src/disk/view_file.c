/* view.state is removed before the view is, and written after it, so that it never vouches for a
 * file that is not there. Inodes and boot ids have no meaning on another machine. */
#include "disk/view_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "disk/text_file.h"

enum { NAME_ROOM = 64 };

void view_file_init(struct view_file *v, struct fs *fs, const char *parent)
{
    *v = (struct view_file){ .fs = fs };
    snprintf(v->parent, sizeof v->parent, "%s", parent);
    os_path_join(v->dir, parent, "view");
    os_path_join(v->path, parent, "view/view.mdb");
    os_path_join(v->state, parent, "view.state");
}

static enum err read_boot_id(char boot[40], struct why *why)
{
    static const char path[] = "/proc/sys/kernel/random/boot_id";
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return os_error(why, "open", path);
    size_t n = fread(boot, 1, 39, file);
    fclose(file);
    while (n > 0 && boot[n - 1] == '\n')
        n--;
    boot[n] = '\0';
    return n > 0 ? OK : why_set(why, ERR_SYSTEM, "disk: '%s' is empty", path);
}

/* What stands in the directory now. ERR_NOT_FOUND: there is no view file. */
static enum err look(const struct view_file *v, struct view_state *ret, struct why *why)
{
    struct statx st;
    struct view_state now = { 0 };
    if (statx(AT_FDCWD, v->path, 0, STATX_INO | STATX_BTIME, &st) != 0)
        return errno == ENOENT ? ERR_NOT_FOUND : os_error(why, "look at", v->path);
    now.inode = st.stx_ino;
    if (st.stx_mask & STATX_BTIME) {
        now.birth_s = (uint64_t)st.stx_btime.tv_sec;
        now.birth_ns = st.stx_btime.tv_nsec;
    }
    enum err e = read_boot_id(now.boot, why);
    if (e == OK)
        *ret = now;
    return e;
}

static enum err read_state(const struct view_file *v, struct view_state *ret, struct why *why)
{
    struct buf text;
    buf_init(&text, VIEW_STATE_MAX);
    enum err e = text_file_read(v->fs, v->parent, "view.state", &text, why);
    if (e == OK)
        e = view_state_read(buf_bytes(&text), ret);
    buf_fini(&text);
    if (e == ERR_VERSION)
        return why_set(why, e,
                       "disk: '%s' has a format this build does not know; to build the view again "
                       "from snapshot and log, start with --rebuild-view",
                       v->state);
    return e;
}

enum err view_file_judge(struct view_file *v, bool rebuild, enum view_verdict *ret, struct why *why)
{
    struct view_state now, saved;
    *ret = VIEW_FRESH;
    enum err e = look(v, &now, why);
    if (e != OK)
        return e == ERR_NOT_FOUND ? OK : e;
    *ret = VIEW_REBUILD;
    if (rebuild)
        return OK;
    e = read_state(v, &saved, why);
    if (e == ERR_NOT_FOUND || e == ERR_MALFORMED || e == ERR_TOO_BIG)
        return OK;
    if (e != OK)
        return e;
    e = view_state_judge(&saved, &now, ret);
    if (e != OK)
        return why_set(why, e,
                       "disk: '%s' was copied while its server ran, and such a copy is not whole: "
                       "restore with `muster snapshot restore`. If it was moved here after its "
                       "server had ended, start once with --rebuild-view",
                       v->parent);
    return OK;
}

enum err view_file_mark(struct view_file *v, bool clean, struct why *why)
{
    struct view_state now;
    struct buf text;
    enum err e = look(v, &now, why);
    if (e == ERR_NOT_FOUND)
        return why_set(why, e, "disk: '%s' is not there", v->path);
    if (e != OK)
        return e;
    now.clean = clean;
    buf_init(&text, VIEW_STATE_MAX);
    view_state_write(&text, &now);
    e = text_file_write(v->fs, v->parent, "view.state", buf_bytes(&text), why);
    buf_fini(&text);
    return e;
}

static void remove_view_file(void *ctx, const char *name)
{
    const struct view_file *v = ctx;
    char path[OS_PATH_MAX + 256];
    snprintf(path, sizeof path, "%s/%s", v->dir, name);
    if (unlink(path) != 0)
        return; /* the list that follows finds it again */
}

static void note_any(void *ctx, const char *name)
{
    snprintf(ctx, NAME_ROOM, "%s", name);
}

enum err view_file_drop(struct view_file *v, struct why *why)
{
    char left[NAME_ROOM] = "";
    if (unlink(v->state) != 0 && errno != ENOENT)
        return os_error(why, "remove", v->state);
    enum err e = v->fs->ops->sync_dir(v->fs, v->parent, why);
    if (e == OK)
        e = v->fs->ops->list(v->fs, v->dir, remove_view_file, v, why);
    if (e == OK)
        e = v->fs->ops->list(v->fs, v->dir, note_any, left, why);
    if (e == OK && left[0] != '\0')
        e = why_set(why, ERR_IO, "disk: cannot remove '%s/%s'", v->dir, left);
    if (e == OK)
        e = v->fs->ops->sync_dir(v->fs, v->dir, why);
    v->assured_bytes = 0;
    return e;
}

/* ---- room ---- */

/* There must be room for what has no blocks yet. Asked before blocks are allocated, for what does
 * not fit as a whole would take all that is left before it fails. */
static enum err check_room(struct view_file *v, int fd, uint64_t upto, struct why *why)
{
    struct stat st;
    uint64_t free_bytes, total_bytes;
    if (fstat(fd, &st) != 0)
        return os_error(why, "look at", v->path);
    enum err e = v->fs->ops->space(v->fs, v->parent, &free_bytes, &total_bytes, why);
    if (e != OK)
        return e;
    uint64_t has = (uint64_t)st.st_blocks * 512;
    if (upto > has && upto - has > free_bytes)
        return why_set(why, ERR_NO_SPACE, "disk: no room for '%s' to grow to %" PRIu64 " bytes",
                       v->path, upto);
    return OK;
}

enum err view_file_assure(struct view_file *v, uint64_t upto_bytes, struct why *why)
{
    if (upto_bytes <= v->assured_bytes)
        return OK;
    int fd = open(v->path, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return os_error(why, "open", v->path);
    enum err e = check_room(v, fd, upto_bytes, why);
    if (e == OK && os_allocate(fd, FALLOC_FL_KEEP_SIZE, v->assured_bytes, upto_bytes) == 0)
        v->assured_bytes = upto_bytes;
    else if (e == OK && errno != EOPNOTSUPP && errno != ENOSYS) /* else the room must do */
        e = os_error(why, "allocate", v->path);
    close(fd);
    return e;
}
