/* faces/consul/call/live.h -- answers that go on until their client goes away: lines of a log,
 * figures every few seconds. The only ones that are sent before they are whole. */
#ifndef FACES_CONSUL_CALL_LIVE_H
#define FACES_CONSUL_CALL_LIVE_H

#include "faces/consul/call/call.h"

/* Sends the head of 200. DRAINED: what was written has left, more may be (NULL: it is not waited
 * for). END: the server says goodbye; ends with consul_live_end at once or soon. Who begins still
 * waits for something (consul_wait), and gives it up if the client goes away. */
void consul_live_begin(struct consul_call *c, const char *content_type,
                       void (*drained)(struct consul_call *c), void (*end)(struct consul_call *c));
/* True: no more should be written until DRAINED. */
bool consul_live_is_full(const struct consul_call *c);
void consul_live_write(struct consul_call *c, struct bytes piece);
/* When it waits for nothing. The call is gone afterwards. */
void consul_live_end(struct consul_call *c);

#endif
