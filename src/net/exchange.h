/* net/exchange.h -- a message to somebody, and the message that comes back: how DNS is asked.
 *
 * By UDP each leaves from a socket of its own, connected, so that its port is a fresh one and only
 * the other's packets are heard; by TCP the messages stand behind their lengths (framed.h). An
 * exchange belongs to its loop's thread. */
#ifndef NET_EXCHANGE_H
#define NET_EXCHANGE_H

#include <netinet/in.h>

#include "base/bytes.h"
#include "loop/loop.h"

struct exchange;

enum exchange_carrier { EXCHANGE_UDP, EXCHANGE_TCP };

struct exchange_ops { /* from the loop, never inside a call below */
    /* A message, lent. True: that was it, and the exchange is gone. False: somebody else's; what
     * is waited for may still come. */
    bool (*came)(void *ctx, struct bytes in);
    /* The exchange is gone: ERR_DEADLINE, ERR_CLOSED. */
    void (*failed)(void *ctx, enum err err);
};

/* TO: an IPv4 address is mapped. MESSAGE is copied, OPS and CTX are kept. ERR_SYSTEM,
 * ERR_CLOSED (nobody is there). */
MUST_CHECK enum err exchange_start(struct loop *loop, const struct sockaddr_in6 *to,
                                   enum exchange_carrier carrier, struct bytes message,
                                   uint64_t timeout_ms, const struct exchange_ops *ops, void *ctx,
                                   struct exchange **ret);
/* Nothing is called any more. */
void exchange_cancel(struct exchange *x);

#endif
