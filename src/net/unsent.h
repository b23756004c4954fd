/* net/unsent.h -- answers that clients have asked for and not read yet, of one io thread.
 *
 * A unary answer is rendered before it can leave, so what waits of them is summed up: who is about
 * to render one asks for room first. An answer of which nothing leaves for too long is given up, so
 * that clients which do not read cannot keep the room from others. */
#ifndef NET_UNSENT_H
#define NET_UNSENT_H

#include "loop/loop.h"

struct unsent {
    size_t bytes;
    size_t max; /* that should wait */
    struct loop *loop;
    uint64_t stall_ms;
    struct list shares; /* those with bytes, the longest without a move first */
    struct timer timer;
};

struct unsent_share { /* embedded in a stream */
    struct list link;
    size_t bytes;
    uint64_t moved_ms;
    void (*give_up)(struct unsent_share *share); /* ends in unsent_set(.., 0) at some time */
};

void unsent_init(struct unsent *u, struct loop *loop, size_t max, uint64_t stall_ms);
/* Without shares. */
void unsent_fini(struct unsent *u);
/* BYTES are waiting now. */
void unsent_set(struct unsent *u, struct unsent_share *share, size_t bytes);
/* Bytes that may still be rendered: any number when nothing waits. */
size_t unsent_room(const struct unsent *u);

#endif
