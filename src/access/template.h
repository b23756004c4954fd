/* access/template.h -- the rules that an identity or a templated policy of Consul stands for.
 *
 * A service identity is the template "builtin/service", a node identity "builtin/node". */
#ifndef ACCESS_TEMPLATE_H
#define ACCESS_TEMPLATE_H

#include "access/rule.h"
#include "base/err.h"

enum access_template {
    TEMPLATE_SERVICE,
    TEMPLATE_NODE,
    TEMPLATE_DNS,
    TEMPLATE_NOMAD_SERVER,
    TEMPLATE_NOMAD_CLIENT,
    TEMPLATE_API_GATEWAY,
    TEMPLATE_WORKLOAD_IDENTITY, /* speaks of a kind of thing that is not here: it has no rules */
    TEMPLATES
};

/* "builtin/service" and so on. */
const char *template_name(enum access_template t);
/* False if there is none of that name. */
bool template_find(struct bytes name, enum access_template *ret);
/* True if it is about one thing, whose name must be given. */
bool template_wants_name(enum access_template t);
/* Adds its rules for NAME, from the source "builtin/service:NAME". ERR_INVALID if NAME is no name
 * of an identity, or given where none is wanted. */
MUST_CHECK enum err template_add_rules(enum access_template t, struct bytes name,
                                       struct access_rules *out);

#endif
