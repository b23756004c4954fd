/* replica/replica.h -- proposed, durable, applied: the core thread and its disk thread.
 *
 * Core is the only writer of the store. It packs everything that waits into one log entry, hands it
 * to the disk thread, and while that syncs gathers the next. A durable entry is applied in steps of
 * about 2 ms; then its change batch goes to every subscriber, then its results to their askers.
 * Alone it is a cluster of one on the log's final format: term 2 at the first start, one more at
 * each, every entry committed when it is durable. The calls below are those a cluster will fill. */
#ifndef REPLICA_REPLICA_H
#define REPLICA_REPLICA_H

#include "base/list.h"
#include "base/metric.h"
#include "disk/datadir.h"
#include "disk/log.h"
#include "loop/mailbox.h"
#include "store/store.h"

struct replica;

struct replica_options {
    struct datadir *datadir;              /* kept */
    const struct command_kind_row *kinds; /* of upper folders; kept */
    size_t kind_n;
    const struct store_hooks *hooks; /* of upper folders; kept; may be NULL */
    void *kinds_ctx;                 /* of kinds and hooks */
    uint64_t map_bytes;              /* the view never grows beyond it; 0 = STORE_MAP_BYTES */
    bool write_map;
    uint64_t snapshot_bytes; /* a snapshot when this much log has been written; 0 = 256 MiB */
    uint64_t skip_index;     /* --skip-entry: applied as empty, loudly; 0 = none */
    struct metrics *metrics; /* kept */
    struct fs *fs;           /* kept; NULL: the machine's */
};

/* Opens view, snapshot and log, and replays what the view lacks. Before any thread runs. */
MUST_CHECK enum err replica_open(const struct replica_options *options, struct replica **ret,
                                 struct why *why);
/* After the loops have stopped. CLEAN: syncs the view and marks it clean. */
void replica_close(struct replica *r, bool clean);

struct store *replica_store(struct replica *r);
/* Core's loop: other folders of core (keeper) set timers and hooks on it before it is started. */
struct loop *replica_loop(struct replica *r);
/* Starts the core, disk and helper threads. */
MUST_CHECK enum err replica_start(struct replica *r);
/* Stops them in order: what was proposed is finished first. From another thread, once. */
void replica_stop(struct replica *r);

/* -- what does not change -----------------------------------------------------------------------
 */

uint64_t replica_cluster_id(const struct replica *r);
uint64_t replica_member_id(const struct replica *r);

/* -- any thread ------------------------------------------------------------------------------- */

struct replica_status { /* a consistent copy */
    uint64_t term, leader, commit, applied;
    uint64_t proposals_waiting;
};
void replica_status(struct replica *r, struct replica_status *ret);
/* The index of the newest applied entry whose batch has been sent out: an answer from a view at it
 * or later, asked for before this was loaded, is linearizable while the member is alone. */
uint64_t replica_published(const struct replica *r);

/* A command on its way. The asker fills it, sends it, and must not touch it until DONE. */
struct proposal {
    struct mail mail;                 /* internal */
    struct replica *replica;          /* internal */
    struct command command;           /* body and origin must stay until DONE */
    struct mailbox *reply_to;         /* DONE is delivered there */
    void (*done)(struct proposal *p); /* on the asker's thread: err, result and effects are set */
    enum err err;  /* OK: applied (RESULT says how it went). ERR_BUSY, ERR_NO_SPACE,
                      ERR_STOPPING, ERR_NOT_LEADER: certainly not applied.
                      ERR_UNKNOWN_OUTCOME */
    uint64_t term; /* at which it was applied */
    const struct command_result *result; /* lends from EFFECTS */
    struct effects *effects; /* the asker's reference: effects_unref when it has read RESULT */
    bool background;         /* chores: at most a third of an entry while clients wait */
};
/* From any thread. Refusals also come through DONE, never inside this call. */
void replica_propose(struct replica *r, struct proposal *take_until_done);

/* A question for a read point: DONE once the store holds all that was acknowledged before it was
 * asked. Alone that is at once (replica_published); in a cluster one round for many readers. */
struct read_point {
    struct mail mail;
    struct mailbox *reply_to;
    void (*done)(struct read_point *p);
    enum err err;   /* ERR_NOT_LEADER ... */
    uint64_t index; /* read from a view at this applied index or later */
};
void replica_read_point(struct replica *r, struct read_point *take_until_done);

/* Waits until what the compactions so far have made unreadable is gone from the file. */
struct sweep_wait {
    struct mail mail;
    struct list link;        /* internal */
    struct replica *replica; /* internal */
    struct mailbox *reply_to;
    void (*done)(struct sweep_wait *w);
};
void replica_wait_swept(struct replica *r, struct sweep_wait *take_until_done);

/* Members, leadership, truncation and installs: alone each is refused with ERR_UNIMPLEMENTED; the
 * engine of raft.md stands behind the same calls. */
struct member {
    uint64_t id;
    char name[64];
    char peer_url[256], client_url[256];
    bool learner;
};
/* Copies at most N; returns how many there are. Any thread. */
size_t replica_members(struct replica *r, struct member *into, size_t n);
/* What this member says of itself; before replica_start. */
void replica_describe_self(struct replica *r, const struct member *self);

/* -- subscribers: io threads ------------------------------------------------------------------ */

/* Batches are delivered to BOX in order, before the results of the same entry. At most 16 MiB wait:
 * above it the subscriber gets `lost` instead: everything from revision FROM on must be read from
 * history, caches dropped. The same after a snapshot install, with a new generation. */
struct subscriber {
    struct list link; /* internal */
    struct mailbox *box;
    /* Of the entry at INDEX: one for each entry, also when it changed nothing. batch_ref keeps it.
     */
    void (*batch)(struct subscriber *s, struct batch *b, uint64_t index);
    void (*lost)(struct subscriber *s, uint64_t from, uint64_t generation);
    _Atomic uint64_t waiting_bytes; /* internal */
    _Atomic bool lost_pending;      /* internal: nothing is sent until `lost` was delivered */
};
/* Before replica_start. */
void replica_subscribe(struct replica *r, struct subscriber *s);

/* -- folders of core (keeper): on core's thread ----------------------------------------------- */

struct core_hooks {
    void *ctx;
    /* After an entry was applied, before its results are sent. */
    void (*applied)(void *ctx, const struct effects *e);
    /* Core's mailbox has just been emptied (lease clock: renewals that waited are all in). */
    void (*turned)(void *ctx);
    /* Cluster age for the entry that is being made (kernel.md 7); never back. */
    uint64_t (*age_ms)(void *ctx);
};
/* Before replica_start. */
void replica_hook(struct replica *r, const struct core_hooks *hooks);
/* Mail for folders of core. Any thread may send. */
struct mailbox *replica_mailbox(struct replica *r);

/* -- disk ------------------------------------------------------------------------------------- */

enum disk_state { DISK_FINE, DISK_LOW, DISK_STOP, DISK_LAST }; /* kernel.md 11 */
enum disk_state replica_disk_state(const struct replica *r);

/* Streams a snapshot of the present state: bytes arrive by mail on REPLY_TO, at most a few MiB
 * ahead of snapshot_stream_ack. One at a time: ERR_BUSY through `end`. */
struct snapshot_stream {
    struct mailbox *reply_to;
    void (*piece)(struct snapshot_stream *s, struct bytes piece); /* lends */
    void (*end)(struct snapshot_stream *s, enum err e);           /* the last word, always */
    void *internal;
};
void replica_snapshot_stream(struct replica *r, struct snapshot_stream *s);
void snapshot_stream_ack(struct snapshot_stream *s, size_t bytes);
/* No more pieces; `end` still comes. */
void snapshot_stream_cancel(struct snapshot_stream *s);

#endif
