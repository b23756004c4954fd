/* A segment's file: its name, opening it, and the words for what is wrong with it. */
#include "disk/log_segment.h"

#include <inttypes.h>
#include <stdio.h>

void log_segment_path(char path[LOG_PATH_MAX], const char *dir, uint32_t number, const char *suffix)
{
    snprintf(path, LOG_PATH_MAX, "%s/%08" PRIx32 ".%s", dir, number, suffix);
}

enum err log_segment_open(struct fs *fs, const char *dir, struct log_segment *segment,
                          struct why *why)
{
    if (segment->file != NULL)
        return OK;
    char path[LOG_PATH_MAX];
    log_segment_path(path, dir, segment->number, "seg");
    return fs->ops->open(fs, path, FS_READ, &segment->file, why);
}

void log_segment_close(struct fs *fs, struct log_segment *segment)
{
    if (segment->file != NULL)
        fs->ops->close(segment->file);
    segment->file = NULL;
}

enum err log_segment_damaged(const char *dir, uint32_t number, uint64_t offset, const char *what,
                             struct why *why)
{
    return why_set(why, ERR_DAMAGED,
                   "log: '%s/%08" PRIx32 ".seg' is damaged at offset %" PRIu64 ": %s; restore this "
                   "server with `muster snapshot restore`, or, if it is one of several members, "
                   "remove its data directory and let it join again",
                   dir, number, offset, what);
}
