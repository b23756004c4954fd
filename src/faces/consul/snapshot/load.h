/* faces/consul/snapshot/load.h -- from the archive of a snapshot to the command that restores it.
 */
#ifndef FACES_CONSUL_SNAPSHOT_LOAD_H
#define FACES_CONSUL_SNAPSHOT_LOAD_H

#include "base/buf.h"
#include "base/why.h"
#include "faces/consul/call/options.h"

struct snapshot_load {
    const struct consul_self *self;
    uint64_t now_ms; /* of the wall clock */
    /* Draws ids of leases. */
    uint64_t (*random)(void *ctx);
    void *ctx;
};

/* What the content of a record begins with, instead of an item's kind, if it is the node of the
 * member that saved the snapshot. */
enum { SNAPSHOT_MEMBER = 0 };

/* The body of COMMAND_RESTORE for PACKED, which is checked whole, appended to OUT. Fails with a
 * sentence. */
MUST_CHECK enum err snapshot_load(const struct snapshot_load *load, struct bytes packed,
                                  struct buf *out, struct why *why);

#endif
