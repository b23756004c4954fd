/* server/agent_read.h -- a Consul agent's configuration: its command line and its files. */
#ifndef SERVER_AGENT_READ_H
#define SERVER_AGENT_READ_H

#include "base/arena.h"
#include "base/why.h"
#include "wire/hcl.h"

struct agent_definition { /* a service or a check */
    const char *key;      /* "service", "services", "check", "checks" */
    const struct hcl_node *node;
    const char *file;
};

struct agent_config {                     /* all of it lies in the arena it was read in */
    const char **values;                  /* by place in agent_keys; NULL: not given */
    const struct hcl_node **trees;        /* of AGENT_TREE; the last that was given */
    struct agent_definition *definitions; /* in the order of the files */
    size_t definition_n;
    const char **own; /* "--name=value", options of `muster serve` among the flags */
    size_t own_n;
    bool dev, wants_help;
};

/* The environment's CONSUL_LOCAL_CONFIG first; then files, in the order in which they are named,
 * those of a directory by name; then flags. What comes later counts, lists add up. ERR_INVALID with
 * the sentence for the person. */
MUST_CHECK enum err agent_read(int argc, char *const *argv, struct arena *arena,
                               struct agent_config *ret, struct why *why);

/* What KEY (in the table) was set to; NULL if it was not, or to nothing. */
const char *agent_value(const struct agent_config *a, const char *key);
const struct hcl_node *agent_tree(const struct agent_config *a, const char *key);
/* The same of a switch. */
bool agent_is_on(const struct agent_config *a, const char *key);

#endif
