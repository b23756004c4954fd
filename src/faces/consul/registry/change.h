/* faces/consul/registry/change.h -- changes of the registry as one command, and what is said of
 * those that are refused. */
#ifndef FACES_CONSUL_REGISTRY_CHANGE_H
#define FACES_CONSUL_REGISTRY_CHANGE_H

#include "catalog/change.h"
#include "faces/consul/call/call.h"

/* Submits OPS (lent), all or none; refuses what adds on a full disk. The result of ON_WRITTEN, and
 * of c->on_refused for ERR_REFUSED, has a struct change_results in `upper`. */
void consul_change(struct consul_call *c, const struct change_op *ops, size_t n,
                   consul_written_fn on_written);
/* The same on a full disk too: what must go on there. */
void consul_change_anyway(struct consul_call *c, const struct change_op *ops, size_t n,
                          consul_written_fn on_written);
/* The result of the first operation that was refused. */
const struct change_result *consul_change_refused(const struct command_result *result);

/* Why OP was refused, in Consul's words. SESSION is its session as it was sent. */
const char *consul_kv_refusal_text(struct consul_call *c, const struct kv_op *op,
                                   struct bytes session, const struct kv_result *result);
/* Why a node cannot be registered: RESULT is CHANGE_NAME_TAKEN. */
const char *consul_name_taken_text(struct consul_call *c, const struct change_result *result);
/* A session as it was sent: empty is none; what is no UUID is one that is nowhere. */
struct uuid consul_session_id(struct bytes text);

#endif
