/* health/threshold.h -- how many results in a row it takes to change a check's status. Pure. */
#ifndef HEALTH_THRESHOLD_H
#define HEALTH_THRESHOLD_H

#include <stdbool.h>

#include "catalog/status.h"
#include "health/check.h"

struct threshold {
    uint64_t success_n, failure_n; /* in a row, the other one is zero */
};

/* Counters start full: the first result always applies. */
void threshold_init(struct threshold *t, const struct check_definition *d);
/* A probe ended with RESULT (UP, SUSPECT or DOWN; a warning counts as a success). False: the status
 * stays as it is; true: it is *RET_STATUS from now on. */
bool threshold_note(struct threshold *t, const struct check_definition *d, enum status result,
                    enum status *ret_status);

#endif
