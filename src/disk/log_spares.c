/* Spare segments.
 *
 * The helper zero-fills a spare from front to back, durably, in pieces of 1 MiB, and only then
 * gives it the name of a segment. So a segment's header is written once over zeros and never
 * overwritten: a torn header stands in a file that is otherwise all zero and is told apart from a
 * damaged one. If no spare is ready the log makes a file that is allocated and not filled: right,
 * but slower to write. The very first segment of a log is small, so that it can be filled on the
 * spot. More than SPARES_KEPT spares are removed. */
#include "disk/log_spares.h"

#include <assert.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>

#include "base/mem.h"
#include "disk/log_segment.h"
#include "disk/pages.h"

enum { PIECE_BYTES = 1024 * 1024, SPARES_KEPT = 4, FIRST_BYTES = 4 * PIECE_BYTES };

struct log_spares {
    struct fs *fs;
    const char *dir;
    uint64_t segment_bytes;
    _Atomic(struct log_spare *) ready;   /* helper -> disk thread */
    _Atomic(struct log_spare *) retired; /* disk thread -> helper: a stack */
    _Atomic uint32_t number;             /* the highest in use */
    /* The helper's: */
    struct log_spare *pile; /* to be recycled or removed */
    size_t pile_n;
    struct log_spare *filling;
    uint64_t filled;
    struct pages zeros;
};

struct log_spares *log_spares_new(struct fs *fs, const char *dir, uint64_t segment_bytes,
                                  uint32_t number_max)
{
    struct log_spares *s = mem_zalloc(1, sizeof *s);
    s->fs = fs;
    s->dir = dir;
    s->segment_bytes = segment_bytes;
    atomic_init(&s->number, number_max);
    return s;
}

static void free_spares(struct log_spares *s, struct log_spare *list)
{
    while (list != NULL) {
        struct log_spare *next = list->next;
        if (list->file != NULL)
            s->fs->ops->close(list->file);
        mem_free(list);
        list = next;
    }
}

void log_spares_free(struct log_spares *s)
{
    if (s == NULL)
        return;
    free_spares(s, atomic_load(&s->ready));
    free_spares(s, atomic_load(&s->retired));
    free_spares(s, s->pile);
    free_spares(s, s->filling);
    pages_fini(&s->zeros);
    mem_free(s);
}

static struct log_spare *spare_new(uint32_t number, uint64_t bytes)
{
    struct log_spare *spare = mem_alloc(sizeof *spare);
    *spare = (struct log_spare){ .number = number, .bytes = bytes };
    return spare;
}

static enum err open_for_writing(struct log_spares *s, struct log_spare *spare, const char *suffix,
                                 unsigned mode, struct why *why)
{
    char path[LOG_PATH_MAX];
    log_segment_path(path, s->dir, spare->number, suffix);
    return s->fs->ops->open(s->fs, path, FS_READ | FS_WRITE | mode, &spare->file, why);
}

enum err log_spares_add_ready(struct log_spares *s, uint32_t number, bool *ret_taken,
                              struct why *why)
{
    *ret_taken = atomic_load(&s->ready) == NULL;
    if (!*ret_taken)
        return OK;
    struct log_spare *spare = spare_new(number, s->segment_bytes);
    enum err e = open_for_writing(s, spare, "seg", FS_DIRECT, why);
    if (e != OK) {
        mem_free(spare);
        return e;
    }
    atomic_store(&s->ready, spare);
    return OK;
}

void log_spares_add(struct log_spares *s, uint32_t number)
{
    struct log_spare *spare = spare_new(number, 0);
    spare->next = atomic_load(&s->retired);
    while (!atomic_compare_exchange_weak(&s->retired, &spare->next, spare))
        continue;
}

static enum err rename_durably(struct log_spares *s, uint32_t number, const char *from,
                               const char *to, struct why *why)
{
    char old_path[LOG_PATH_MAX], new_path[LOG_PATH_MAX];
    log_segment_path(old_path, s->dir, number, from);
    log_segment_path(new_path, s->dir, number, to);
    enum err e = s->fs->ops->rename(s->fs, old_path, new_path, why);
    return e != OK ? e : s->fs->ops->sync_dir(s->fs, s->dir, why);
}

enum err log_spares_retire(struct log_spares *s, uint32_t number, struct why *why)
{
    enum err e = rename_durably(s, number, "seg", "spare", why);
    if (e == OK)
        log_spares_add(s, number);
    return e;
}

/* SPARE is synced, whole and zero: gives it a segment's name and opens it under that. */
static enum err make_ready(struct log_spares *s, struct log_spare *spare, struct why *why)
{
    enum err e = s->fs->ops->sync(spare->file, why);
    s->fs->ops->close(spare->file);
    spare->file = NULL;
    if (e == OK)
        e = rename_durably(s, spare->number, "spare", "seg", why);
    return e != OK ? e : open_for_writing(s, spare, "seg", FS_DIRECT, why);
}

/* One piece of zeros at *FILLED of FILE, which is to have BYTES. */
static enum err write_zeros(struct log_spares *s, struct file *file, uint64_t bytes,
                            uint64_t *filled, struct why *why)
{
    uint64_t left = bytes - *filled;
    size_t n = left < PIECE_BYTES ? (size_t)left : PIECE_BYTES;
    if (s->zeros.p == NULL) {
        enum err e = pages_reserve(&s->zeros, PIECE_BYTES, why);
        if (e != OK)
            return e;
        memset(s->zeros.p, 0, PIECE_BYTES);
    }
    enum err e = s->fs->ops->write(file, *filled, s->zeros.p, n, why);
    if (e == OK)
        *filled += n;
    return e;
}

/* A new segment, allocated; its zeros are written only if FILL: the helper's zeros are used for
 * that, so it must not run yet. */
static enum err make_segment(struct log_spares *s, uint64_t bytes, bool fill,
                             struct log_spare **ret, struct why *why)
{
    uint64_t filled = 0;
    struct log_spare *spare = spare_new(atomic_fetch_add(&s->number, 1) + 1, bytes);
    enum err e = open_for_writing(s, spare, "spare", FS_CREATE | (fill ? FS_DIRECT : 0), why);
    if (e == OK)
        e = s->fs->ops->set_size(spare->file, bytes, why);
    while (e == OK && fill && filled < bytes)
        e = write_zeros(s, spare->file, bytes, &filled, why);
    if (e == OK)
        e = make_ready(s, spare, why);
    if (e != OK)
        free_spares(s, spare);
    else
        *ret = spare;
    return e;
}

enum err log_spares_take(struct log_spares *s, uint64_t bytes, struct log_spare **ret,
                         struct why *why)
{
    if (bytes > s->segment_bytes)
        return make_segment(s, bytes, false, ret, why);
    struct log_spare *spare = atomic_exchange(&s->ready, NULL);
    if (spare == NULL && atomic_load(&s->number) == 0 && bytes <= FIRST_BYTES / 2)
        return make_segment(s, s->segment_bytes < FIRST_BYTES ? s->segment_bytes : FIRST_BYTES,
                            true, ret, why);
    if (spare == NULL)
        return make_segment(s, s->segment_bytes, false, ret, why);
    *ret = spare;
    return OK;
}

/* ---- the helper ---- */

static void collect_retired(struct log_spares *s)
{
    struct log_spare *list = atomic_exchange(&s->retired, NULL);
    while (list != NULL) {
        struct log_spare *next = list->next;
        list->next = s->pile;
        s->pile = list;
        s->pile_n++;
        list = next;
    }
}

static struct log_spare *take_from_pile(struct log_spares *s)
{
    struct log_spare *spare = s->pile;
    if (spare != NULL) {
        s->pile = spare->next;
        s->pile_n--;
        spare->next = NULL;
    }
    return spare;
}

static enum err remove_one(struct log_spares *s, struct why *why)
{
    struct log_spare *spare = take_from_pile(s);
    char path[LOG_PATH_MAX];
    log_segment_path(path, s->dir, spare->number, "spare");
    mem_free(spare);
    enum err e = s->fs->ops->remove(s->fs, path, why);
    return e != OK ? e : s->fs->ops->sync_dir(s->fs, s->dir, why);
}

static enum err begin_filling(struct log_spares *s, struct why *why)
{
    struct log_spare *spare = take_from_pile(s);
    unsigned mode = spare == NULL ? FS_CREATE : 0;
    if (spare == NULL)
        spare = spare_new(atomic_fetch_add(&s->number, 1) + 1, 0);
    spare->bytes = s->segment_bytes;
    enum err e = open_for_writing(s, spare, "spare", mode | FS_DIRECT, why);
    if (e == OK)
        e = s->fs->ops->set_size(spare->file, s->segment_bytes, why);
    if (e != OK) {
        free_spares(s, spare);
        return e;
    }
    s->filling = spare;
    s->filled = 0;
    return OK;
}

static enum err fill_piece(struct log_spares *s, struct why *why)
{
    return write_zeros(s, s->filling->file, s->segment_bytes, &s->filled, why);
}

static enum err finish_filling(struct log_spares *s, struct why *why)
{
    struct log_spare *spare = s->filling;
    s->filling = NULL;
    enum err e = make_ready(s, spare, why);
    if (e != OK)
        free_spares(s, spare);
    else
        atomic_store(&s->ready, spare);
    return e;
}

enum err log_spares_step(struct log_spares *s, bool *ret_done, struct why *why)
{
    *ret_done = false;
    collect_retired(s);
    if (s->filling != NULL)
        return s->filled < s->segment_bytes ? fill_piece(s, why) : finish_filling(s, why);
    if (atomic_load(&s->ready) == NULL)
        return begin_filling(s, why);
    if (s->pile_n > SPARES_KEPT)
        return remove_one(s, why);
    *ret_done = true;
    return OK;
}
