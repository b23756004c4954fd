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

#endif
