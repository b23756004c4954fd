/* health/local_alias.h -- checks that follow a service; for local*.c alone. */
#ifndef HEALTH_LOCAL_ALIAS_H
#define HEALTH_LOCAL_ALIAS_H

#include "health/local_core.h"

void local_alias_init(struct local_checks *l);
void local_alias_fini(struct local_checks *l);
/* Judges all aliases soon. */
void local_alias_soon(struct local_checks *l);

#endif
