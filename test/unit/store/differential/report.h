/* differential/report.h -- the first difference between model and store, as text. */
#ifndef DIFFERENTIAL_REPORT_H
#define DIFFERENTIAL_REPORT_H

#include "base/bytes.h"
#include "base/compiler.h"
#include "base/err.h"

struct report {
    char where[256]; /* what is being compared */
    char text[1024]; /* the first difference; empty: none */
};

/* Says what the comparisons to come are about. */
void report_at(struct report *r, const char *format, ...) PRINTF_FMT(2, 3);
bool report_is_clean(const struct report *r);
/* Notes a difference, unless one stands there already. Always false, so that a comparison can
 * return it. */
bool report_differs(struct report *r, const char *format, ...) PRINTF_FMT(2, 3);

/* True if equal; else the difference is noted, WHAT naming it. */
bool report_same_u64(struct report *r, const char *what, uint64_t want, uint64_t got);
bool report_same_i64(struct report *r, const char *what, int64_t want, int64_t got);
bool report_same_err(struct report *r, const char *what, enum err want, enum err got);
bool report_same_bytes(struct report *r, const char *what, struct bytes want, struct bytes got);

#endif
