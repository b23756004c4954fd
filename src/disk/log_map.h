/* disk/log_map.h -- what stands in the log, and where: segments, and the batches that hold entries.
 *
 * Some 40 bytes a batch; payloads stay on disk. Belongs to the disk thread. */
#ifndef DISK_LOG_MAP_H
#define DISK_LOG_MAP_H

#include "disk/log_format.h"

struct log_segment {
    uint32_t number; /* of its file's name */
    struct log_segment_head head;
    uint64_t used;     /* where the next batch goes */
    struct file *file; /* for reading; NULL until it is needed */
};

struct log_place { /* a batch, or what a truncation has left of it */
    struct log_segment *segment;
    uint64_t offset;
    uint64_t size;     /* on disk */
    uint64_t first, n; /* the entries in it that stand */
};

struct log_map {
    struct log_segment **segments; /* owned, oldest first; the last is being written */
    size_t segment_n, segment_room;
    struct log_place *places; /* rising and without gaps; only [place_at, place_n) are in use */
    size_t place_at, place_n, place_room;
    uint64_t last, last_term; /* the newest entry that stands, or the one before the log */
    uint64_t next_batch;      /* number of the next batch */
    struct log_hard hard;
};

void log_map_fini(struct log_map *m);
/* The index of the first entry that stands; last + 1 if there is none. */
uint64_t log_map_first(const struct log_map *m);
struct log_segment *log_map_active(const struct log_map *m);
/* Takes SEGMENT, whose file is empty yet, and makes it the active one. */
void log_map_add_segment(struct log_map *m, struct log_segment *take_segment);
/* Forgets the oldest segment with its entries and gives it to the caller. */
struct log_segment *log_map_take_oldest(struct log_map *m);
/* Entries from FROM on stand no more. */
void log_map_truncate(struct log_map *m, uint64_t from);
/* Adds one entry of the batch at OFFSET of SEGMENT. It must follow the last. */
void log_map_add_entry(struct log_map *m, struct log_segment *segment, uint64_t offset,
                       uint64_t size, uint64_t index, uint64_t term);
/* The batch that holds INDEX, which must stand. The next batch is the next element. */
const struct log_place *log_map_find(const struct log_map *m, uint64_t index);
/* One past the last place. */
const struct log_place *log_map_end(const struct log_map *m);

#endif
