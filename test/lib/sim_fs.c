/* Two versions of everything: NOW, what processes see, and DISK, what would be there without power.
 *
 * A sync copies NOW to DISK. A reboot goes over the sectors that differ and over the folder changes
 * that are pending, and lets chance decide for each; how likely a loss is, is itself drawn, so that
 * all-lost and all-kept come up too. */
#include "test/lib/sim_fs.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test/lib/dice.h"

enum { SECTOR = 512 };

struct image {
    uint8_t *p;
    size_t n, room; /* bytes in [n, room) are zero */
};

struct node {
    struct node *next; /* all nodes, until the end */
    struct image now, disk;
};

struct name {
    struct name *next;
    struct node *node;
    char path[];
};

struct change { /* of a folder, not synced yet */
    struct change *next;
    struct node *node; /* made or renamed; NULL: removed */
    char *from, *to;   /* FROM NULL: made; TO NULL: removed */
};

struct file {
    struct sim_fs *s;
    struct node *node;
    unsigned mode;
    char path[];
};

struct sim_fs {
    struct fs fs;
    struct node *nodes;
    struct name *now, *disk;
    struct change *changes; /* oldest first */
    uint64_t points, cut_at, calls, fail_at;
    bool off, lies;
    struct node *late; /* a lie: these bytes are not durable yet */
    uint64_t late_at, late_n;
    char failed_path[256];
    bool failed_has_offset;
    uint64_t failed_offset;
    size_t open_n;
};

/* ---- images ---- */

static void image_fit(struct image *m, size_t n)
{
    if (n > m->room) {
        m->p = realloc(m->p, n);
        assert(m->p != NULL);
        memset(m->p + m->room, 0, n - m->room);
        m->room = n;
    }
}

static void image_size(struct image *m, size_t n)
{
    image_fit(m, n);
    if (n < m->n)
        memset(m->p + n, 0, m->n - n);
    m->n = n;
}

static void image_copy(struct image *to, const struct image *from, size_t at, size_t n)
{
    if (at + n > to->n)
        image_size(to, at + n);
    if (n > 0)
        memcpy(to->p + at, from->p + at, n);
}

/* ---- names ---- */

static struct name **find(struct name **list, const char *path)
{
    struct name **at = list;
    while (*at != NULL && strcmp((*at)->path, path) != 0)
        at = &(*at)->next;
    return at;
}

static void unname(struct name **list, const char *path)
{
    struct name **at = find(list, path);
    struct name *gone = *at;
    if (gone == NULL)
        return;
    *at = gone->next;
    free(gone);
}

static void set_name(struct name **list, const char *path, struct node *node)
{
    unname(list, path);
    struct name *name = malloc(sizeof *name + strlen(path) + 1);
    assert(name != NULL);
    *name = (struct name){ .next = *list, .node = node };
    strcpy(name->path, path);
    *list = name;
}

static void free_names(struct name **list)
{
    while (*list != NULL)
        unname(list, (*list)->path);
}

static void copy_names(struct name **to, const struct name *from)
{
    free_names(to);
    for (; from != NULL; from = from->next)
        set_name(to, from->path, from->node);
}

static void free_change(struct change *c)
{
    free(c->from);
    free(c->to);
    free(c);
}

static void note_change(struct sim_fs *s, const char *from, const char *to, struct node *node)
{
    struct change *c = calloc(1, sizeof *c), **at = &s->changes;
    assert(c != NULL);
    c->from = from == NULL ? NULL : strdup(from);
    c->to = to == NULL ? NULL : strdup(to);
    c->node = node;
    while (*at != NULL)
        at = &(*at)->next;
    *at = c;
}

/* A change that reaches the disk; one whose file never got there cannot. */
static void apply_change(struct name **disk, const struct change *c)
{
    if (c->from != NULL) {
        struct name *old = *find(disk, c->from);
        if (old == NULL || old->node != c->node)
            return;
        unname(disk, c->from);
    }
    if (c->to != NULL)
        set_name(disk, c->to, c->node);
}

static bool is_in(const char *path, const char *dir)
{
    size_t n = strlen(dir);
    return path != NULL && strncmp(path, dir, n) == 0 && path[n] == '/' &&
           strchr(path + n + 1, '/') == NULL;
}

/* ---- calls ---- */

static enum err off(struct why *why)
{
    return why_set(why, ERR_IO, "sim: the power is off");
}

/* Counts a call that has PATH and maybe OFFSET; fails if its turn has come. */
static enum err begin(struct sim_fs *s, const char *path, const uint64_t *offset, struct why *why)
{
    if (s->off)
        return off(why);
    s->calls++;
    if (s->fail_at == 0 || --s->fail_at != 0)
        return OK;
    snprintf(s->failed_path, sizeof s->failed_path, "%s", path);
    s->failed_has_offset = offset != NULL;
    s->failed_offset = offset == NULL ? 0 : *offset;
    if (offset != NULL)
        return why_set(why, ERR_IO, "sim: '%s' failed at offset %" PRIu64, path, *offset);
    return why_set(why, ERR_IO, "sim: '%s' failed", path);
}

/* Counts a point at which the power may go; true if it goes. */
static bool goes_off(struct sim_fs *s)
{
    s->points++;
    if (s->cut_at != 0 && --s->cut_at == 0)
        s->off = true;
    return s->off;
}

static void settle_lie(struct sim_fs *s)
{
    if (s->late != NULL)
        image_copy(&s->late->disk, &s->late->now, s->late_at, s->late_n);
    s->late = NULL;
}

static struct sim_fs *of(struct fs *fs)
{
    return CONTAINER_OF(fs, struct sim_fs, fs);
}

static struct node *new_node(struct sim_fs *s)
{
    struct node *node = calloc(1, sizeof *node);
    assert(node != NULL);
    node->next = s->nodes;
    s->nodes = node;
    return node;
}

static enum err sim_open(struct fs *fs, const char *path, unsigned mode, struct file **ret,
                         struct why *why)
{
    struct sim_fs *s = of(fs);
    enum err e = begin(s, path, NULL, why);
    if (e != OK)
        return e;
    struct name *name = *find(&s->now, path);
    if (name == NULL && !(mode & FS_CREATE))
        return why_set(why, ERR_NOT_FOUND, "sim: '%s' is not there", path);
    if (name != NULL && (mode & FS_CREATE))
        return why_set(why, ERR_EXISTS, "sim: '%s' is there", path);
    struct node *node = name == NULL ? new_node(s) : name->node;
    if (name == NULL) {
        set_name(&s->now, path, node);
        note_change(s, NULL, path, node);
        if (goes_off(s))
            return off(why);
    }
    struct file *f = malloc(sizeof *f + strlen(path) + 1);
    assert(f != NULL);
    *f = (struct file){ .s = s, .node = node, .mode = mode };
    strcpy(f->path, path);
    s->open_n++;
    *ret = f;
    return OK;
}

static void sim_close(struct file *f)
{
    f->s->open_n--;
    free(f);
}

static enum err sim_read(struct file *f, uint64_t offset, void *into, size_t n, struct why *why)
{
    enum err e = begin(f->s, f->path, &offset, why);
    if (e != OK)
        return e;
    if (offset + n > f->node->now.n)
        return why_set(why, ERR_TRUNCATED, "sim: '%s' ends at offset %zu", f->path, f->node->now.n);
    if (n > 0)
        memcpy(into, f->node->now.p + offset, n);
    return OK;
}

static enum err sim_write(struct file *f, uint64_t offset, const void *from, size_t n,
                          struct why *why)
{
    struct sim_fs *s = f->s;
    assert(f->mode & FS_WRITE);
    enum err e = begin(s, f->path, &offset, why);
    if (e != OK)
        return e;
    if (f->mode & FS_DIRECT)
        assert(offset % 4096 == 0 && n % 4096 == 0 && (uintptr_t)from % 4096 == 0);
    settle_lie(s);
    if (offset + n > f->node->now.n)
        image_size(&f->node->now, offset + n);
    memcpy(f->node->now.p + offset, from, n);
    if (goes_off(s))
        return off(why);
    if (!(f->mode & FS_DIRECT))
        return OK;
    s->late = f->node;
    s->late_at = offset;
    s->late_n = n;
    if (!s->lies)
        settle_lie(s);
    return OK;
}

static enum err sim_sync(struct file *f, struct why *why)
{
    enum err e = begin(f->s, f->path, NULL, why);
    if (e != OK)
        return e;
    if (goes_off(f->s))
        return off(why);
    image_size(&f->node->disk, f->node->now.n);
    image_copy(&f->node->disk, &f->node->now, 0, f->node->now.n);
    return OK;
}

static enum err sim_size(struct file *f, uint64_t *ret, struct why *why)
{
    enum err e = begin(f->s, f->path, NULL, why);
    if (e == OK)
        *ret = f->node->now.n;
    return e;
}

static enum err sim_set_size(struct file *f, uint64_t n, struct why *why)
{
    enum err e = begin(f->s, f->path, NULL, why);
    if (e != OK)
        return e;
    image_size(&f->node->now, n);
    return goes_off(f->s) ? off(why) : OK;
}

static enum err sim_rename(struct fs *fs, const char *from, const char *to, struct why *why)
{
    struct sim_fs *s = of(fs);
    enum err e = begin(s, from, NULL, why);
    if (e != OK)
        return e;
    struct name *name = *find(&s->now, from);
    if (name == NULL)
        return why_set(why, ERR_NOT_FOUND, "sim: '%s' is not there", from);
    struct node *node = name->node;
    unname(&s->now, from);
    set_name(&s->now, to, node);
    note_change(s, from, to, node);
    return goes_off(s) ? off(why) : OK;
}

static enum err sim_remove(struct fs *fs, const char *path, struct why *why)
{
    struct sim_fs *s = of(fs);
    enum err e = begin(s, path, NULL, why);
    if (e != OK)
        return e;
    struct name *name = *find(&s->now, path);
    if (name == NULL)
        return why_set(why, ERR_NOT_FOUND, "sim: '%s' is not there", path);
    note_change(s, path, NULL, name->node);
    unname(&s->now, path);
    return goes_off(s) ? off(why) : OK;
}

static enum err sim_sync_dir(struct fs *fs, const char *dir, struct why *why)
{
    struct sim_fs *s = of(fs);
    enum err e = begin(s, dir, NULL, why);
    if (e != OK)
        return e;
    if (goes_off(s))
        return off(why);
    for (struct change **at = &s->changes; *at != NULL;) {
        struct change *c = *at;
        if (!is_in(c->from, dir) && !is_in(c->to, dir)) {
            at = &c->next;
            continue;
        }
        apply_change(&s->disk, c);
        *at = c->next;
        free_change(c);
    }
    return OK;
}

static enum err sim_list(struct fs *fs, const char *dir, void (*each)(void *ctx, const char *name),
                         void *ctx, struct why *why)
{
    struct sim_fs *s = of(fs);
    enum err e = begin(s, dir, NULL, why);
    if (e != OK)
        return e;
    for (const struct name *n = s->now; n != NULL; n = n->next)
        if (is_in(n->path, dir))
            each(ctx, n->path + strlen(dir) + 1);
    return OK;
}

static enum err sim_make_dir(struct fs *fs, const char *dir, struct why *why)
{
    return begin(of(fs), dir, NULL, why); /* folders are just the fronts of paths here */
}

static enum err sim_space(struct fs *fs, const char *dir, uint64_t *ret_free, uint64_t *ret_total,
                          struct why *why)
{
    *ret_free = *ret_total = UINT64_C(1) << 40;
    return begin(of(fs), dir, NULL, why);
}

static const struct fs_ops sim_ops = {
    .open = sim_open,
    .close = sim_close,
    .read = sim_read,
    .write = sim_write,
    .sync = sim_sync,
    .size = sim_size,
    .set_size = sim_set_size,
    .rename = sim_rename,
    .remove = sim_remove,
    .sync_dir = sim_sync_dir,
    .list = sim_list,
    .make_dir = sim_make_dir,
    .space = sim_space,
};

/* ---- the test's side ---- */

struct sim_fs *sim_fs_new(void)
{
    struct sim_fs *s = calloc(1, sizeof *s);
    assert(s != NULL);
    s->fs.ops = &sim_ops;
    return s;
}

static void drop_changes(struct sim_fs *s)
{
    while (s->changes != NULL) {
        struct change *c = s->changes;
        s->changes = c->next;
        free_change(c);
    }
}

void sim_fs_free(struct sim_fs *s)
{
    if (s == NULL)
        return;
    drop_changes(s);
    free_names(&s->now);
    free_names(&s->disk);
    while (s->nodes != NULL) {
        struct node *node = s->nodes;
        s->nodes = node->next;
        free(node->now.p);
        free(node->disk.p);
        free(node);
    }
    free(s);
}

struct fs *sim_fs_fs(struct sim_fs *s)
{
    return &s->fs;
}

uint64_t sim_fs_points(const struct sim_fs *s)
{
    return s->points;
}

void sim_fs_cut_at(struct sim_fs *s, uint64_t n)
{
    s->cut_at = n;
}

bool sim_fs_is_off(const struct sim_fs *s)
{
    return s->off;
}

static void reboot_node(struct node *node, struct dice *dice, unsigned kept_percent)
{
    size_t n = dice_percent(dice, kept_percent) ? node->now.n : node->disk.n;
    size_t most = node->now.n > node->disk.n ? node->now.n : node->disk.n;
    image_fit(&node->now, most);
    image_fit(&node->disk, most);
    for (size_t at = 0; at < most; at += SECTOR) {
        size_t piece = most - at < SECTOR ? most - at : SECTOR;
        if (memcmp(node->now.p + at, node->disk.p + at, piece) != 0 &&
            dice_percent(dice, kept_percent))
            memcpy(node->disk.p + at, node->now.p + at, piece);
    }
    node->disk.n = most; /* so that what lies behind the new end is cleared */
    image_size(&node->disk, n);
    image_size(&node->now, n);
    image_copy(&node->now, &node->disk, 0, n);
}

void sim_fs_reboot(struct sim_fs *s, uint64_t seed)
{
    static const unsigned kept_percents[] = { 0, 10, 50, 90, 100 };
    struct dice dice = dice_of(seed, 0);
    assert(s->open_n == 0);
    s->late = NULL;
    unsigned kept = kept_percents[dice_below(&dice, ARRAY_LEN(kept_percents))];
    for (struct node *node = s->nodes; node != NULL; node = node->next)
        reboot_node(node, &dice, kept);
    for (const struct change *c = s->changes; c != NULL; c = c->next)
        if (dice_percent(&dice, kept))
            apply_change(&s->disk, c);
    drop_changes(s);
    copy_names(&s->now, s->disk);
    s->off = false;
    s->cut_at = s->fail_at = 0;
}

void sim_fs_revive(struct sim_fs *s)
{
    assert(s->open_n == 0);
    s->off = false;
    s->cut_at = s->fail_at = 0;
}

uint64_t sim_fs_calls(const struct sim_fs *s)
{
    return s->calls;
}

void sim_fs_fail_at(struct sim_fs *s, uint64_t n)
{
    s->fail_at = n;
}

const char *sim_fs_failed_path(const struct sim_fs *s)
{
    return s->failed_path;
}

bool sim_fs_failed_offset(const struct sim_fs *s, uint64_t *ret_at)
{
    *ret_at = s->failed_offset;
    return s->failed_has_offset;
}

void sim_fs_lie(struct sim_fs *s)
{
    s->lies = true;
}

struct bytes sim_fs_bytes(const struct sim_fs *s, const char *path)
{
    for (const struct name *n = s->now; n != NULL; n = n->next)
        if (strcmp(n->path, path) == 0)
            return bytes_of(n->node->now.p, n->node->now.n);
    return (struct bytes){ 0 };
}

void sim_fs_put(struct sim_fs *s, const char *path, struct bytes bytes)
{
    struct node *node = new_node(s);
    image_size(&node->now, bytes.n);
    image_size(&node->disk, bytes.n);
    if (bytes.n > 0) {
        memcpy(node->now.p, bytes.p, bytes.n);
        memcpy(node->disk.p, bytes.p, bytes.n);
    }
    set_name(&s->now, path, node);
    set_name(&s->disk, path, node);
}

size_t sim_fs_open_n(const struct sim_fs *s)
{
    return s->open_n;
}
