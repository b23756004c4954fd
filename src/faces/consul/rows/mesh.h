/* faces/consul/rows/mesh.h -- who takes requests for a service of the mesh. */
#ifndef FACES_CONSUL_ROWS_MESH_H
#define FACES_CONSUL_ROWS_MESH_H

#include "catalog/instance.h"
#include "faces/consul/rows/extras.h"

/* True if it speaks the mesh's protocol itself. */
bool consul_extras_are_native(const struct consul_extras *x);
/* True if it is a proxy; what it stands in front of then, lent from the arena. */
bool consul_extras_are_proxy(const struct consul_extras *x, struct arena *arena, struct bytes *ret);
/* The service of which an instance of SERVICE with these extras takes requests in the mesh: its own
 * or, of a proxy, the one behind it; empty: none. */
struct bytes consul_extras_mesh_service(const struct consul_extras *x, struct bytes service,
                                        struct arena *arena);
/* True if an instance of SERVICE with these extras does so for NAME: it is one of that service and
 * speaks the mesh's protocol itself, or a proxy of it. */
bool consul_extras_are_mesh_of(const struct consul_extras *x, struct bytes service,
                               struct bytes name, struct arena *arena);
/* The same of an instance as it is merged; false of one that Consul has not registered. */
bool consul_instance_is_mesh_of(const struct instance *i, struct bytes service, struct bytes name,
                                struct arena *arena);

#endif
