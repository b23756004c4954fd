/* keeper/keeper.h -- the leader's chores, on core's thread: lease expiry, checkpoints, compaction
 * by policy, retention. Each only proposes; every command checks its condition again at apply. */
#ifndef KEEPER_KEEPER_H
#define KEEPER_KEEPER_H

#include "replica/replica.h"

struct keeper;

enum auto_compaction {
    AUTO_COMPACTION_DEFAULT /* 24 h and half of the limit */,
    AUTO_COMPACTION_PERIODIC,
    AUTO_COMPACTION_REVISION
};

struct keeper_options {
    enum auto_compaction mode;    /* of ETCD */
    uint64_t retention_ms;        /* PERIODIC */
    uint64_t retention_revisions; /* REVISION */
    uint64_t quota_bytes;         /* of ETCD's tables */
};

/* Before replica_start; KEEPS REPLICA. */
MUST_CHECK enum err keeper_new(struct replica *replica, const struct keeper_options *options,
                               struct metrics *metrics, struct keeper **ret);
/* After replica_stop. */
void keeper_free(struct keeper *k);

#endif
