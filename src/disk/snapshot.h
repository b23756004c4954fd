/* disk/snapshot.h -- the frame of a snapshot: head, blocks with CRCs, tail.
 *
 * Each CRC goes on from that of the frame before it, so that a block validates in its own place of
 * its own snapshot only.
 *
 * The same stream is a file of the data directory, `snapshot save`, and a follower's install. The
 * body is opaque here (store/dump.h). Pure: bytes in, bytes out; a file is a user of it. */
#ifndef DISK_SNAPSHOT_H
#define DISK_SNAPSHOT_H

#include "base/buf.h"
#include "base/why.h"

enum { SNAPSHOT_FORMAT = 1, SNAPSHOT_BLOCK = 64 * 1024 };

struct snapshot_head {
    uint32_t format;
    uint64_t index, term, revision;
    uint64_t cluster_id;
    uint64_t wall_ms;
    struct bytes members; /* opaque: what store_identity gave */
};

struct snapshot_writer { /* begins with zeros */
    uint32_t crc;        /* of the last frame */
    uint64_t blocks, bytes;
};

void snapshot_write_head(struct snapshot_writer *w, struct buf *out,
                         const struct snapshot_head *head);
/* One block of at most SNAPSHOT_BLOCK bytes of body. */
void snapshot_write_block(struct snapshot_writer *w, struct buf *out, struct bytes body);
/* The end: total number of blocks and bytes, so that a cut stream is seen. */
void snapshot_write_tail(struct snapshot_writer *w, struct buf *out);

enum snapshot_event_kind { SNAPSHOT_NEED_MORE, SNAPSHOT_HEAD, SNAPSHOT_BODY, SNAPSHOT_END };

struct snapshot_event {
    enum snapshot_event_kind kind;
    struct snapshot_head head; /* lends from the input */
    struct bytes body;
};

struct snapshot_reader { /* begins with zeros */
    bool head_seen, end_seen;
    uint32_t crc; /* of the last frame */
    uint64_t blocks, bytes;
};

/* Consumes from IN until one event is complete. ERR_VERSION, ERR_DAMAGED (a CRC, an order), both
 * with the reason in WHY. */
MUST_CHECK enum err snapshot_feed(struct snapshot_reader *r, struct bytes in, size_t *ret_used,
                                  struct snapshot_event *ret, struct why *why);

#endif
