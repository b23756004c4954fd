/* disk/log_places.h -- reading a log's entries back from where they stand. */
#ifndef DISK_LOG_PLACES_H
#define DISK_LOG_PLACES_H

#include "disk/fs.h"
#include "disk/log_map.h"
#include "disk/pages.h"

/* Reads entries LOW..HIGH, which must stand, checking every batch again; at least one, then until
 * BYTES of payload were given. BATCH is the buffer. Opens segments as needed. */
MUST_CHECK enum err log_read_places(struct fs *fs, const char *dir, const struct log_map *m,
                                    struct pages *batch, uint64_t low, uint64_t high,
                                    uint64_t bytes,
                                    enum err (*each)(void *ctx, const struct log_entry *entry),
                                    void *ctx, struct why *why);

#endif
