/* faces/consul/operator/autopilot.h -- the handlers of autopilot's configuration, for operator.c.
 */
#ifndef FACES_CONSUL_OPERATOR_AUTOPILOT_H
#define FACES_CONSUL_OPERATOR_AUTOPILOT_H

struct consul_call;

void consul_autopilot_get(struct consul_call *c);
void consul_autopilot_put(struct consul_call *c);

#endif
