/* replica/publish.h -- what leaves core after an entry was applied. */
#ifndef REPLICA_PUBLISH_H
#define REPLICA_PUBLISH_H

#include "replica/core.h"

/* Its batch to each io thread, then its results to their askers. */
void publish_effects(struct replica *r, struct flight *f, struct effects *e);

#endif
