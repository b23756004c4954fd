/* disk/log_spares.h -- segments that are not in use: recycled by a helper, taken by the log.
 *
 * In the log's directory NUMBER.seg is a segment in use or ready for use (then all zero), and
 * NUMBER.spare one that is neither. The two threads meet at two atomic pointers and a counter only:
 * the helper runs log_spares_step, the disk thread all else. */
#ifndef DISK_LOG_SPARES_H
#define DISK_LOG_SPARES_H

#include "disk/fs.h"

struct log_spares;

struct log_spare {
    struct log_spare *next;
    uint32_t number;
    uint64_t bytes;
    struct file *file; /* open for FS_DIRECT writing when it is ready */
};

/* Keeps FS and DIR. NUMBER_MAX: the highest number among the directory's files. */
struct log_spares *log_spares_new(struct fs *fs, const char *dir, uint64_t segment_bytes,
                                  uint32_t number_max);
void log_spares_free(struct log_spares *s);
/* At the opening, for a NUMBER.seg: one that is all zero is ready. False if one is ready already.
 */
MUST_CHECK enum err log_spares_add_ready(struct log_spares *s, uint32_t number, bool *ret_taken,
                                         struct why *why);
/* For a NUMBER.spare that is there. */
void log_spares_add(struct log_spares *s, uint32_t number);
/* Renames NUMBER.seg to NUMBER.spare, durably, and adds it. */
MUST_CHECK enum err log_spares_retire(struct log_spares *s, uint32_t number, struct why *why);
/* An empty segment of at least BYTES: the ready one, else a new one. Gives it: its file is the
 * caller's to close, the struct to free. */
MUST_CHECK enum err log_spares_take(struct log_spares *s, uint64_t bytes, struct log_spare **ret,
                                    struct why *why);
/* One piece of work. *ret_done: a spare is ready and nothing is left to do. */
MUST_CHECK enum err log_spares_step(struct log_spares *s, bool *ret_done, struct why *why);

#endif
