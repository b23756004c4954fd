/* loop/spin.h -- whether a thread that has nothing to do looks on for a moment before it sleeps.
 *
 * Pure: time is an argument. */
#ifndef LOOP_SPIN_H
#define LOOP_SPIN_H

#include <stdbool.h>
#include <stdint.h>

struct spin { /* zeroed: has never looked on */
    bool looking;
    uint64_t until_ns;
    int luck;    /* how often looking on was worth it, lately */
    int skipped; /* turns with work since the last try */
};

/* At the end of a turn that HAD_WORK or not: true if the next poll is not to wait. */
bool spin_on(struct spin *s, bool had_work, uint64_t now_ns);

#endif
