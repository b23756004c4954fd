/* faces/consul/catalog/gateway.h -- which of all instances take a service's requests for it. */
#ifndef FACES_CONSUL_CATALOG_GATEWAY_H
#define FACES_CONSUL_CATALOG_GATEWAY_H

#include "faces/consul/call/call.h"

/* For `index` of a query, into the call's lookup: the instances that speak the mesh's protocol for
 * the service of the path, with the terminating gateways that stand for it; the ingress gateways
 * that lead to it. */
enum err consul_index_mesh(struct consul_call *c, const struct view *view, uint64_t *ret);
enum err consul_index_ingress(struct consul_call *c, const struct view *view, uint64_t *ret);

#endif
