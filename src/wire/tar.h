/* wire/tar.h -- archives of plain files in memory (POSIX ustar), as far as snapshots need them. */
#ifndef WIRE_TAR_H
#define WIRE_TAR_H

#include "base/buf.h"

enum { TAR_BLOCK = 512, TAR_NAME_MAX = 99 };

/* The head of a file: SIZE bytes follow it, then tar_end_file. NAME is at most TAR_NAME_MAX long.
 * TIME_S is since 1970. */
void tar_write_head(struct buf *out, const char *name, uint64_t size, uint64_t time_s);
/* Zeros up to a whole block, behind a file of SIZE bytes. */
void tar_end_file(struct buf *out, uint64_t size);
/* The end of the archive. */
void tar_end(struct buf *out);

struct tar_file { /* lent from the archive */
    struct bytes name, body;
};

struct tar_reader {
    struct bytes left;
};

/* The next file. ERR_NOT_FOUND at the end of the archive; ERR_TRUNCATED if it ends before that;
 * ERR_MALFORMED: no head of a plain file, or a wrong checksum. */
MUST_CHECK enum err tar_next(struct tar_reader *r, struct tar_file *ret);

#endif
