/* health/local_push.h -- results on their way into the catalog; for local*.c alone. */
#ifndef HEALTH_LOCAL_PUSH_H
#define HEALTH_LOCAL_PUSH_H

#include "health/local_core.h"

/* The runner's sink. */
void local_push_result(void *ctx, struct bytes id, enum status status, struct bytes output);
/* The row has been read anew, or a write has ended: writes what is wanted and does not stand. */
void local_push(struct local_check *c);
void local_push_retries(struct timer *timer);
/* Puts ROW, if what was read still stands; lends from BYTES, an empty buffer. */
struct change_op local_cas(const struct local_check *c, const struct check *row, struct buf *bytes);

#endif
