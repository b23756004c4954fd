/* disk/log_core.h -- the inside of a log: of its opening and its writing only. */
#ifndef DISK_LOG_CORE_H
#define DISK_LOG_CORE_H

#include "disk/log.h"
#include "disk/log_map.h"
#include "disk/log_spares.h"
#include "disk/pages.h"

enum { LOG_KEEP_BYTES = 8 * 1024 * 1024 }; /* of a buffer that was larger once */

struct log {
    struct log_options options;
    struct log_map map;
    struct log_spares *spares;
    struct file *file;  /* the active segment, FS_DIRECT */
    struct pages batch; /* the batch being written */
    struct pages reading;
    uint64_t syncs, written_bytes, since_bytes;
    bool failed;
};

/* Begins a segment of at least BYTES behind what stands. */
MUST_CHECK enum err log_next_segment(struct log *log, uint64_t bytes, struct why *why);

#endif
