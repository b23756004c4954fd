/* net/conn_dial.h -- connections that we make. */
#ifndef NET_CONN_DIAL_H
#define NET_CONN_DIAL_H

#include "net/conn.h"

struct sockaddr;

/* As conn_open (net/conn.h), on a connection that is still to be made, to ADDRESS: `opened` says
 * that it is there, `gone` that it was not to be had. ERR_SYSTEM: no socket. */
MUST_CHECK enum err conn_connect(struct conn_set *set, const struct sockaddr *address,
                                 struct conn_filter *take_filter,
                                 const struct conn_protocol *protocol, void *self,
                                 struct conn **ret);

#endif
