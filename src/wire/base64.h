/* wire/base64.h -- base64 as it is written in most places, and in URLs. */
#ifndef WIRE_BASE64_H
#define WIRE_BASE64_H

#include "base/arena.h"
#include "base/buf.h"

/* Whole or, if it does not fit, not at all. */
void base64_write(struct bytes plain, struct buf *out);
/* Into the arena. Line ends are passed over, as Go does. ERR_MALFORMED; *ret_at: where. */
MUST_CHECK enum err base64_read(struct bytes text, struct arena *arena, struct bytes *ret,
                                size_t *ret_at);
/* base64url, without padding and with no bits left over that are not zero: one text for each run of
 * bytes. ERR_MALFORMED. */
MUST_CHECK enum err base64url_read(struct bytes text, struct arena *arena, struct bytes *ret);

#endif
