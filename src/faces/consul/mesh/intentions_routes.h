/* faces/consul/mesh/intentions_routes.h -- the handlers of /v1/connect/intentions. */
#ifndef FACES_CONSUL_MESH_INTENTIONS_ROUTES_H
#define FACES_CONSUL_MESH_INTENTIONS_ROUTES_H

#include "faces/consul/mesh/intentions.h"

/* intentions_read.c */
void consul_intention_list(struct consul_call *c);
void consul_intention_get_exact(struct consul_call *c);
void consul_intention_get(struct consul_call *c);
void consul_intention_match(struct consul_call *c);
void consul_intention_check(struct consul_call *c);
/* What ?filter may name: struct intention. intentions_routes.c */
extern const struct filter_schema consul_intention_schema;
/* intentions_param.c: ?source and ?destination; false: refused and answered. */
bool consul_intention_pair(struct consul_call *c, struct bytes *ret_source,
                           struct bytes *ret_destination);
/* intentions_write.c */
void consul_intention_put_exact(struct consul_call *c);
void consul_intention_delete_exact(struct consul_call *c);
void consul_intention_create(struct consul_call *c);
void consul_intention_update(struct consul_call *c);
void consul_intention_delete(struct consul_call *c);

#endif
