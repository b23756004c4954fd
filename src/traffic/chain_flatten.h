/* traffic/chain_flatten.h -- what is done with a chain once it is whole. */
#ifndef TRAFFIC_CHAIN_FLATTEN_H
#define TRAFFIC_CHAIN_FLATTEN_H

#include "traffic/chain_core.h"

/* ERR_INVALID if it leads back to itself. */
MUST_CHECK enum err chain_check_circles(struct compiler *c, struct chain_node *start);
/* Splitters behind splitters become one. ERR_TOO_BIG. */
MUST_CHECK enum err chain_flatten(struct compiler *c, struct chain_node *start);

#endif
