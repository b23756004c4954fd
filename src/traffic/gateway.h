/* traffic/gateway.h -- which services an ingress-gateway leads to, and a terminating-gateway stands
 * for, by its entry. "*" are all that there are, but for those that the entry names. */
#ifndef TRAFFIC_GATEWAY_H
#define TRAFFIC_GATEWAY_H

#include "traffic/chain.h"

struct gateway_service { /* one that there is, for "*"; lent */
    struct bytes name;
    bool in_mesh; /* an instance takes the mesh's requests: itself, or by a proxy */
    bool outside; /* one does not */
};

struct gateway_binding { /* lent from the entry and the services */
    struct bytes gateway, service;
    enum config_entry_kind kind; /* ENTRY_INGRESS_GATEWAY, ENTRY_TERMINATING_GATEWAY */
    int64_t port;                /* of the listener, as are PROTOCOL and HOSTS */
    struct bytes protocol;
    struct json_texts hosts;
    struct bytes ca_file, cert_file, key_file, sni;
    bool rewrites_host, from_wildcard;
};

struct gateway_bindings {
    struct gateway_binding *all; /* by service and port */
    size_t n;
};

/* True if the entry says "*": only then are services looked at. */
bool gateway_has_wildcard(const struct config_entry *entry);
/* ENTRY is a gateway's. SOURCE says what services speak, for what an ingress leads to by "*". */
struct gateway_bindings gateway_bind(const struct config_entry *entry,
                                     const struct gateway_service *services, size_t n,
                                     const struct chain_source *source, struct arena *arena);

#endif
