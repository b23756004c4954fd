/* faces/consul/mesh/connect_root.h -- the mesh's certificate authority is there before a handler
 * goes on. */
#ifndef FACES_CONSUL_MESH_CONNECT_ROOT_H
#define FACES_CONSUL_MESH_CONNECT_ROOT_H

#include "faces/consul/call/query.h"
#include "hub/ca_store.h"

struct connect { /* the call's state */
    const struct consul_query *query;
    struct bytes uri, target; /* who wants to connect to what */
};

/* For a certificate that is made now and lives TTL_MS; ENTROPY has CA_ENTROPY_BYTES, which the
 * caller wipes. */
struct ca_terms connect_terms(uint8_t *entropy, uint64_t ttl_ms);

struct connect *connect_state(struct consul_call *c);
/* Then QUERY, once there is a root. Keeps it. */
void connect_with_root(struct consul_call *c, const struct consul_query *query);
enum err connect_index(struct consul_call *c, const struct view *view, uint64_t *ret);
/* False: refused and answered. */
bool connect_root(struct consul_call *c, const struct view *view, struct ca_root *ret,
                  struct acl_stamp *ret_stamp);

#endif
