/* hub/hub.h -- an io thread's half of the kernel: views, read points, submitting, leases.
 *
 * One hub per io thread; everything belongs to that thread. Requests that were decoded in a turn
 * are answered together at its end (LOOP_STAGE_ANSWER): the hub takes its mail, renews its view
 * once if anyone needs it, and, while the view is ahead of the last batch it has processed, holds
 * answers back (kernel.md 2). Completions never run inside the call that asked for them. */
#ifndef HUB_HUB_H
#define HUB_HUB_H

#include "replica/lease_port.h"
#include "replica/replica.h"
#include "store/command.h"
#include "store/space.h"

struct hub;
struct gate_options; /* hub/gate.h, as the next */
struct granted;

struct hub_options {
    struct replica *replica; /* kept */
    struct loop *loop;       /* kept */
    struct metrics *metrics;
    const struct gate_options *gate; /* NULL: open mode. Its texts are kept */
    uint64_t catch_up_events;    /* most events per catch-up response; 0 = 1000 revisions' worth */
    uint64_t watch_buffer_bytes; /* a stream over it is marked behind; 0 = 256 KiB */
    uint64_t quota_bytes;        /* ETCD's; for the gate; 0 = 2 GiB */
    uint64_t credits;            /* bytes of commands under way per thread; 0 = 16 MiB */
    /* LOW: three quarters of the credits are spent, no more requests should be read; then, when
     * no more than half are: they may be again. In turns. Called inside hub_submit or from the
     * loop; must not call the hub. May be NULL. */
    void (*on_credits)(void *ctx, bool low);
    void *ctx; /* ON_CREDITS' */
};

/* Before the loop and the replica are started (it subscribes). */
MUST_CHECK enum err hub_new(const struct hub_options *options, struct hub **ret);
/* On its thread or after it ended, and after all that was asked is done or abandoned. */
void hub_free(struct hub *h);
struct loop *hub_loop(struct hub *h);
struct replica *hub_replica(struct hub *h);

/* -- reading ---------------------------------------------------------------------------------- */

/* Embed it in the request's state. */
struct hub_read {
    struct list link; /* internal */
    bool linearizable;
    const struct granted *granted;
    uint64_t need; /* internal: from a view at this index or later */
    /* At the end of this turn or a later one: read and answer now, from VIEW alone. ERR: VIEW is
     * NULL (ERR_STOPPING, ERR_NOT_LEADER; ERR_DENIED, ERR_UNAUTHENTICATED if the policy moved). */
    void (*ready)(struct hub_read *r, enum err err, const struct view *view);
};
void hub_read(struct hub *h, struct hub_read *r);
/* `ready` will not be called. */
void hub_read_cancel(struct hub *h, struct hub_read *r);
/* The revision of the view that answers are made from in this turn (headers of answers that read
 * nothing). Never goes back. */
uint64_t hub_revision(struct hub *h);

/* A piece of work over several turns that must not starve others: RUN is called once a turn with
 * the turn's view until it says done. */
struct hub_work {
    struct list link;
    /* False: call me again next turn, unless it has removed itself: it may be gone then. */
    bool (*run)(struct hub_work *w, const struct view *view);
};
void hub_work_add(struct hub *h, struct hub_work *w);
void hub_work_remove(struct hub *h, struct hub_work *w);

/* A reading over several turns that must see one state: it has a view of its own (kernel.md 4),
 * newer than all that was acknowledged before it was asked for. A hub holds at most two such views
 * at a time, others wait for one; and none for more than a minute. */
struct hub_long_read {
    struct hub_work work; /* internal, as all up to HAS_TURN */
    struct list link;
    struct hub *hub;
    struct view *view;
    uint64_t until_ms;
    bool done, has_turn;
    const struct granted *granted;
    /* Once a turn, for a millisecond or so; always the same VIEW. An error ends it. */
    enum err (*step)(struct hub_long_read *r, const struct view *view, bool *ret_done);
    /* When it is done: answer now, from VIEW. ERR: VIEW is NULL (ERR_BUSY: too many readers,
     * ERR_DEADLINE, or what STEP gave). */
    void (*ready)(struct hub_long_read *r, enum err err, const struct view *view);
};
void hub_long_read(struct hub *h, struct hub_long_read *r);
/* Neither will be called; harmless twice, and after READY. */
void hub_long_read_cancel(struct hub_long_read *r);

/* -- writing ---------------------------------------------------------------------------------- */

struct hub_write; /* a command under way; the hub's */

typedef void (*hub_done_fn)(void *ctx, enum err err, const struct command_result *result);

/* Proposes a command of KIND; BODY is copied. DONE is called once,
 * from the loop: ERR as in struct proposal, and when it is OK RESULT (lent for the call) holds the
 * command's own outcome. ERR_BUSY at once through DONE when the thread's credits are spent. */
struct hub_write *hub_submit(struct hub *h, const struct granted *granted, enum command_kind kind,
                             struct bytes body, hub_done_fn done, void *ctx);
/* The same for one that may be larger than all credits: it waits until nothing else of this thread
 * is under way, and no more requests should be read meanwhile. One at a time: ERR_BUSY for the
 * next.
 */
struct hub_write *hub_submit_alone(struct hub *h, const struct granted *granted,
                                   enum command_kind kind, struct bytes body, hub_done_fn done,
                                   void *ctx);
/* DONE will not be called; the command may still happen. */
void hub_write_abandon(struct hub_write *w);

/* DONE once what compactions have made unreadable is gone from the file. */
struct hub_swept {
    struct sweep_wait wait; /* internal */
    struct hub *hub;        /* internal */
    bool canceled;          /* internal */
    void (*done)(struct hub_swept *s);
};
/* S must stay until DONE; after hub_swept_cancel DONE still comes, with CANCELED set, so that the
 * memory can go. */
void hub_wait_swept(struct hub *h, struct hub_swept *s);
void hub_swept_cancel(struct hub_swept *s);

/* -- leases ----------------------------------------------------------------------------------- */

struct hub_lease {
    struct list link; /* internal */
    int64_t id;
    enum face face;
    bool renew;
    const struct granted *granted;
    struct lease_flight *flight; /* internal */
    size_t at;                   /* internal */
    void (*done)(struct hub_lease *l, enum lease_answer answer, uint64_t ttl_ms,
                 uint64_t remaining_ms);
};
/* One question travels with all others of this turn; answers come in order. */
void hub_lease_ask(struct hub *h, struct hub_lease *l);
void hub_lease_cancel(struct hub *h, struct hub_lease *l);

/* -- alarms and space ------------------------------------------------------------------------- */

/* OK, ERR_QUOTA (ETCD's tables would grow over the quota by COST bytes) or ERR_NO_SPACE (the disk's
 * watermark). */
enum err hub_space_for(struct hub *h, enum space space, uint64_t cost);
uint64_t hub_quota(const struct hub *h);

/* -- waiting for changes ---------------------------------------------------------------------- */

/* Called at most once a turn, after new batches were processed: SPACES has a bit for each that
 * changed. For caches (alarms, users) and waiting queries. */
struct hub_listener {
    struct list link;
    void (*changed)(struct hub_listener *l, unsigned spaces, const struct view *view);
};
void hub_listen(struct hub *h, struct hub_listener *l);
void hub_unlisten(struct hub *h, struct hub_listener *l);

#endif
