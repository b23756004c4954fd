/* health/local_reap.h -- deregistering what has been critical for too long; for local*.c alone. */
#ifndef HEALTH_LOCAL_REAP_H
#define HEALTH_LOCAL_REAP_H

#include "health/local_core.h"

void local_reap_init(struct local_checks *l);
void local_reap_fini(struct local_checks *l);

#endif
