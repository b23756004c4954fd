/* traffic/chain_resolve.h -- from a service to the target of a chain. */
#ifndef TRAFFIC_CHAIN_RESOLVE_H
#define TRAFFIC_CHAIN_RESOLVE_H

#include "traffic/chain_core.h"

/* The resolver of a SUBSET of SERVICE in the chain's own datacenter. */
MUST_CHECK enum err chain_resolve(struct compiler *c, struct bytes service, struct bytes subset,
                                  struct chain_node **ret);

#endif
