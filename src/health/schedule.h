/* health/schedule.h -- when a check runs: spread over its interval, in phase for ever. Pure. */
#ifndef HEALTH_SCHEDULE_H
#define HEALTH_SCHEDULE_H

#include "base/bytes.h"

/* The time of the first run of check ID, in [now, now + interval): by a hash of the id and SEED,
 * so that checks that are registered together do not run together. */
uint64_t schedule_first(struct bytes id, uint64_t seed, uint64_t interval_ms, uint64_t now_ms);
/* The run after the one that was due at DUE_MS: whole intervals later, and after NOW_MS. What has
 * been missed is left out. */
uint64_t schedule_next(uint64_t due_ms, uint64_t interval_ms, uint64_t now_ms);

#endif
