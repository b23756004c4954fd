/* faces/consul/registry/mesh_check.h -- what services of the mesh, their proxies and its gateways
 * must say of themselves, and may not. */
#ifndef FACES_CONSUL_REGISTRY_MESH_CHECK_H
#define FACES_CONSUL_REGISTRY_MESH_CHECK_H

#include "base/why.h"
#include "wire/json_tree.h"

struct consul_mesh_part { /* lent */
    struct bytes kind, socket_path;
    int64_t port;
    const struct json_node *proxy, *connect; /* NULL: not said */
};

/* All that is wrong, in Consul's one sentence. ERR_INVALID. */
MUST_CHECK enum err consul_mesh_check(const struct consul_mesh_part *part, struct why *why);
/* True if CONNECT, which may be NULL, says that the service speaks the mesh's protocol itself. */
bool consul_json_is_native(const struct json_node *connect);

#endif
