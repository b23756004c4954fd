/* faces/consul/agent/agent_node.h -- the agent's node: what the handlers of /v1/agent share. */
#ifndef FACES_CONSUL_AGENT_AGENT_NODE_H
#define FACES_CONSUL_AGENT_AGENT_NODE_H

#include "faces/consul/registry/edit.h"
#include "faces/consul/rows/rows.h"

/* Where what an agent registers stands. */
struct consul_place consul_agent_place(const struct consul_call *c);
enum err consul_agent_node(struct consul_call *c, const struct consul_rows *rows,
                           struct consul_node *ret);

/* ?enable, which must be there; false: refused and answered. */
bool consul_agent_read_enable(struct consul_call *c);
/* The check of a maintenance that ?enable and ?reason ask for: put or dropped. */
enum err consul_agent_maintenance(struct consul_call *c, struct consul_edit *edit,
                                  struct bytes instance, struct bytes id, const char *name,
                                  struct why *why);

#endif
