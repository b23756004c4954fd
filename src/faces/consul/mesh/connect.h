/* faces/consul/mesh/connect.h -- the mesh's certificate authority: what connect*.c share. */
#ifndef FACES_CONSUL_MESH_CONNECT_H
#define FACES_CONSUL_MESH_CONNECT_H

#include "faces/consul/call/query.h"
#include "hub/ca_store.h"

struct connect { /* the call's state */
    const struct consul_query *query;
    struct bytes uri, target; /* who wants to connect to what */
};

struct connect *connect_state(struct consul_call *c);
/* Then QUERY, once there is a root. Keeps it. */
void connect_with_root(struct consul_call *c, const struct consul_query *query);
enum err connect_index(struct consul_call *c, const struct view *view, uint64_t *ret);
/* False: refused and answered. */
bool connect_root(struct consul_call *c, const struct view *view, struct ca_root *ret,
                  struct acl_stamp *ret_stamp);
/* How long leaves live by the configuration. */
MUST_CHECK enum err connect_leaf_ttl(const struct view *view, struct arena *arena,
                                     uint64_t *ret_ms);

void connect_get_config(struct consul_call *c);
void connect_put_config(struct consul_call *c);
void connect_authorize(struct consul_call *c);

#endif
