/* traffic/chain_core.h -- a chain that is being compiled: for chain*.c. */
#ifndef TRAFFIC_CHAIN_CORE_H
#define TRAFFIC_CHAIN_CORE_H

#include "traffic/chain.h"

struct compiler {
    const struct chain_request *request;
    const struct chain_source *source;
    struct arena *arena;
    struct why *why;
    struct bytes protocol; /* of the first service that was asked; empty: none yet */
    bool is_plain;         /* an override leaves no room for routers and splitters */
    bool routes;           /* some of them took part */
    bool by_protocol, by_gateway, by_timeout; /* overrides that changed something */
    unsigned depth;
    size_t leg_n;
    struct chain_node *made; /* newest first */
    struct made_target {
        struct chain_target target;
        bool is_resolved;
        struct made_target *next;
    } * targets; /* newest first */
};

const struct config_entry *chain_find(const struct compiler *c, enum config_entry_kind kind,
                                      struct bytes name);
struct chain_node *chain_node_find(const struct compiler *c, enum chain_node_kind kind,
                                   struct bytes name);
/* Makes and keeps one; NAME is kept. */
struct chain_node *chain_node_add(struct compiler *c, enum chain_node_kind kind, struct bytes name);
/* LEGS more; ERR_TOO_BIG. */
MUST_CHECK enum err chain_count_legs(struct compiler *c, size_t legs);
/* Service S takes part: all that do must speak the same. */
MUST_CHECK enum err chain_record_protocol(struct compiler *c, struct bytes service);

#endif
