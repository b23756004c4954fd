/* Opening a log: it is read, then settled, so that the directory is as a clean stop leaves it. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "disk/log_core.h"
#include "disk/log_places.h"
#include "disk/log_reader.h"
#include "disk/log_segment.h"

enum { SEGMENT_BYTES = 64 * 1024 * 1024 };

static enum err cut_torn_tail(struct log *log, uint64_t end, struct why *why)
{
    struct log_segment *active = log_map_active(&log->map);
    enum { PIECE = 1024 * 1024 };
    enum err e = pages_reserve(&log->batch, PIECE, why);
    if (e != OK)
        return e;
    memset(log->batch.p, 0, PIECE);
    for (uint64_t at = active->used; e == OK && at < end; at += PIECE) {
        size_t n = end - at < PIECE ? (size_t)(end - at) : PIECE;
        e = log->options.fs->ops->write(log->file, at, log->batch.p, n, why);
    }
    return e;
}

/* What a killed process left in the page cache is not on disk yet. */
static enum err sync_all(struct log *log, struct why *why)
{
    const struct fs_ops *ops = log->options.fs->ops;
    for (size_t i = 0; i < log->map.segment_n; i++) {
        struct file *file;
        char path[LOG_PATH_MAX];
        log_segment_path(path, log->options.dir, log->map.segments[i]->number, "seg");
        enum err e = ops->open(log->options.fs, path, FS_READ | FS_WRITE, &file, why);
        if (e != OK)
            return e;
        e = ops->sync(file, why);
        ops->close(file);
        if (e != OK)
            return e;
    }
    return ops->sync_dir(log->options.fs, log->options.dir, why);
}

static enum err open_active(struct log *log, struct why *why)
{
    char path[LOG_PATH_MAX];
    log_segment_path(path, log->options.dir, log_map_active(&log->map)->number, "seg");
    return log->options.fs->ops->open(log->options.fs, path, FS_READ | FS_WRITE | FS_DIRECT,
                                      &log->file, why);
}

static enum err sort_files(struct log *log, const struct log_reader *r, struct why *why)
{
    for (size_t i = 0; i < r->file_n; i++) {
        const struct log_file *f = &r->files[i];
        bool taken = false;
        enum err e = OK;
        if (f->state == LOG_FILE_READY)
            e = log_spares_add_ready(log->spares, f->number, &taken, why);
        if (e == OK && f->state == LOG_FILE_SPARE)
            log_spares_add(log->spares, f->number);
        else if (e == OK && !taken)
            e = log_spares_retire(log->spares, f->number, why);
        if (e != OK)
            return e;
    }
    return OK;
}

/* The log must reach down to what the caller has. */
static enum err check_base(const struct log_options *options, const struct log_map *m,
                           struct why *why)
{
    if (m->segment_n == 0 && options->must_exist)
        return why_set(why, ERR_DAMAGED,
                       "log: '%s' holds no segment, but entries up to index %" PRIu64
                       " were written: the log is missing; `muster serve --rebuild-view` goes back "
                       "to the newest snapshot",
                       options->dir, options->base_index);
    uint64_t first = m->segment_n == 0 ? 0 : log_map_first(m);
    if (first <= options->base_index + 1)
        return OK;
    return why_set(why, ERR_DAMAGED,
                   "log: '%s' begins at index %" PRIu64 ", but %" PRIu64
                   " is needed: segments or snapshots are missing; restore this server with "
                   "`muster snapshot restore`, or, if it is one of several members, remove its "
                   "data directory and let it join again",
                   options->dir, first, options->base_index + 1);
}

static void fill_found(const struct log_reader *r, const struct log_map *m, struct log_found *found)
{
    *found = (struct log_found){
        .hard = m->hard, .first = log_map_first(m), .last = m->last, .last_term = m->last_term
    };
    if (r->torn_end == 0)
        return;
    const struct log_segment *active = log_map_active(m);
    found->torn_offset = active->used;
    found->torn_bytes = r->torn_end - active->used;
    snprintf(found->torn_file, sizeof found->torn_file, "%08" PRIx32 ".seg", active->number);
}

/* Settles what READER found: afterwards the directory is as a clean stop leaves it. */
static enum err settle(struct log *log, const struct log_reader *r, struct why *why)
{
    struct log_map *m = &log->map;
    enum err e = OK;
    if (m->segment_n == 0) {
        e = sort_files(log, r, why);
        m->last = log->options.base_index;
        m->last_term = log->options.base_term;
        return e != OK ? e : log_next_segment(log, 0, why);
    }
    e = open_active(log, why);
    if (e == OK && r->torn_end != 0)
        e = cut_torn_tail(log, r->torn_end, why);
    if (e == OK)
        e = sync_all(log, why);
    return e != OK ? e : sort_files(log, r, why);
}

/* Gives the entries above the caller's base: those below it are in what the caller has. */
static enum err give_new(struct log *log,
                         enum err (*each)(void *ctx, const struct log_entry *entry), void *ctx,
                         struct why *why)
{
    uint64_t first = log_map_first(&log->map);
    if (first <= log->options.base_index)
        first = log->options.base_index + 1;
    if (each == NULL || first > log->map.last)
        return OK;
    enum err e = log_read_places(log->options.fs, log->options.dir, &log->map, &log->reading, first,
                                 log->map.last, UINT64_MAX, each, ctx, why);
    pages_shrink(&log->reading, LOG_KEEP_BYTES);
    return e;
}

static struct log *log_new(const struct log_options *options)
{
    struct log *log = mem_zalloc(1, sizeof *log);
    log->options = *options;
    if (log->options.segment_bytes == 0)
        log->options.segment_bytes = SEGMENT_BYTES;
    log->options.segment_bytes = pages_round(log->options.segment_bytes);
    if (log->options.segment_bytes < 2 * LOG_BLOCK)
        log->options.segment_bytes = 2 * LOG_BLOCK;
    return log;
}

/* Reads the directory into LOG's map. R keeps the rest of what was found. */
static enum err read_directory(struct log *log, struct log_reader *r, struct log_found *found,
                               struct why *why)
{
    log_reader_init(r, log->options.fs, log->options.dir, log->options.segment_bytes);
    enum err e = log_reader_run(r, why);
    if (e != OK)
        return e;
    log->map = r->map;
    r->map = (struct log_map){ 0 };
    fill_found(r, &log->map, found);
    return OK;
}

enum err log_open(const struct log_options *options,
                  enum err (*each)(void *ctx, const struct log_entry *entry), void *ctx,
                  struct log_found *ret_found, struct log **ret, struct why *why)
{
    struct log *log = log_new(options);
    struct log_found found;
    struct log_reader r;
    enum err e = read_directory(log, &r, &found, why);
    if (e == OK)
        e = check_base(&log->options, &log->map, why);
    if (e == OK) {
        log->spares =
            log_spares_new(options->fs, options->dir, log->options.segment_bytes, r.number_max);
        e = settle(log, &r, why);
    }
    log_reader_fini(&r);
    if (e == OK)
        e = give_new(log, each, ctx, why);
    if (e != OK) {
        log_close(log);
        return e;
    }
    if (found.last < log->map.last) { /* a new log: it begins behind the caller's base */
        found.last = log->map.last;
        found.last_term = log->map.last_term;
        found.first = found.last + 1;
    }
    *ret_found = found;
    *ret = log;
    return OK;
}

void log_close(struct log *log)
{
    if (log == NULL)
        return;
    for (size_t i = 0; i < log->map.segment_n; i++)
        log_segment_close(log->options.fs, log->map.segments[i]);
    if (log->file != NULL)
        log->options.fs->ops->close(log->file);
    log_map_fini(&log->map);
    log_spares_free(log->spares);
    pages_fini(&log->batch);
    pages_fini(&log->reading);
    mem_free(log);
}

enum err log_scan(const struct log_options *options,
                  enum err (*each)(void *ctx, const struct log_entry *entry), void *ctx,
                  struct log_found *ret_found, struct why *why)
{
    struct log *log = log_new(options);
    struct log_found found;
    struct log_reader r;
    enum err e = read_directory(log, &r, &found, why);
    log_reader_fini(&r);
    if (e == OK)
        e = give_new(log, each, ctx, why);
    log_close(log);
    if (e == OK)
        *ret_found = found;
    return e;
}
