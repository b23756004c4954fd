/* traffic/chain.h -- Consul's discovery chain: what becomes of a request to a service, by the
 * entries that can be reached from its name.
 *
 * Routes lead to splitters or resolvers, splits to splitters or resolvers, a resolver to one
 * target and those it fails over to. Splitters that meet are made one. Nothing here knows which
 * instances there are. */
#ifndef TRAFFIC_CHAIN_H
#define TRAFFIC_CHAIN_H

#include "traffic/config_entry.h"

enum {
    CHAIN_LEGS_MAX = 4096, /* routes and splits of a chain */
    CHAIN_DEPTH_MAX = 64,  /* splitters, or redirects, behind one another */
};

/* The entries as they are or as they will be. */
struct chain_source {
    /* NULL: there is none. What it gives must stay while the chain is used. */
    const struct config_entry *(*find)(void *ctx, enum config_entry_kind kind, struct bytes name);
    void *ctx;
};

struct chain_request { /* lent */
    struct bytes service, datacenter, trust_domain;
    /* instead of what the entries say; empty or 0: nothing */
    struct bytes override_protocol, override_gateway;
    int64_t override_connect_timeout; /* nanoseconds */
    /* The service's address in the mesh, and those given by hand: only shown. */
    struct bytes virtual_address; /* empty: none */
    const struct bytes *virtual_by_hand;
    size_t virtual_by_hand_n;
};

struct chain_target {
    struct bytes id, service, subset, datacenter, peer, sni, name, gateway;
    const struct entry_subset *selects; /* NULL: all instances */
    int64_t connect_timeout;
    bool is_external;
};

enum chain_node_kind { CHAIN_ROUTER, CHAIN_SPLITTER, CHAIN_RESOLVER };

struct chain_leg {
    struct entry_route route;
    struct entry_split split;
    double weight;
    struct chain_node *next;
};

struct chain_node {
    enum chain_node_kind kind;
    struct bytes name, key; /* KEY is "resolver:" and the like with NAME */
    struct chain_leg *legs; /* of a router and a splitter */
    size_t leg_n;
    const struct entry_balancer *balancer;
    /* of a resolver: */
    bool is_default;
    int64_t connect_timeout, request_timeout;
    const struct chain_target *target;
    const struct chain_target **failover;
    size_t failover_n;
    struct bytes failover_mode;
    /* of the work: */
    struct chain_node *next_made;
    bool is_reached, is_flat;
    unsigned seen; /* 1: on the path, 2: below it no circle */
};

struct chain {
    struct bytes service, datacenter, protocol;
    const struct config_entry *defaults; /* service-defaults, or NULL */
    char customization[9];               /* "" if no override changed anything */
    bool is_default;
    struct bytes virtual_address;
    const struct bytes *virtual_by_hand;
    size_t virtual_by_hand_n;
    const struct chain_node *start;
    const struct chain_node **nodes; /* reached from it, by key */
    size_t node_n;
    const struct chain_target **targets; /* that can be reached, by id */
    size_t target_n;
};

/* All lies in ARENA or lends from the entries. ERR_INVALID with Consul's sentence, ERR_TOO_BIG
 * above the limits. */
MUST_CHECK enum err chain_compile(const struct chain_request *request,
                                  const struct chain_source *source, struct arena *arena,
                                  struct chain *ret, struct why *why);
/* As Consul shows it. */
void chain_write(const struct chain *chain, struct json_writer *j);

/* What the service speaks: its defaults, or those of all proxies, or tcp; lower case. */
struct bytes chain_protocol(const struct chain_source *source, struct bytes service,
                            struct arena *arena);
bool chain_protocol_routes(struct bytes protocol);

#endif
