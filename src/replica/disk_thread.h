/* replica/disk_thread.h -- the thread that writes the log, and what it knows of the disk's space.
 */
#ifndef REPLICA_DISK_THREAD_H
#define REPLICA_DISK_THREAD_H

#include "replica/core.h"

MUST_CHECK enum err disk_thread_new(struct replica *r);
void disk_thread_free(struct replica *r);
/* F comes back through F->synced, on core. */
void disk_thread_append(struct replica *r, struct flight *f);
/* The state of the disk now; also remembers it. Disk thread, or before it runs. */
void disk_watch(struct replica *r);
/* For store_options.assure. */
enum err disk_assure(void *replica, uint64_t file_bytes, uint64_t bytes);

#endif
