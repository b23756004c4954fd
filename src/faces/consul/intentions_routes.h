/* faces/consul/intentions_routes.h -- the handlers of /v1/connect/intentions that read, and what
 * ?filter may name there. */
#ifndef FACES_CONSUL_INTENTIONS_ROUTES_H
#define FACES_CONSUL_INTENTIONS_ROUTES_H

#include "wire/filter.h"

struct consul_call;

void consul_intention_list(struct consul_call *c);
void consul_intention_get_exact(struct consul_call *c);
void consul_intention_get(struct consul_call *c);
void consul_intention_match(struct consul_call *c);
void consul_intention_check(struct consul_call *c);

extern const struct filter_schema consul_intention_schema; /* of struct intention */

#endif
