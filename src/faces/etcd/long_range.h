/* faces/etcd/long_range.h -- a Range that takes more than one turn.
 *
 * Its answer is gathered up to 4 MiB and sent whole. A larger one is only measured from there on,
 * then its length leaves and the rest is made as the client reads it, all at one revision. */
#ifndef FACES_ETCD_LONG_RANGE_H
#define FACES_ETCD_LONG_RANGE_H

#include "faces/etcd/call.h"
#include "store/range_walk.h"

enum long_state { LONG_NOT, LONG_GATHERS, LONG_MEASURES, LONG_WAITS_FOR_ROOM, LONG_SENDS };

struct long_range {
    struct etcd_call *call;
    enum long_state state;
    struct range_walk *walk;
    struct hub_work work;
    struct timer timer; /* while it waits for room */
    uint64_t until_ms;
    struct buf body;    /* fields 2 as far as they are gathered */
    struct arena arena; /* of one step */
    uint64_t revision;  /* of the header */
    uint64_t measured;  /* bytes of fields 2 behind BODY */
    uint64_t count;     /* fields 3 and 4, when it is measured */
    bool more;
    void (*measured_all)(struct long_range *l);   /* nothing is gathered any more */
    void (*ended)(struct long_range *l, bool ok); /* answered, or not; before L is freed */
};

/* WALK has given FIRST, which is not all. Takes WALK. */
void long_range_begin(struct long_range *l, struct etcd_call *c, const struct view *view,
                      struct range_walk *take_walk, const struct range_part *first);
/* grpc_method.drained. */
void long_range_drained(struct long_range *l);
/* Gives up what it holds; harmless if it was never begun. */
void long_range_fini(struct long_range *l);

#endif
