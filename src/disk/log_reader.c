/* Reading a log at start.
 *
 * 1. Headers. A segment in use has a sound header. A file whose header is not sound is unused if
 *    all behind it is zero (nothing is written there before the header is durable), else damaged.
 * 2. Order. Below the newest segment with the reset mark all is void; the rest must follow each
 *    other by sequence, batch number and last index.
 * 3. Batches. Where one does not validate the segment ends. That is right if the next segment
 * begins with just the missing number, and a torn tail if this is the last segment and no sound
 * header of a batch stands anywhere behind it. Else it is damage: what was durable once is gone.
 * 4. Records. They only stand after a CRC has held, so a senseless one was written by another build
 *    or by a fault of ours: refused, never guessed. */
#include "disk/log_reader.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "disk/log_segment.h"

enum { WINDOW_BYTES = 1024 * 1024 };

void log_reader_init(struct log_reader *r, struct fs *fs, const char *dir, uint64_t segment_bytes)
{
    *r = (struct log_reader){ .fs = fs, .dir = dir, .segment_bytes = segment_bytes };
    r->map.next_batch = 1;
}

void log_reader_fini(struct log_reader *r)
{
    for (size_t i = 0; i < r->map.segment_n; i++)
        log_segment_close(r->fs, r->map.segments[i]);
    log_map_fini(&r->map);
    mem_free(r->files);
    r->files = NULL;
    pages_fini(&r->window);
}

/* ---- the directory ---- */

static void add_file(struct log_reader *r, uint32_t number, int state)
{
    if (r->file_n == r->file_room) {
        r->file_room = r->file_room == 0 ? 16 : 2 * r->file_room;
        r->files = mem_realloc(r->files, r->file_room * sizeof *r->files);
    }
    r->files[r->file_n++].number = number;
    r->files[r->file_n - 1].state = state;
    if (number > r->number_max)
        r->number_max = number;
}

static void note_name(void *ctx, const char *name)
{
    struct log_reader *r = ctx;
    if (strspn(name, "0123456789abcdef") != 8)
        return;
    uint32_t number = (uint32_t)strtoul(name, NULL, 16);
    if (strcmp(name + 8, ".seg") == 0)
        add_file(r, number, LOG_FILE_UNUSED);
    else if (strcmp(name + 8, ".spare") == 0)
        add_file(r, number, LOG_FILE_SPARE);
}

/* ---- a window over one segment ---- */

/* Bytes [OFFSET, OFFSET + N) of SEGMENT, up to LIMIT read ahead. */
static enum err see(struct log_reader *r, const struct log_segment *segment, uint64_t offset,
                    uint64_t n, uint64_t limit, const uint8_t **ret, struct why *why)
{
    if (offset < r->window_at || offset + n > r->window_at + r->window_n) {
        uint64_t want = n < WINDOW_BYTES ? WINDOW_BYTES : n;
        if (want > limit - offset)
            want = limit - offset;
        r->window_n = 0;
        enum err e = pages_reserve(&r->window, (size_t)want, why);
        if (e == OK)
            e = r->fs->ops->read(segment->file, offset, r->window.p, (size_t)want, why);
        if (e != OK)
            return e;
        r->window_at = offset;
        r->window_n = want;
    }
    *ret = r->window.p + (offset - r->window_at);
    return OK;
}

static bool is_zero(const uint8_t *p, size_t n)
{
    return n == 0 || (p[0] == 0 && memcmp(p, p + 1, n - 1) == 0);
}

/* ---- 1. headers ---- */

static void add_segment(struct log_reader *r, uint32_t number, const struct log_segment_head *head,
                        struct file *take_file)
{
    struct log_segment *segment = mem_alloc(sizeof *segment);
    *segment = (struct log_segment){
        .number = number, .head = *head, .used = LOG_BLOCK, .file = take_file
    };
    log_map_add_segment(&r->map, segment);
}

/* A file whose header does not validate: unused if nothing stands behind it. */
static enum err classify_unused(struct log_reader *r, struct log_file *f, struct file *file,
                                uint64_t size, bool head_zero, struct why *why)
{
    struct log_segment segment = { .number = f->number, .file = file };
    for (uint64_t at = LOG_BLOCK; at < size; at += LOG_BLOCK) {
        const uint8_t *block;
        enum err e = see(r, &segment, at, LOG_BLOCK, size, &block, why);
        if (e != OK)
            return e;
        if (!is_zero(block, LOG_BLOCK))
            return log_segment_damaged(r->dir, f->number, 0,
                                       "the header is not whole, yet batches follow", why);
    }
    f->state = head_zero && size == r->segment_bytes ? LOG_FILE_READY : LOG_FILE_UNUSED;
    return OK;
}

/* Gives FILE to the map (*ret_in_use), or leaves it to the caller. */
static enum err read_header(struct log_reader *r, struct log_file *f, struct file *file,
                            bool *ret_in_use, struct why *why)
{
    uint64_t size;
    struct log_segment_head head;
    struct log_segment segment = { .number = f->number, .file = file };
    const uint8_t *block;
    enum err e = r->fs->ops->size(file, &size, why);
    if (e != OK)
        return e;
    if (size < 2 * LOG_BLOCK || size % LOG_BLOCK != 0)
        return log_segment_damaged(r->dir, f->number, size, "the file has been cut", why);
    r->window_n = 0;
    e = see(r, &segment, 0, LOG_BLOCK, size, &block, why);
    if (e != OK)
        return e;
    e = log_segment_read(block, &head);
    if (e == ERR_VERSION)
        return why_set(why, e,
                       "log: '%s/%08" PRIx32 ".seg' has a format that this build does not know "
                       "(it knows %d): use the version of muster that wrote it",
                       r->dir, f->number, LOG_FORMAT);
    if (e != OK)
        return classify_unused(r, f, file, size, is_zero(block, LOG_BLOCK), why);
    if (head.bytes > size)
        return log_segment_damaged(r->dir, f->number, size, "the file has been cut", why);
    add_segment(r, f->number, &head, file);
    *ret_in_use = true;
    return OK;
}

static enum err read_headers(struct log_reader *r, struct why *why)
{
    size_t kept = 0;
    for (size_t i = 0; i < r->file_n; i++) {
        struct log_file f = r->files[i];
        bool in_use = false;
        if (f.state != LOG_FILE_SPARE) {
            struct log_segment opened = { .number = f.number };
            enum err e = log_segment_open(r->fs, r->dir, &opened, why);
            if (e == OK)
                e = read_header(r, &f, opened.file, &in_use, why);
            if (!in_use)
                log_segment_close(r->fs, &opened);
            if (e != OK)
                return e;
        }
        if (!in_use)
            r->files[kept++] = f;
    }
    r->file_n = kept;
    return OK;
}

/* ---- 2. order ---- */

static int by_sequence(const void *a, const void *b)
{
    const struct log_segment *const *x = a, *const *y = b;
    return ((*x)->head.sequence > (*y)->head.sequence) -
           ((*x)->head.sequence < (*y)->head.sequence);
}

static enum err order_segments(struct log_reader *r, struct why *why)
{
    struct log_map *m = &r->map;
    if (m->segment_n == 0)
        return OK;
    qsort(m->segments, m->segment_n, sizeof m->segments[0], by_sequence);
    size_t begin = m->segment_n - 1;
    while (begin > 0 && !m->segments[begin]->head.reset)
        begin--;
    while (begin-- > 0) {
        struct log_segment *old = log_map_take_oldest(m);
        add_file(r, old->number, LOG_FILE_VOID);
        log_segment_close(r->fs, old);
        mem_free(old);
    }
    for (size_t i = 1; i < m->segment_n; i++)
        if (m->segments[i]->head.sequence != m->segments[i - 1]->head.sequence + 1)
            return log_segment_damaged(r->dir, m->segments[i]->number, 0,
                                       "the segment before it is missing, or stands twice", why);
    const struct log_segment_head *head = &m->segments[0]->head;
    m->last = head->base_index;
    m->last_term = head->base_term;
    m->hard = head->hard;
    m->next_batch = head->first_batch;
    return OK;
}

/* ---- 3. and 4. batches and their records ---- */

struct batch_at {
    struct log_segment *segment;
    uint64_t offset, size;
};

static enum err senseless(struct log_reader *r, const struct batch_at *at, enum err e,
                          struct why *why)
{
    if (e == ERR_VERSION)
        return why_set(why, e,
                       "log: '%s/%08" PRIx32 ".seg' has a record at offset %" PRIu64
                       " of a kind that this build does not know: use a newer muster",
                       r->dir, at->segment->number, at->offset);
    return log_segment_damaged(r->dir, at->segment->number, at->offset, "a record makes no sense",
                               why);
}

static enum err take_record(struct log_map *m, const struct batch_at *at,
                            const struct log_record *record)
{
    switch (record->type) {
    case LOG_RECORD_ENTRY:
        if (record->entry.index != m->last + 1)
            return ERR_MALFORMED;
        log_map_add_entry(m, at->segment, at->offset, at->size, record->entry.index,
                          record->entry.term);
        break;
    case LOG_RECORD_TRUNCATE:
        if (record->from > m->last)
            return ERR_MALFORMED;
        log_map_truncate(m, record->from);
        break;
    case LOG_RECORD_HARD:
        m->hard = record->hard;
        break;
    }
    return OK;
}

static enum err take_batch(struct log_reader *r, const struct batch_at *at, const uint8_t *batch,
                           const struct log_batch_head *head, struct why *why)
{
    struct rd records;
    log_records(&records, batch, head);
    for (uint32_t i = 0; i < head->record_n; i++) {
        struct log_record record;
        enum err e = log_record_next(&records, &record);
        if (e == OK)
            e = take_record(&r->map, at, &record);
        if (e != OK)
            return senseless(r, at, e, why);
    }
    enum err e = rd_end(&records);
    return e != OK ? senseless(r, at, e, why) : OK;
}

/* Reads the batch at the segment's end. *ret_end: there is none. */
static enum err read_batch(struct log_reader *r, struct log_segment *segment, bool *ret_end,
                           struct why *why)
{
    uint64_t offset = segment->used, limit = segment->head.bytes;
    uint32_t seed = log_seed(segment->head.salt, offset);
    struct log_batch_head head;
    const uint8_t *batch;
    *ret_end = true;
    if (offset >= limit)
        return OK;
    enum err e = see(r, segment, offset, LOG_BLOCK, limit, &batch, why);
    if (e != OK)
        return e;
    if (log_batch_read_head(batch, seed, &head) != OK)
        return OK;
    uint64_t size = log_batch_size(head.body_bytes);
    if (head.number != r->map.next_batch || size > limit - offset)
        return log_segment_damaged(r->dir, segment->number, offset, "a batch out of place", why);
    e = see(r, segment, offset, size, limit, &batch, why);
    if (e != OK)
        return e;
    if (!log_batch_body_holds(batch, seed, &head))
        return OK;
    e = take_batch(r, &(struct batch_at){ segment, offset, size }, batch, &head, why);
    if (e != OK)
        return e;
    segment->used += size;
    r->map.next_batch++;
    *ret_end = false;
    return OK;
}

/* The last segment has ended: anything behind the end is torn, or proof of damage. */
static enum err look_behind(struct log_reader *r, struct log_segment *segment, struct why *why)
{
    uint64_t limit = segment->head.bytes;
    for (uint64_t at = segment->used; at < limit; at += LOG_BLOCK) {
        const uint8_t *block;
        struct log_batch_head head;
        enum err e = see(r, segment, at, LOG_BLOCK, limit, &block, why);
        if (e != OK)
            return e;
        if (is_zero(block, LOG_BLOCK))
            continue;
        uint32_t seed = log_seed(segment->head.salt, at);
        if (log_batch_read_head(block, seed, &head) == OK && head.synced >= r->map.next_batch)
            return log_segment_damaged(
                r->dir, segment->number, segment->used,
                "a batch does not validate, yet a later one stands behind it", why);
        r->torn_end = at + LOG_BLOCK;
    }
    return OK;
}

static enum err read_segment(struct log_reader *r, size_t i, struct why *why)
{
    struct log_map *m = &r->map;
    struct log_segment *segment = m->segments[i];
    const struct log_segment_head *head = &segment->head;
    if (head->first_batch != m->next_batch || head->base_index != m->last)
        return log_segment_damaged(r->dir, segment->number, 0,
                                   "it does not follow the segment before it", why);
    r->window_n = 0;
    bool end = false;
    while (!end) {
        enum err e = read_batch(r, segment, &end, why);
        if (e != OK)
            return e;
    }
    if (i + 1 == m->segment_n)
        return look_behind(r, segment, why);
    if (m->segments[i + 1]->head.first_batch == m->next_batch)
        return OK;
    return log_segment_damaged(r->dir, segment->number, segment->used,
                               "a batch does not validate, yet a later segment stands behind it",
                               why);
}

enum err log_reader_run(struct log_reader *r, struct why *why)
{
    enum err e = r->fs->ops->list(r->fs, r->dir, note_name, r, why);
    if (e == OK)
        e = read_headers(r, why);
    if (e == OK)
        e = order_segments(r, why);
    for (size_t i = 0; e == OK && i < r->map.segment_n; i++)
        e = read_segment(r, i, why);
    return e;
}
