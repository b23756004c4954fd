/* faces/consul/config/central.h -- ?merge-central-config: proxies and gateways as the entries make
 * them. */
#ifndef FACES_CONSUL_CONFIG_CENTRAL_H
#define FACES_CONSUL_CONFIG_CENTRAL_H

#include "faces/consul/call/call.h"
#include "faces/consul/rows/rows.h"

/* For `index` of a query: raises *INDEX to that of the entries, if the call asks for it. */
MUST_CHECK enum err consul_central_index(struct consul_call *c, const struct view *view,
                                         uint64_t *index);
/* For its `answer`: changes the proxies of LIST, if the call asks for it. False: it failed, and is
 * answered. */
bool consul_central_merge(struct consul_call *c, const struct view *view,
                          struct consul_service_list *list);

#endif
