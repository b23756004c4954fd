/* disk/log_reader.h -- reads a log's directory: what stands, what is torn, what is damaged.
 *
 * Changes nothing. log_open acts on what it reports; log_scan only shows it. */
#ifndef DISK_LOG_READER_H
#define DISK_LOG_READER_H

#include "disk/fs.h"
#include "disk/log_map.h"
#include "disk/pages.h"

struct log_file { /* a file that holds nothing of the log */
    uint32_t number;
    enum { LOG_FILE_READY, LOG_FILE_UNUSED, LOG_FILE_VOID, LOG_FILE_SPARE } state;
    /* READY: all zero and of the right size. UNUSED: its header was torn, or it has another size.
     * VOID: a reset took its place. SPARE: bears that name. */
};

struct log_reader {
    struct fs *fs;
    const char *dir;
    uint64_t segment_bytes;
    struct log_map map;
    struct log_file *files;
    size_t file_n, file_room;
    uint32_t number_max;
    uint64_t
        torn_end; /* the active segment is not zero from its `used` up to here; 0: no torn tail */
    struct pages window; /* a part of the segment that is being read */
    uint64_t window_at, window_n;
};

void log_reader_init(struct log_reader *r, struct fs *fs, const char *dir, uint64_t segment_bytes);
/* Closes all files; the map keeps none open. The map's memory goes too unless it was taken out. */
void log_reader_fini(struct log_reader *r);
/* Reads and checks everything. Without any segment in use the map stays empty. */
MUST_CHECK enum err log_reader_run(struct log_reader *r, struct why *why);

#endif
