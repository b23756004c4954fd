/* server/kernel.h -- the durable half of the server: the folder of the data, the replica in it, the
 * keeper over it. One thread opens and closes it. */
#ifndef SERVER_KERNEL_H
#define SERVER_KERNEL_H

#include "keeper/keeper.h"
#include "replica/replica.h"
#include "server/config.h"

struct kernel {
    struct datadir *datadir;
    struct replica *replica;
    struct keeper *keeper;
};

/* The bytes that etcd's keys may take. */
uint64_t kernel_quota(const struct config *c);
/* Into zeroed K, by CONFIG. OWNED is told once the folder is ours. What failed says WHY; what is
 * open by then is closed by kernel_close. Keeps METRICS. */
MUST_CHECK enum err kernel_open(struct kernel *k, const struct config *c, struct metrics *metrics,
                                void (*owned)(const struct datadir *dir), struct why *why);
/* CLEAN: all that was asked for is done, and the next start may rely on it. */
void kernel_close(struct kernel *k, bool clean);

#endif
