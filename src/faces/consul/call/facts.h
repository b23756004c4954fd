/* faces/consul/call/facts.h -- how the member stands: the only file of the face that asks beyond
 * the hub.
 */
#ifndef FACES_CONSUL_CALL_FACTS_H
#define FACES_CONSUL_CALL_FACTS_H

#include "faces/consul/call/options.h"
#include "hub/hub.h"

struct consul_facts {
    uint64_t term, commit, applied;
    bool leads, has_leader;
};

/* Any thread. */
struct consul_facts consul_facts(struct hub *h);
bool consul_knows_leader(struct hub *h);
/* Pairs that live, as of the last commit; any thread. */
uint64_t consul_pairs(struct hub *h);
/* A UUID that the member keeps: made from its id and its cluster's. */
void consul_member_uuid(struct hub *h, char ret[37]);

/* Where Consul's servers would speak with each other, with Consul's port: shown, though nothing
 * listens there. In ARENA. */
const char *consul_server_address(const struct consul_self *self, struct arena *arena);

#endif
