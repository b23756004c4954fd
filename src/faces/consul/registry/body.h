/* faces/consul/registry/body.h -- registrations as clients send them, and what becomes of them.
 *
 * Names are Consul's; snake_case is taken where Consul takes it. */
#ifndef FACES_CONSUL_REGISTRY_BODY_H
#define FACES_CONSUL_REGISTRY_BODY_H

#include "base/why.h"
#include "catalog/identity.h"
#include "catalog/label.h"
#include "faces/consul/rows/extras.h"
#include "health/check.h"
#include "wire/json_bind.h"

struct consul_check_body { /* a definition: CheckID or ID, and what to do */
    struct bytes check_id, id, name, notes, service_id, status, token, type;
    struct json_texts args;
    struct bytes shell, docker, os_service;
    struct bytes http, method, request_body, tcp, udp, grpc, h2ping;
    struct json_texts_map header;
    bool no_redirects, tcp_tls, grpc_tls, tls_skip_verify;
    const struct json_node *h2ping_tls; /* on unless it says no */
    struct bytes tls_server_name, alias_node, alias_service;
    int64_t ttl_ns, interval_ns, timeout_ns, deregister_ns;
    int64_t success_before_passing, failures_before_warning, failures_before_critical;
    int64_t output_max;
    struct bytes proxy_http, proxy_grpc; /* taken and left: there are no exposed paths */
    const struct json_node *script;
};

struct consul_weights_body {
    int64_t passing, warning;
};

struct consul_tagged_body {
    struct bytes address;
    int64_t port;
};

struct consul_service_body {
    struct bytes id, name, address, socket_path, kind, token;
    int64_t port;
    struct json_texts tags;
    struct json_pairs meta;
    struct json_structs tagged; /* consul_tagged_body, by name */
    bool has_tag_override;
    struct consul_weights_body *weights;
    const struct json_node *proxy, *connect, *locality, *ports;
    struct consul_check_body *check;
    struct json_structs checks; /* consul_check_body */
};

/* Of agent/check/register, and of each of a service's checks. */
extern const struct json_shape consul_check_shape;
extern const struct json_shape consul_service_shape; /* of agent/service/register */
extern const struct json_shape consul_weights_shape, consul_tagged_shape;

/* What it does, settled. ERR_INVALID with Consul's sentence. */
MUST_CHECK enum err consul_check_define(const struct consul_check_body *b, struct arena *arena,
                                        struct check_definition *ret, struct why *why);
/* ERR_INVALID with Consul's sentence: too many, too long, or with names that are reserved. */
MUST_CHECK enum err consul_meta_make(const struct json_pairs *meta, struct arena *arena,
                                     struct labels *ret, struct why *why);
/* The same of rows of the catalog, which tools copy: any names. */
MUST_CHECK enum err consul_meta_copy(const struct json_pairs *meta, struct arena *arena,
                                     struct labels *ret, struct why *why);
/* ERR_INVALID with Consul's sentence. NULL: 1 and 1. */
MUST_CHECK enum err consul_weights_make(const struct consul_weights_body *b,
                                        struct consul_extras *into, struct why *why);
/* The tagged addresses, and those that follow from ADDRESS if it is a literal one. ERR_INVALID. */
MUST_CHECK enum err consul_tagged_make(const struct json_structs *tagged, struct bytes address,
                                       uint16_t port, struct arena *arena,
                                       struct consul_extras *into, struct why *why);
/* NODE as JSON text; empty for NULL. */
struct bytes consul_json_of(const struct json_node *node, struct arena *arena);
/* True for 0.0.0.0, :: and [::]. */
bool consul_is_any_address(struct bytes address);

#endif
