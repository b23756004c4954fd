/* faces/consul/rows/proxy.h -- what a service says of its proxy, in Consul's order and with what
 * Consul always shows. */
#ifndef FACES_CONSUL_ROWS_PROXY_H
#define FACES_CONSUL_ROWS_PROXY_H

#include "wire/json_tree.h"
#include "wire/json_writer.h"

/* What the agent shows of a stored text, which may be empty: without two members that the catalog
 * shows empty. */
void consul_put_agent_proxy(struct json_writer *j, struct bytes stored);
/* What is stored: JSON as the catalog shows it; empty if nothing was said. An agent fills in what
 * kind of upstream one is that does not say; the catalog does not. */
struct bytes consul_proxy_text(const struct json_node *proxy, bool of_agent, struct arena *arena);

/* The member NAME of an object, without case and underscores; NULL. */
const struct json_node *consul_member(const struct json_node *node, const char *name);
/* False for what is not there, null, false, 0, "" and []. */
bool consul_json_says(const struct json_node *node);

#endif
