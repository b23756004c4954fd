/* replica/restore.h -- a snapshot file into a fresh store, or into a fresh data directory. */
#ifndef REPLICA_RESTORE_H
#define REPLICA_RESTORE_H

#include "disk/datadir.h"
#include "disk/snapshot.h"
#include "store/dump.h"
#include "store/store.h"

/* What a snapshot says of itself; members are left out. */
struct snapshot_facts {
    uint64_t index, term, revision, cluster_id, wall_ms;
    uint64_t blocks, bytes;
};

/* Fills STORE, which must be fresh. BUMP is added to the revision, the history below it marked
 * compacted; 0: as it was. RET_FACTS may be NULL. */
MUST_CHECK enum err restore_snapshot(struct fs *fs, const char *path, struct store *store,
                                     uint64_t bump, struct snapshot_facts *ret_facts,
                                     struct why *why);
/* Reads all of the file and checks it. */
MUST_CHECK enum err snapshot_verify(struct fs *fs, const char *path,
                                    struct snapshot_facts *ret_facts, struct why *why);

/* `muster snapshot restore`: DIR, which must hold no data, becomes the directory of a new cluster
 * of one with the snapshot's keys, a new cluster id and member id. */
MUST_CHECK enum err restore_directory(struct datadir *dir, struct fs *fs, const char *snapshot,
                                      uint64_t bump, bool write_map,
                                      struct snapshot_facts *ret_facts, struct why *why);

#endif
