/* wire/time_text.h -- times as RFC 3339 writes them: "2026-02-28T23:59:59.5Z". */
#ifndef WIRE_TIME_TEXT_H
#define WIRE_TIME_TEXT_H

#include "base/buf.h"

/* MS since 1970, in UTC, with three decimals unless they are zero. 0 is written as Go's zero time,
 * "0001-01-01T00:00:00Z". */
void time_print(uint64_t ms, struct buf *out);
/* The whole of TEXT, with any offset; decimals beyond milliseconds are dropped, Go's zero time is
 * 0. ERR_MALFORMED, also for a time before 1970 or after 9999. */
MUST_CHECK enum err time_parse(struct bytes text, uint64_t *ret_ms);

#endif
