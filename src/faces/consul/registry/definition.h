/* faces/consul/registry/definition.h -- a service or a check out of a configuration file, as the
 * body that registers it. */
#ifndef FACES_CONSUL_REGISTRY_DEFINITION_H
#define FACES_CONSUL_REGISTRY_DEFINITION_H

#include "base/buf.h"
#include "wire/hcl.h"

struct consul_definition { /* text lies in the arena */
    const char *id;        /* what it is registered under */
    struct bytes token;    /* its own; empty: none */
    struct bytes body;     /* of PUT /v1/agent/service/register, or .../check/register */
};

/* NODE is an object of lower_case names, as files have them, or of the API's; both may stand side
 * by side. ERR_INVALID, with the sentence, for one without a name or with what is no JSON. */
MUST_CHECK enum err consul_definition_read(const struct hcl_node *node, bool is_check,
                                           struct arena *arena, struct consul_definition *ret,
                                           struct why *why);

#endif
