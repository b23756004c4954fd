/* replica/snapshotter.h -- snapshots: files for our own restart, streams for whoever asks. */
#ifndef REPLICA_SNAPSHOTTER_H
#define REPLICA_SNAPSHOTTER_H

#include "disk/datadir.h"
#include "store/store.h"

struct replica;
struct snapshotter; /* the helper thread's */

/* Writes the store's present state into DIR's snapshot folder, durably, and prunes old ones. */
MUST_CHECK enum err snapshot_write_file(struct fs *fs, struct datadir *dir, struct store *store,
                                        uint64_t cluster_id, struct why *why);

struct snapshotter *snapshotter_new(struct replica *r);
/* After the helper thread has ended, while those who ask for streams still run: each stream ends
 * with ERR_STOPPING. */
void snapshotter_stop(struct snapshotter *s);
/* After those have ended too. */
void snapshotter_free(struct snapshotter *s);
/* Starts a snapshot for our own restart unless one is being made; when it is durable the log is cut
 * behind the older of the two kept. Any thread. */
void snapshotter_begin(struct snapshotter *s);

#endif
