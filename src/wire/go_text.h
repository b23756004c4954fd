/* wire/go_text.h -- literals as Go writes and reads them: what stands in the requests and in the
 * error texts of servers written in Go. */
#ifndef WIRE_GO_TEXT_H
#define WIRE_GO_TEXT_H

#include "base/arena.h"
#include "base/buf.h"

/* The text of a literal in its "double" or `back` quotes, in ARENA. ERR_MALFORMED. */
MUST_CHECK enum err go_unquote(struct bytes literal, struct arena *arena, struct bytes *ret);
/* TEXT in double quotes; what is no UTF-8 or not to be seen is escaped. */
void go_quote(struct buf *out, struct bytes text);

/* Numbers with a sign, the prefixes 0x, 0o, 0b and 0, and underscores between digits, of BITS bits
 * (at most 64). ERR_MALFORMED; ERR_TOO_BIG if there is no room for it. */
MUST_CHECK enum err go_read_int(struct bytes text, unsigned bits, int64_t *ret);
/* The same without a sign. */
MUST_CHECK enum err go_read_uint(struct bytes text, unsigned bits, uint64_t *ret);
/* Decimal and hexadecimal, infinities and NaN too. */
MUST_CHECK enum err go_read_float(struct bytes text, double *ret);
/* 1, t, T, true, True, TRUE, and the opposites. */
MUST_CHECK enum err go_read_bool(struct bytes text, bool *ret);
/* What Go says of such an error: "invalid syntax" or "value out of range". */
const char *go_number_error(enum err e);

#endif
