/* server/self.h -- what the server is called, and by which address others reach it. */
#ifndef SERVER_SELF_H
#define SERVER_SELF_H

#include "base/arena.h"
#include "base/why.h"
#include "faces/consul/call/face.h"
#include "server/config.h"

struct self {
    const char *node_name; /* --node-name, or the machine's */
    const char *node_id;   /* --node-id, a UUID; NULL: made from the member's */
    const char *address; /* --node-address, or what the first listener of Consul, or of DNS, says */
    struct consul_meta *meta; /* ascending by name */
    size_t meta_n;
    /* As configured; 0: off, or any free one. */
    uint16_t consul_port, consul_https_port, consul_grpc_port, consul_grpc_tls_port, native_port;
};

/* Texts live in ARENA. ERR_INVALID for a name that cannot be one. */
MUST_CHECK enum err self_find(const struct config *config, struct arena *arena, struct self *ret,
                              struct why *why);

#endif
