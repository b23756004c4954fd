/* hub/core.h -- the inside of a hub: shared by this folder's files only. One io thread's. */
#ifndef HUB_CORE_H
#define HUB_CORE_H

#include "hub/hub.h"

struct gate;      /* gate_core.h */
struct watch_hub; /* watch_live.c: all watchers of the thread */

struct hub {
    struct hub_options options;
    struct mailbox *box;
    struct loop_hook turn;
    struct subscriber subscriber;

    /* the view, and how far the batches have come */
    struct view *view;
    uint64_t view_index;  /* applied index of the view */
    uint64_t batch_index; /* of the last batch received */
    struct list batches;  /* received, not processed yet */
    bool lost;            /* batches were left out: everything may have changed */
    uint64_t lost_from;
    unsigned changed; /* spaces, for listeners */

    struct list reads, works, results, listeners;
    struct list leases; /* asked in this turn */
    uint64_t lease_n;
    uint64_t bytes_under_way;
    struct hub_write *alone; /* waits until nothing else is under way */
    bool is_low;             /* on credits, and has said so */
    struct list long_reads;  /* wait for a view */
    unsigned held_views;

    struct watch_hub *watch;
    struct gate *gate;
};

/* The view is not ahead of the batches: answers may be made from it. */
static inline bool hub_can_answer(const struct hub *h)
{
    return h->view_index <= h->batch_index;
}

/* lease.c */
void hub_send_leases(struct hub *h);
/* write.c */
void hub_run_results(struct hub *h);

/* watch_live.c: called by the turn, in this order */
MUST_CHECK enum err watch_hub_new(struct hub *h);
void watch_hub_free(struct hub *h);
void watch_hub_batch(struct hub *h, struct batch *b);
/* Everything from revision FROM on must be read from history. */
void watch_hub_lost(struct hub *h, uint64_t from);
/* There is something for the next two, which run only when hub_can_answer. */
bool watch_hub_waits(const struct hub *h);
void watch_hub_create(struct hub *h);
/* watch_catch_up.c: true if there is more to do that does not wait for a stream to drain. */
bool watch_catch_up(struct hub *h);

#endif
