/* faces/consul/config/gateways.h -- gateways out of a view: which services their entries bind. */
#ifndef FACES_CONSUL_CONFIG_GATEWAYS_H
#define FACES_CONSUL_CONFIG_GATEWAYS_H

#include "faces/consul/rows/rows.h"
#include "traffic/gateway.h"

struct consul_gateways { /* names of services that are gateways */
    struct bytes *all;
    size_t n;
};

/* What the ingress- and the terminating-gateway entry called GATEWAY bind; none without either. Of
 * all gateways, if it is empty.
 * ERR_DAMAGED, ERR_VERSION; so below. */
MUST_CHECK enum err consul_gateway_bindings(const struct view *view, struct bytes gateway,
                                            struct arena *arena, struct gateway_bindings *ret);
/* The gateways of KIND that bind SERVICE. */
MUST_CHECK enum err consul_gateways_of(const struct view *view, enum config_entry_kind kind,
                                       struct bytes service, struct arena *arena,
                                       struct consul_gateways *ret);
/* True if S is an instance of one of the gateways, which are of KIND. */
bool consul_gateways_have(const struct consul_gateways *gateways, enum config_entry_kind kind,
                          const struct consul_service *s);

#endif
