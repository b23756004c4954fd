/* faces/consul/call/ask.h -- what a call asks the kernel, and what its body says. Each waits for
 * one thing; a refusal is answered here. */
#ifndef FACES_CONSUL_CALL_ASK_H
#define FACES_CONSUL_CALL_ASK_H

#include "faces/consul/call/call.h"

/* ON_READ comes at the end of a turn, with a view as fresh as the request's consistency asks. What
 * it puts into face->scratch is gone when it returns. */
void consul_read(struct consul_call *c, consul_read_fn on_read);
/* False, and the call is refused: the disk is so full that only removals and renewals go on. */
bool consul_has_room(struct consul_call *c);
/* BODY is copied. ON_WRITTEN comes only if the command was applied and not refused. */
void consul_submit(struct consul_call *c, enum command_kind kind, struct bytes body,
                   consul_written_fn on_written);
/* The same for a command that may be very large (hub_submit_alone). */
void consul_submit_alone(struct consul_call *c, enum command_kind kind, struct bytes body,
                         consul_written_fn on_written);
/* Renews a lease of this face. */
void consul_renew(struct consul_call *c, int64_t lease, consul_renewed_fn on_renewed);

struct json_shape;
/* The request's body into INTO by SHAPE (wire/json_bind.h); false: refused with 400 and answered.
 */
bool consul_decode(struct consul_call *c, const struct json_shape *shape, void *into);

#endif
