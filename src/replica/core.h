/* replica/core.h -- the inside of a replica: shared by this folder's files only.
 *
 * Everything but what is marked otherwise belongs to core's thread once it runs. */
#ifndef REPLICA_CORE_H
#define REPLICA_CORE_H

#include "replica/replica.h"

enum {
    ENTRY_PACK_BYTES = 512 * 1024,           /* an entry is closed when it reaches this */
    ENTRY_MAX_BYTES = 64 * 1024 * 1024,      /* the log takes no larger ones */
    COMMAND_MAX_BYTES = 32 * 1024 * 1024,    /* the body of one; above: ERR_TOO_BIG */
    WAITING_MAX_BYTES = 64 * 1024 * 1024,    /* proposals in front of the log; above: ERR_BUSY */
    SUBSCRIBER_MAX_BYTES = 16 * 1024 * 1024, /* batches in front of an io thread; above: lost */
    APPLY_STEP_ROWS = 500,                   /* about 2 ms */
    DURABLE_MAX = 2 /* entries durable and not applied before the next sync */
};

struct lease_questions;
struct snapshotter;
struct disk_thread;

struct queue { /* of proposals, linked through their mail */
    struct proposal *first, *last;
    size_t n;
};

/* An entry on its way: packed, being synced, then applied. */
struct flight {
    struct list link;
    uint64_t index;
    struct buf payload;
    struct queue proposals; /* one a command, in order; empty for a leader's entry */
    struct log_hard hard;   /* written with it */
    uint64_t apply_began_ns;
    struct mail mail;                 /* to the disk thread and back */
    void (*synced)(struct flight *f); /* on core, when it is back */
    struct replica *replica;
    enum err err; /* of the sync: OK or ERR_NO_SPACE (nothing was written) */
};

struct replica {
    struct replica_options options;
    struct store *store;
    struct log *log; /* disk thread's once it runs */
    uint64_t cluster_id, member_id;
    struct member self;

    struct loop *loop, *disk_loop, *helper_loop;
    struct mailbox *box, *disk_box, *helper_box;
    struct loop_hook turn;

    /* proposals and entries */
    struct queue clients, chores;
    uint64_t waiting_bytes;
    struct entry_writer writer;
    struct flight *syncing; /* with the disk thread, or NULL */
    struct list durable;    /* flights to be applied, oldest first */
    size_t durable_n;
    struct apply *apply; /* of the oldest durable one, or NULL */
    uint64_t last_index, term;
    uint64_t opened_age_ms; /* of the last applied entry at start */
    bool stopping;
    bool given_up;      /* what was durable then is left to the next start */
    struct timer retry; /* apply waits for disk space */

    /* sweeping */
    bool sweep_due;
    uint64_t compacted[SPACES]; /* as of the last applied entry */
    struct list sweep_waits;

    struct list subscribers;
    struct core_hooks hooks;
    void (*serve_leases)(void *ctx, struct lease_questions *take);
    void *serve_leases_ctx;
    size_t rounds_left;

    /* any thread */
    _Atomic uint64_t published, applied, committed, proposals_waiting;
    _Atomic int disk_state;

    uint64_t segment_bytes;
    struct disk_space disk;   /* disk's: as of its last look */
    uint64_t newest_snapshot; /* its index, as of the opening */
    bool snapshot_due;        /* at the start, for the log does not reach back to it */
    uint64_t carried_bytes;   /* disk's: of log behind it that was there then; 0 once it is cut */
    uint64_t assured_bytes;   /* of the view file; core's */
    struct disk_thread *disk_thread;
    struct snapshotter *snapshotter; /* helper thread's */
    struct histogram *sync_time, *apply_time;
    struct metric *sync_bytes, *entries, *commands, *slow_applies, *leader_changes;
};

void core_receive(struct replica *r, struct proposal *p);
void core_turn(struct loop_hook *hook);

#endif
