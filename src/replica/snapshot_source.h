/* replica/snapshot_source.h -- what a snapshot holds: a head, then the store's rows in blocks. */
#ifndef REPLICA_SNAPSHOT_SOURCE_H
#define REPLICA_SNAPSHOT_SOURCE_H

#include "base/buf.h"
#include "disk/snapshot.h"
#include "store/store.h"

enum { SNAPSHOT_PIECE_MAX = 256 * 1024 * 1024 /* with the longest row at its end */ };

struct dump;

struct snapshot_source {
    struct dump *dump;
    struct buf rows;
    struct buf identity;
    uint64_t bytes; /* of rows, so far */
    uint64_t cluster_id;
    bool end;
};

/* Pins the store's present state. To be closed also after a failure. */
MUST_CHECK enum err snapshot_source_open(struct snapshot_source *s, struct store *store,
                                         uint64_t cluster_id);
void snapshot_source_close(struct snapshot_source *s);
/* The entry that was applied last. */
uint64_t snapshot_source_index(const struct snapshot_source *s);
/* Lends from the source. */
struct snapshot_head snapshot_source_head(const struct snapshot_source *s);
/* Hands a piece, some 256 KiB of rows, to EACH, a block at a time; END: it was the last. */
MUST_CHECK enum err snapshot_source_next(struct snapshot_source *s,
                                         enum err (*each)(void *ctx, struct bytes block),
                                         void *ctx);

#endif
