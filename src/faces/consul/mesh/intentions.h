/* faces/consul/mesh/intentions.h -- intentions: sources of service-intentions, seen one by one. */
#ifndef FACES_CONSUL_MESH_INTENTIONS_H
#define FACES_CONSUL_MESH_INTENTIONS_H

#include "faces/consul/config/entries.h"
#include "traffic/intention.h"
#include "wire/filter.h"

/* All there are, in the order in which they decide. They lie in the entries' arena. ERR_DAMAGED. */
MUST_CHECK enum err consul_intentions_read(const struct view *view, struct arena *arena,
                                           struct intentions *ret);
/* May SOURCE connect to DESTINATION? Where nothing speaks of both, that is as ACLs are by default.
 * WHICH is the one that decided, or NULL; one with permissions does not allow. */
bool consul_intentions_allow(struct consul_call *c, const struct intentions *all,
                             struct bytes source, struct bytes destination,
                             const struct intention **ret_which);
/* As Consul shows one. */
void consul_intention_write(const struct intention *one, struct json_writer *j);

/* "web", "default/web" or "default/default/web"; false: of what there is not. */
bool consul_intention_name(struct bytes text, struct bytes *ret);
/* ?source and ?destination; false: refused and answered. */
bool consul_intention_pair(struct consul_call *c, struct bytes *ret_source,
                           struct bytes *ret_destination);

/* -- the handlers of /v1/connect/intentions --------------------------------------------------- */

/* intentions.c */
void consul_intention_list(struct consul_call *c);
void consul_intention_get_exact(struct consul_call *c);
void consul_intention_get(struct consul_call *c);
void consul_intention_match(struct consul_call *c);
void consul_intention_check(struct consul_call *c);
/* What ?filter may name: struct intention. intentions_routes.c */
extern const struct filter_schema consul_intention_schema;
/* intentions_write.c */
void consul_intention_put_exact(struct consul_call *c);
void consul_intention_delete_exact(struct consul_call *c);
void consul_intention_create(struct consul_call *c);
void consul_intention_update(struct consul_call *c);
void consul_intention_delete(struct consul_call *c);

#endif
