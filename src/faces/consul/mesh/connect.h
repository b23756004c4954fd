/* faces/consul/mesh/connect.h -- the mesh's certificate authority: what connect*.c share. */
#ifndef FACES_CONSUL_MESH_CONNECT_H
#define FACES_CONSUL_MESH_CONNECT_H

#include "faces/consul/call/query.h"
#include "hub/ca_store.h"

/* How long leaves live by the configuration. */
MUST_CHECK enum err connect_leaf_ttl(const struct view *view, struct arena *arena,
                                     uint64_t *ret_ms);

void connect_get_config(struct consul_call *c);
void connect_put_config(struct consul_call *c);
void connect_authorize(struct consul_call *c);

#endif
