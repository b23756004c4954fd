/* faces/consul/registry/shown_definition.h -- what a check of the catalog does, for others to run:
 * it is shown as Consul shows it, and must be such that clients can read it. */
#ifndef FACES_CONSUL_REGISTRY_SHOWN_DEFINITION_H
#define FACES_CONSUL_REGISTRY_SHOWN_DEFINITION_H

#include "wire/json_bind.h"

struct consul_shown_definition { /* lent */
    struct bytes http, tls_server_name, method, body, tcp, udp, h2ping, os_service;
    struct bytes docker, shell, grpc, alias_node, alias_service;
    struct json_texts_map header;
    struct json_texts args;
    bool tls_skip_verify, no_redirects, tcp_tls, h2ping_tls, grpc_tls;
    int64_t interval_ns, timeout_ns, deregister_ns, ttl_ns, output_max;
};

/* Lenient: members that Consul does not know are left out. */
extern const struct json_shape consul_shown_definition_shape;

/* As JSON, in Consul's order, without what says nothing; empty if nothing does. D may be NULL. */
struct bytes consul_shown_definition_text(const struct consul_shown_definition *d,
                                          struct arena *arena);
/* The word for what it does: "http", "tcp", ...; empty if it does not say. D may be NULL. */
struct bytes consul_shown_definition_type(const struct consul_shown_definition *d);

#endif
