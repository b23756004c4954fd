/* faces/consul/agent/agent.h -- the handlers of /v1/agent, whose table is agent.c. */
#ifndef FACES_CONSUL_AGENT_AGENT_H
#define FACES_CONSUL_AGENT_AGENT_H

struct consul_call;

/* self.c */
void consul_agent_self(struct consul_call *c);
void consul_agent_version(struct consul_call *c);
void consul_agent_members(struct consul_call *c);
/* host.c */
void consul_agent_host(struct consul_call *c);
/* metrics.c */
void consul_agent_metrics(struct consul_call *c);
void consul_agent_metrics_stream(struct consul_call *c);
/* agent_monitor.c */
void consul_agent_monitor(struct consul_call *c);
/* agent_node.c */
void consul_agent_node_maintenance(struct consul_call *c);
/* agent_service.c */
void consul_agent_services(struct consul_call *c);
void consul_agent_one_service(struct consul_call *c);
void consul_agent_register(struct consul_call *c);
void consul_agent_deregister(struct consul_call *c);
void consul_agent_service_maintenance(struct consul_call *c);
/* agent_check.c */
void consul_agent_checks(struct consul_call *c);
void consul_agent_check_register(struct consul_call *c);
void consul_agent_check_deregister(struct consul_call *c);
void consul_agent_check_pass(struct consul_call *c);
void consul_agent_check_warn(struct consul_call *c);
void consul_agent_check_fail(struct consul_call *c);
void consul_agent_check_update(struct consul_call *c);
/* agent_health.c */
void consul_agent_health_by_id(struct consul_call *c);
void consul_agent_health_by_name(struct consul_call *c);
/* agent_control.c */
void consul_agent_reload(struct consul_call *c);
void consul_agent_leave(struct consul_call *c);
void consul_agent_force_leave(struct consul_call *c);
void consul_agent_join(struct consul_call *c);

#endif
