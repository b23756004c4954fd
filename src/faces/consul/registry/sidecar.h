/* faces/consul/registry/sidecar.h -- the sidecar that a registration asks for. */
#ifndef FACES_CONSUL_REGISTRY_SIDECAR_H
#define FACES_CONSUL_REGISTRY_SIDECAR_H

#include "faces/consul/registry/registration.h"

/* The sidecar that the body of PARENT asks for, or NULL. ERR_INVALID. */
MUST_CHECK enum err consul_sidecar_find(const struct consul_registration *parent,
                                        struct arena *arena, struct consul_registration **ret,
                                        struct why *why);
/* Gives it a name, a port that none of LIST has, its proxy and checks, and makes it. */
MUST_CHECK enum err consul_sidecar_make(struct consul_registration *sidecar,
                                        const struct consul_registration *parent,
                                        const struct consul_service_list *list, struct arena *arena,
                                        struct why *why);
/* The id that the sidecar of ID has. */
struct bytes consul_sidecar_id(struct bytes id, struct arena *arena);

#endif
