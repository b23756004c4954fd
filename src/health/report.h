/* health/report.h -- what of a check's results is told to the catalog, and when. Pure.
 *
 * A change of status at once. A change of the output alone at most once in an interval, since many
 * outputs differ with every run (a time, a counter) and each would be a write. */
#ifndef HEALTH_REPORT_H
#define HEALTH_REPORT_H

#include "base/buf.h"
#include "catalog/status.h"

enum { REPORT_OUTPUT_INTERVAL_MS = 5 * 60 * 1000 };

struct report { /* what was told last; zeroed: nothing yet */
    bool has_told;
    bool is_bare; /* the row has no output, and none has been told */
    enum status status;
    uint64_t output_hash;
    uint64_t at_ms;
};

/* What stands in the row already; AT_MS is now: its output is as good as just told, if it has one.
 */
void report_init(struct report *r, enum status status, struct bytes output, uint64_t at_ms);
/* True if STATUS and OUTPUT are to be told now; they count as told then. */
bool report_is_due(struct report *r, enum status status, struct bytes output, uint64_t now_ms);

/* Appends OUTPUT to OUT as a row takes it: cut at MAX bytes on a character's edge with a note of
 * how many of TOTAL bytes are there, what is no UTF-8 or a control character replaced. TOTAL may be
 * more than OUTPUT has: the rest was not kept. */
void report_output(struct bytes output, uint64_t total, size_t max, struct buf *out);

#endif
