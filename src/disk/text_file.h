/* disk/text_file.h -- small files that are replaced whole: either the old text or the new, durably.
 */
#ifndef DISK_TEXT_FILE_H
#define DISK_TEXT_FILE_H

#include "base/buf.h"
#include "disk/fs.h"

/* Writes DIR/NAME by way of a temporary name. */
MUST_CHECK enum err text_file_write(struct fs *fs, const char *dir, const char *name,
                                    struct bytes text, struct why *why);
/* Appends the whole of DIR/NAME to OUT. ERR_NOT_FOUND; ERR_TOO_BIG above OUT's maximum. */
MUST_CHECK enum err text_file_read(struct fs *fs, const char *dir, const char *name,
                                   struct buf *out, struct why *why);

#endif
