/* faces/consul/registry/types_check.h -- what is kept as the JSON that it came as must be such that
 * typed clients can read it: one registration would else break all who read the service. */
#ifndef FACES_CONSUL_REGISTRY_TYPES_CHECK_H
#define FACES_CONSUL_REGISTRY_TYPES_CHECK_H

#include "base/why.h"
#include "wire/json_bind.h"

/* Each may be NULL. ERR_INVALID, with Consul's "Request decode failed: ...". */
MUST_CHECK enum err consul_types_check(const struct json_node *proxy,
                                       const struct json_node *connect,
                                       const struct json_node *locality, struct arena *arena,
                                       struct why *why);

#endif
