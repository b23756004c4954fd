/* disk/datadir.h -- the data directory: its owner, its parts, and whether the view can be trusted.
 *
 *   DIR/lock            flock and a random owner token: one process
 *   DIR/format          the directory's format version
 *   DIR/log/            segments (disk/log.h)
 *   DIR/snap/INDEX.snap snapshots, the two newest are kept (disk/snapshot.h)
 *   DIR/view/view.mdb   the view (LMDB); DIR/view.state says whether it may be taken
 *   DIR/reserve         64 MiB that are given up when the disk is nearly full */
#ifndef DISK_DATADIR_H
#define DISK_DATADIR_H

#include "disk/fs.h"
#include "disk/view_state.h"

struct datadir;

/* Makes what is missing, takes the lock. ERR_LOCKED names the other process in WHY. ERR_VERSION for
 * a format this build does not know. ERR_DAMAGED: the folder was copied while its server ran (WHY
 * names `muster snapshot restore`). REBUILD: the view is not trusted, whatever view.state says. */
MUST_CHECK enum err datadir_open(const char *path, bool rebuild, struct datadir **ret,
                                 struct why *why);
/* Gives up the lock. Does not change view.state. */
void datadir_close(struct datadir *d);

const char *datadir_log_dir(const struct datadir *d);
const char *datadir_view_dir(const struct datadir *d);
const char *datadir_snap_dir(const struct datadir *d);
const char *datadir_path(const struct datadir *d);
enum view_verdict datadir_view(const struct datadir *d);

/* Removes the view's files: before a rebuild. */
MUST_CHECK enum err datadir_drop_view(struct datadir *d, struct why *why);
/* Writes and syncs view.state "in use" for the view file that is there now: before its first write.
 */
MUST_CHECK enum err datadir_mark_in_use(struct datadir *d, struct why *why);
/* "clean": only after the view file itself was synced. */
MUST_CHECK enum err datadir_mark_clean(struct datadir *d, struct why *why);
/* The path of view.state, for the handler of SIGSEGV, SIGBUS and SIGABRT, which unlinks it. */
const char *datadir_state_path(const struct datadir *d);

/* The newest snapshot's path; ERR_NOT_FOUND if there is none. Only files that were finished count;
 * a bit that flipped since shows when it is read. */
MUST_CHECK enum err datadir_newest_snapshot(struct datadir *d, char *path, size_t n,
                                            uint64_t *ret_index, struct why *why);
/* The same among those below index BELOW: the way on when the newest one turns out damaged. */
MUST_CHECK enum err datadir_snapshot_below(struct datadir *d, uint64_t below, char *path, size_t n,
                                           uint64_t *ret_index, struct why *why);
/* The path for a snapshot at INDEX. */
void datadir_snapshot_path(const struct datadir *d, uint64_t index, char *path, size_t n);
/* Removes all but the two newest; *ret_older_index: the older of the two kept, 0 if there is one.
 */
MUST_CHECK enum err datadir_prune_snapshots(struct datadir *d, uint64_t *ret_older_index,
                                            struct why *why);

struct disk_space {
    uint64_t free_bytes, total_bytes;
};
MUST_CHECK enum err datadir_space(struct datadir *d, struct disk_space *ret, struct why *why);
/* Makes (present) or gives up (absent) the reserve file. */
MUST_CHECK enum err datadir_reserve(struct datadir *d, bool present, struct why *why);
/* Allocates blocks of the view file ahead of use, so that a full disk is an error and not SIGBUS:
 * the file has blocks up to UPTO_BYTES on return. ERR_NO_SPACE. */
MUST_CHECK enum err datadir_assure_view(struct datadir *d, uint64_t upto_bytes, struct why *why);

#endif
