/* net/framed.h -- messages over a stream, each behind its length in two bytes (big-endian): how DNS
 * travels over TCP.
 *
 * Messages may follow each other without waiting, and may be answered in any order. One io thread
 * owns a connection. */
#ifndef NET_FRAMED_H
#define NET_FRAMED_H

#include "base/bytes.h"
#include "net/serve.h"

struct conn_set;
struct framed;

struct framed_service {
    /* Messages of a connection that wait for their answers; above it nothing more is read. */
    unsigned waiting_max;
    /* A whole message, lent for the call. It waits until framed_answer is called once for it: in
     * this call or later. */
    void (*message)(void *context, struct framed *f, struct bytes in);
    /* The connection is gone, and F with it: nothing of it is to be answered any more. */
    void (*gone)(void *context, struct framed *f);
};

/* Of one message, at most 65,535 bytes; empty: it is not answered. */
void framed_answer(struct framed *f, struct bytes message);
/* Nothing more of what the peer sends makes sense. */
void framed_close(struct framed *f);
const char *framed_peer(const struct framed *f);

/* A connection on the socket TAKE_FD that speaks SERVE's service. Idle for the service's
 * idle_timeout_ms it is closed. */
MUST_CHECK enum err framed_open(struct conn_set *set, int take_fd, struct serve *serve);

#endif
