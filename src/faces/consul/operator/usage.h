/* faces/consul/operator/usage.h -- the handler of /v1/operator/usage, for operator.c. */
#ifndef FACES_CONSUL_OPERATOR_USAGE_H
#define FACES_CONSUL_OPERATOR_USAGE_H

struct consul_call;

void consul_operator_usage(struct consul_call *c);

#endif
