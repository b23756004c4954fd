/* Entries are read back batch by batch; each is checked again, for it may have been damaged since.
 */
#include "disk/log_places.h"

#include "disk/log_segment.h"

struct giving {
    uint64_t low, high, left;
    enum err (*each)(void *ctx, const struct log_entry *entry);
    void *ctx;
};

static enum err give_batch(const struct log_place *place, const uint8_t *batch,
                           const struct log_batch_head *head, struct giving *g)
{
    uint64_t end = place->first + place->n;
    struct rd records;
    log_records(&records, batch, head);
    for (uint32_t i = 0; i < head->record_n && g->low <= g->high; i++) {
        struct log_record record;
        enum err e = log_record_next(&records, &record);
        if (e != OK)
            return e;
        if (record.type != LOG_RECORD_ENTRY || record.entry.index < g->low ||
            record.entry.index >= end)
            continue;
        e = g->each(g->ctx, &record.entry);
        if (e != OK)
            return e;
        g->low = record.entry.index + 1;
        if (record.entry.payload.n >= g->left)
            g->high = record.entry.index;
        else
            g->left -= record.entry.payload.n;
    }
    return OK;
}

static enum err read_place(struct fs *fs, const char *dir, const struct log_place *place,
                           struct pages *batch, struct giving *g, struct why *why)
{
    struct log_batch_head head;
    uint32_t seed = log_seed(place->segment->head.salt, place->offset);
    enum err e = log_segment_open(fs, dir, place->segment, why);
    if (e == OK)
        e = pages_reserve(batch, (size_t)place->size, why);
    if (e == OK)
        e = fs->ops->read(place->segment->file, place->offset, batch->p, (size_t)place->size, why);
    if (e != OK)
        return e;
    if (log_batch_read_head(batch->p, seed, &head) != OK ||
        log_batch_size(head.body_bytes) != place->size ||
        !log_batch_body_holds(batch->p, seed, &head))
        return log_segment_damaged(dir, place->segment->number, place->offset,
                                   "a batch that was whole does not validate any more", why);
    return give_batch(place, batch->p, &head, g);
}

enum err log_read_places(struct fs *fs, const char *dir, const struct log_map *m,
                         struct pages *batch, uint64_t low, uint64_t high, uint64_t bytes,
                         enum err (*each)(void *ctx, const struct log_entry *entry), void *ctx,
                         struct why *why)
{
    struct giving g = { low, high, bytes, each, ctx };
    const struct log_place *end = log_map_end(m);
    enum err e = OK;
    for (const struct log_place *p = log_map_find(m, low); e == OK && p < end && g.low <= g.high;
         p++)
        e = read_place(fs, dir, p, batch, &g, why);
    return e;
}
