/* The log being written.
 *
 * log_append is the hot path: it lays the records into one aligned buffer behind the room for a
 * batch header, seals it with two CRCs and writes it with one call. Everything else happens seldom.
 *
 * A batch that does not fit into the rest of the segment begins the next one: its header is written
 * first, durably, with the hard state and the last index of that moment, so that older segments can
 * be dropped without loss. A batch larger than a segment gets a segment of its own size.
 *
 * Failure modes: after any error of a write the log refuses everything (what is on disk is then not
 * known); the process ends, and the next start finds out. */
#include "disk/log_core.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/mem.h"
#include "disk/log_places.h"
#include "disk/log_segment.h"

/* Keeps the first error of a write: the log is of no use after it. */
static enum err failing(struct log *log, enum err e)
{
    if (e != OK)
        log->failed = true;
    return e;
}

static enum err refuse_failed(const struct log *log, struct why *why)
{
    if (!log->failed)
        return OK;
    return why_set(why, ERR_IO, "log: '%s' takes no more writes after an earlier error",
                   log->options.dir);
}

/* ---- segments ---- */

static enum err write_header(struct log *log, const struct log_segment_head *head,
                             struct file *file, struct why *why)
{
    enum err e = pages_reserve(&log->batch, LOG_BLOCK, why);
    if (e != OK)
        return e;
    log_segment_write(log->batch.p, head);
    return log->options.fs->ops->write(file, 0, log->batch.p, LOG_BLOCK, why);
}

/* Begins a segment of at least BYTES; HEAD brings base, hard state and the reset mark. */
static enum err begin_segment(struct log *log, uint64_t bytes, struct log_segment_head head,
                              struct why *why)
{
    struct log_map *m = &log->map;
    struct log_spare *spare;
    enum err e = log_spares_take(log->spares, bytes, &spare, why);
    if (e != OK)
        return e;
    head.sequence = m->segment_n == 0 ? 1 : log_map_active(m)->head.sequence + 1;
    head.salt = log->options.entropy(log->options.entropy_ctx);
    head.bytes = spare->bytes;
    head.first_batch = m->next_batch;
    e = write_header(log, &head, spare->file, why);
    if (e != OK) {
        log->options.fs->ops->close(spare->file);
        mem_free(spare);
        return e;
    }
    if (log->file != NULL)
        log->options.fs->ops->close(log->file);
    log->file = spare->file;
    struct log_segment *segment = mem_alloc(sizeof *segment);
    *segment = (struct log_segment){ .number = spare->number, .head = head, .used = LOG_BLOCK };
    log_map_add_segment(m, segment);
    mem_free(spare);
    return OK;
}

enum err log_next_segment(struct log *log, uint64_t bytes, struct why *why)
{
    const struct log_map *m = &log->map;
    return begin_segment(log, bytes,
                         (struct log_segment_head){
                             .base_index = m->last, .base_term = m->last_term, .hard = m->hard },
                         why);
}

/* ---- appending ---- */

static enum err check_entries(const struct log *log, const struct log_entry *entries, size_t n,
                              struct why *why)
{
    uint64_t first = log_map_first(&log->map), last = log->map.last;
    if (n > 0 && (entries[0].index < first || entries[0].index > last + 1))
        return why_set(why, ERR_INVALID,
                       "log: entry %" PRIu64 " does not fit a log of %" PRIu64 "..%" PRIu64,
                       entries[0].index, first, last);
    for (size_t i = 1; i < n; i++)
        if (entries[i].index != entries[0].index + i)
            return why_set(why, ERR_INVALID, "log: entry %" PRIu64 " follows %" PRIu64,
                           entries[i].index, entries[i - 1].index);
    return OK;
}

/* Bytes of records; ERR_TOO_BIG above the limits. */
static enum err measure(const struct log_entry *entries, size_t n, bool truncate, bool hard,
                        uint64_t *ret_bytes, struct why *why)
{
    uint64_t bytes = (truncate ? LOG_TRUNCATE_SIZE : 0) + (hard ? LOG_HARD_SIZE : 0);
    for (size_t i = 0; i < n; i++) {
        if (entries[i].payload.n > LOG_ENTRY_MAX)
            return why_set(why, ERR_TOO_BIG,
                           "log: entry %" PRIu64 " has %zu bytes, the limit is %d",
                           entries[i].index, entries[i].payload.n, LOG_ENTRY_MAX);
        bytes += log_entry_size(entries[i].payload.n);
        if (bytes > LOG_BATCH_MAX - LOG_BLOCK)
            return why_set(why, ERR_TOO_BIG, "log: a batch of more than %d bytes", LOG_BATCH_MAX);
    }
    *ret_bytes = bytes;
    return OK;
}

static void note_written(struct log *log, const struct log_entry *entries, size_t n,
                         const struct log_hard *hard, uint64_t size)
{
    struct log_map *m = &log->map;
    struct log_segment *active = log_map_active(m);
    if (n > 0)
        log_map_truncate(m, entries[0].index);
    for (size_t i = 0; i < n; i++)
        log_map_add_entry(m, active, active->used, size, entries[i].index, entries[i].term);
    if (hard != NULL)
        m->hard = *hard;
    active->used += size;
    m->next_batch++;
    log->syncs++;
    log->written_bytes += size;
    log->since_bytes += size;
}

static enum err write_batch(struct log *log, const struct log_entry *entries, size_t n,
                            const struct log_hard *hard, uint64_t body_bytes, struct why *why)
{
    uint64_t size = log_batch_size(body_bytes);
    enum err e = pages_reserve(&log->batch, (size_t)size, why);
    if (e != OK)
        return e;
    uint8_t *at = log->batch.p + LOG_BATCH_HEAD;
    bool truncate = n > 0 && entries[0].index <= log->map.last;
    if (truncate)
        at = log_put_truncate(at, entries[0].index);
    for (size_t i = 0; i < n; i++)
        at = log_put_entry(at, &entries[i]);
    if (hard != NULL)
        at = log_put_hard(at, hard);
    assert((uint64_t)(at - log->batch.p) == LOG_BATCH_HEAD + body_bytes);

    const struct log_segment *active = log_map_active(&log->map);
    struct log_batch_head head = { .number = log->map.next_batch,
                                   .synced = log->map.next_batch - 1,
                                   .body_bytes = (uint32_t)body_bytes };
    head.record_n = (uint32_t)(n + truncate + (hard != NULL));
    log_batch_seal(log->batch.p, log_seed(active->head.salt, active->used), &head);
    e = log->options.fs->ops->write(log->file, active->used, log->batch.p, (size_t)size, why);
    if (e == OK)
        note_written(log, entries, n, hard, size);
    pages_shrink(&log->batch, LOG_KEEP_BYTES);
    return e;
}

enum err log_append(struct log *log, const struct log_entry *entries, size_t n,
                    const struct log_hard *hard, struct why *why)
{
    if (n == 0 && hard == NULL)
        return OK;
    uint64_t bytes = 0;
    bool truncate = n > 0 && entries[0].index <= log->map.last;
    enum err e = refuse_failed(log, why);
    if (e == OK)
        e = check_entries(log, entries, n, why);
    if (e == OK)
        e = measure(entries, n, truncate, hard != NULL, &bytes, why);
    if (e != OK)
        return e;
    const struct log_segment *active = log_map_active(&log->map);
    uint64_t size = log_batch_size(bytes);
    if (size > active->head.bytes - active->used)
        e = log_next_segment(log, LOG_BLOCK + size, why);
    if (e == OK)
        e = write_batch(log, entries, n, hard, bytes, why);
    return failing(log, e);
}

enum err log_read(struct log *log, uint64_t low, uint64_t high, uint64_t bytes,
                  enum err (*each)(void *ctx, const struct log_entry *entry), void *ctx,
                  struct why *why)
{
    if (high > log->map.last)
        high = log->map.last;
    if (low < log_map_first(&log->map) || low > high)
        return OK;
    enum err e = log_read_places(log->options.fs, log->options.dir, &log->map, &log->reading, low,
                                 high, bytes, each, ctx, why);
    pages_shrink(&log->reading, LOG_KEEP_BYTES);
    return e;
}

/* ---- dropping ---- */

static enum err drop_oldest(struct log *log, struct why *why)
{
    struct log_segment *oldest = log_map_take_oldest(&log->map);
    uint32_t number = oldest->number;
    log_segment_close(log->options.fs, oldest);
    mem_free(oldest);
    return log_spares_retire(log->spares, number, why);
}

enum err log_cut(struct log *log, uint64_t first, struct why *why)
{
    struct log_map *m = &log->map;
    enum err e = refuse_failed(log, why);
    while (e == OK && m->segment_n > 1 && m->segments[1]->head.base_index < first)
        e = drop_oldest(log, why);
    log->since_bytes = 0;
    return failing(log, e);
}

/* The new segment's header is the turning point. The batch behind it is written before anything is
 * dropped, so that a header that is damaged later is not taken for an unused one. */
enum err log_reset(struct log *log, uint64_t index, uint64_t term, const struct log_hard *hard,
                   struct why *why)
{
    struct log_map *m = &log->map;
    struct log_hard keep = hard != NULL ? *hard : m->hard;
    enum err e = refuse_failed(log, why);
    if (e == OK)
        e = begin_segment(log, 0,
                          (struct log_segment_head){
                              .base_index = index, .base_term = term, .hard = keep, .reset = true },
                          why);
    if (e == OK) {
        log_map_truncate(m, 0);
        m->last = index;
        m->last_term = term;
        e = write_batch(log, NULL, 0, &keep, LOG_HARD_SIZE, why);
    }
    while (e == OK && m->segment_n > 1)
        e = drop_oldest(log, why);
    log->since_bytes = 0;
    return failing(log, e);
}

enum err log_recycle(struct log *log, bool *ret_done, struct why *why)
{
    return log_spares_step(log->spares, ret_done, why);
}

void log_figures(const struct log *log, struct log_figures *ret)
{
    const struct log_map *m = &log->map;
    *ret = (struct log_figures){ .first = log_map_first(m),
                                 .last = m->last,
                                 .syncs = log->syncs,
                                 .written_bytes = log->written_bytes,
                                 .since_bytes = log->since_bytes };
    for (size_t i = 0; i < m->segment_n; i++)
        ret->bytes += m->segments[i]->head.bytes;
}

uint64_t log_bytes_behind(const struct log *log, uint64_t index)
{
    const struct log_map *m = &log->map;
    uint64_t first = log_map_first(m), bytes = 0;
    if (index >= m->last || first > m->last)
        return 0;
    for (const struct log_place *p = log_map_find(m, index < first ? first : index + 1);
         p < log_map_end(m); p++)
        bytes += p->size;
    return bytes;
}
