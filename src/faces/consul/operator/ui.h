/* faces/consul/operator/ui.h -- what the routes of /v1/internal/ui share. */
#ifndef FACES_CONSUL_OPERATOR_UI_H
#define FACES_CONSUL_OPERATOR_UI_H

#include "faces/consul/call/call.h"
#include "store/view.h"

/* For `index` of a query: all nodes and services into the call's lookup, and the newest of what
 * they and their checks have. */
MUST_CHECK enum err consul_ui_index(struct consul_call *c, const struct view *view, uint64_t *ret);
/* The same, and the newest of the configuration entries too. */
MUST_CHECK enum err consul_ui_index_all(struct consul_call *c, const struct view *view,
                                        uint64_t *ret);

void consul_ui_services(struct consul_call *c);
void consul_ui_overview(struct consul_call *c);
void consul_ui_topology(struct consul_call *c);
void consul_ui_gateway_services(struct consul_call *c);
void consul_ui_gateway_intentions(struct consul_call *c);

#endif
