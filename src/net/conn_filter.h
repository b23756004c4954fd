/* net/conn_filter.h -- what may stand between a socket and its protocol: TLS.
 *
 * A codec without I/O. Bytes of the socket go in, bytes for the protocol come out, and the other
 * way round; a filter may also have something of its own to say (a handshake, an alert). */
#ifndef NET_CONN_FILTER_H
#define NET_CONN_FILTER_H

#include "base/buf.h"

struct conn_filter;

struct conn_filter_ops {
    /* Takes all of WIRE (nothing: to begin with), appends what it means to PLAIN and what is to be
     * answered to REPLY. On failure REPLY may hold a last word (an alert). *RET_ENDED: the peer has
     * said goodbye. */
    enum err (*unwrap)(struct conn_filter *f, struct bytes wire, struct buf *plain,
                       struct buf *reply, bool *ret_ended);
    /* Takes all of PLAIN and appends what carries it to WIRE; ERR_AGAIN: not before the handshake
     * is over, nothing was taken. */
    enum err (*wrap)(struct conn_filter *f, struct bytes plain, struct buf *wire);
    /* Appends the goodbye. */
    void (*end)(struct conn_filter *f, struct buf *wire);
    bool (*is_h2)(const struct conn_filter *f);
    const char *(*client_name)(const struct conn_filter *f); /* or NULL */
    bool (*is_ready)(const struct conn_filter *f);           /* the handshake is over */
    /* Why unwrap failed, as constant text; NULL: nothing better than its error. */
    const char *(*failure)(const struct conn_filter *f);
    void (*free)(struct conn_filter *f);
};

struct conn_filter {
    const struct conn_filter_ops *ops;
};

#endif
