/* server/nearest.h -- what a mistyped name was meant to be. */
#ifndef SERVER_NEAREST_H
#define SERVER_NEAREST_H

#include "base/bytes.h"

/* The nearest name so far; begin with nearest_begin, offer every name there is. */
struct nearest {
    struct bytes typed;
    const char *best; /* NULL: none is near */
    size_t least;
};

struct nearest nearest_begin(struct bytes typed);
void nearest_offer(struct nearest *n, const char *name);

#endif
