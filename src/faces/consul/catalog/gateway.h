/* faces/consul/catalog/gateway.h -- which of all instances take a service's requests for it. */
#ifndef FACES_CONSUL_CATALOG_GATEWAY_H
#define FACES_CONSUL_CATALOG_GATEWAY_H

#include "faces/consul/call/call.h"

/* Of the call's lookup, which is consul_index_mesh's, stay: what speaks the mesh's protocol for the
 * service of the path, with the terminating gateways that stand for it; the ingress gateways that
 * lead to it. False: it failed, and is answered. */
bool consul_choose_mesh(struct consul_call *c, const struct view *view);
bool consul_choose_ingress(struct consul_call *c, const struct view *view);

#endif
