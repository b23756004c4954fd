/* disk/log_segment.h -- the files of a log's segments. */
#ifndef DISK_LOG_SEGMENT_H
#define DISK_LOG_SEGMENT_H

#include "disk/fs.h"
#include "disk/log_map.h"

enum { LOG_PATH_MAX = 4096 };

/* The path of a segment's file. */
void log_segment_path(char path[LOG_PATH_MAX], const char *dir, uint32_t number,
                      const char *suffix);
/* Opens it for reading if it is not open. */
MUST_CHECK enum err log_segment_open(struct fs *fs, const char *dir, struct log_segment *segment,
                                     struct why *why);
void log_segment_close(struct fs *fs, struct log_segment *segment);
/* ERR_DAMAGED, with file, offset and the way out in WHY. */
enum err log_segment_damaged(const char *dir, uint32_t number, uint64_t offset, const char *what,
                             struct why *why);

#endif
