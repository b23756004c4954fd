/* keeper/keeper.h -- the leader's chores, on core's thread: lease expiry, checkpoints, compaction
 * by policy, retention. Each only proposes; every command checks its condition again at apply. */
#ifndef KEEPER_KEEPER_H
#define KEEPER_KEEPER_H

#include "keeper/options.h"
#include "replica/replica.h"

struct keeper;

/* Before replica_start; KEEPS REPLICA. */
MUST_CHECK enum err keeper_new(struct replica *replica, const struct keeper_options *options,
                               struct metrics *metrics, struct keeper **ret);
/* After replica_stop. */
void keeper_free(struct keeper *k);

#endif
