/* replica/recover.h -- from what is on disk to a replica that can begin. */
#ifndef REPLICA_RECOVER_H
#define REPLICA_RECOVER_H

#include "replica/core.h"

/* Opens view and log, applies what the view lacks, begins a new term. Before any thread runs. */
MUST_CHECK enum err recover(struct replica *r, struct why *why);

#endif
