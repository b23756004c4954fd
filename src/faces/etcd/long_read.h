/* faces/etcd/long_read.h -- a call's reading that may be too much for one turn.
 *
 * It is tried on the turn's view. What is not done after a few hundred rows begins anew on a view
 * of its own, and goes on turn by turn (hub_long_read). */
#ifndef FACES_ETCD_LONG_READ_H
#define FACES_ETCD_LONG_READ_H

#include "faces/etcd/call.h"

struct long_read_ops {
    /* From the beginning, maybe for the second time. */
    enum err (*begin)(struct etcd_call *c, const struct view *view);
    /* About ROWS rows more; VIEW is the one it began with. ERR_TOO_BIG: the answer would be. */
    enum err (*step)(struct etcd_call *c, const struct view *view, uint64_t rows, bool *ret_done);
    /* When it is done. */
    void (*answer)(struct etcd_call *c, const struct view *view);
    /* Gives up what it holds; also if it never began, and twice. */
    void (*end)(struct etcd_call *c);
    bool is_patient; /* once it is long it has no timeout but the client's */
};

struct long_read { /* in the state of its call */
    const struct long_read_ops *ops;
    struct hub_long_read read;
    struct etcd_call *call;
    bool has_begun;
};

/* L is C's alone and OPS lasts. */
void long_read(struct etcd_call *c, struct long_read *l, const struct long_read_ops *ops,
               bool linearizable);

#endif
