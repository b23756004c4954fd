/* wire/duration.h -- "1h30m", "500ms", "10s", as Go writes and reads durations. */
#ifndef WIRE_DURATION_H
#define WIRE_DURATION_H

#include "base/buf.h"

/* In nanoseconds. Units ns us µs ms s m h; a sign; fractions; "0". ERR_MALFORMED, ERR_TOO_BIG. */
MUST_CHECK enum err duration_parse(struct bytes text, int64_t *ret_ns);
/* The shortest Go form: "1m30s", "100ms", "0s". */
void duration_print(int64_t ns, struct buf *out);

#endif
