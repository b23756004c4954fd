/* net/udp_call.h -- one datagram to a target, and what comes back: a datagram, or a refusal.
 *
 * Silence is left to who asks, who has a deadline and cancels. One thread. */
#ifndef NET_UDP_CALL_H
#define NET_UDP_CALL_H

#include "net/dial.h"

struct udp_call;

/* FAILURE: NULL when a datagram came back; else why not, lent for the call. Once, from the loop. */
typedef void (*udp_answer_fn)(void *ctx, const char *failure);

struct udp_call *udp_call_start(struct dialer *dialer, struct bytes host, uint16_t port,
                                struct bytes datagram, udp_answer_fn done, void *ctx);
/* DONE will not be called; not after it. */
void udp_call_cancel(struct udp_call *c);
/* The datagram has been sent. */
bool udp_call_is_sent(const struct udp_call *c);

#endif
