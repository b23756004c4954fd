/* faces/consul/registry/ports.h -- services with several ports, each with a name: Ports of Consul
 * 1.22. */
#ifndef FACES_CONSUL_REGISTRY_PORTS_H
#define FACES_CONSUL_REGISTRY_PORTS_H

#include "base/arena.h"
#include "base/why.h"
#include "wire/json_reader.h"

enum { CONSUL_PORTS_MAX = 64 };

/* PORTS as it was sent (NULL: not), beside PORT. *RET is how it is shown, in ARENA, empty for none;
 * *RET_PORT the one that who knows of no names gets: the default one. ERR_INVALID with Consul's
 * sentence. */
MUST_CHECK enum err consul_ports_make(const struct json_node *ports, int64_t port,
                                      struct arena *arena, struct bytes *ret, int64_t *ret_port,
                                      struct why *why);

#endif
