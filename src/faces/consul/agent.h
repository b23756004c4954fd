/* faces/consul/agent.h -- the handlers of /v1/agent, whose table is agent.c. */
#ifndef FACES_CONSUL_AGENT_H
#define FACES_CONSUL_AGENT_H

struct consul_call;

/* self.c */
void consul_agent_self(struct consul_call *c);
void consul_agent_version(struct consul_call *c);
void consul_agent_members(struct consul_call *c);
/* host.c */
void consul_agent_host(struct consul_call *c);

#endif
