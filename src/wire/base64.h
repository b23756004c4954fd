/* wire/base64.h -- standard base64 with padding. */
#ifndef WIRE_BASE64_H
#define WIRE_BASE64_H

#include "base/arena.h"
#include "base/buf.h"

/* Whole or, if it does not fit, not at all. */
void base64_write(struct bytes plain, struct buf *out);
/* Into the arena. Line ends are passed over, as Go does. ERR_MALFORMED; *ret_at: where. */
MUST_CHECK enum err base64_read(struct bytes text, struct arena *arena, struct bytes *ret,
                                size_t *ret_at);

#endif
