/* store/piece.h -- long values and long keys, cut into rows of 2,000 bytes. */
#ifndef STORE_PIECE_H
#define STORE_PIECE_H

#include "store/row.h"
#include "store/tables.h"

enum { PIECE_BYTES = 2000 };

enum piece_kind { PIECE_VALUE, PIECE_KEY };
MUST_CHECK enum err piece_write(const struct view *v, enum space space, struct place place,
                                enum piece_kind kind, struct bytes bytes);
MUST_CHECK enum err piece_read(const struct view *v, enum space space, struct place place,
                               enum piece_kind kind, uint64_t n, struct buf *out);
/* Removes both kinds. */
MUST_CHECK enum err piece_remove(const struct view *v, enum space space, struct place place);

#endif
