/* net/listen_socket.h -- a bound and listening socket. */
#ifndef NET_LISTEN_SOCKET_H
#define NET_LISTEN_SOCKET_H

#include "net/endpoint.h"

struct listen_socket {
    int fd;
    uint16_t port;          /* the bound one; 0 for unix */
    char path[256];         /* of a unix socket, else empty */
    uint64_t device, inode; /* of PATH as we made it */
};

/* The stale file of a unix socket is replaced; one that somebody listens on is not. ERR_INVALID,
 * ERR_ADDRESS_IN_USE, ERR_DENIED, ERR_SYSTEM: WHY says the address and what to do. */
MUST_CHECK enum err listen_socket_open(const struct endpoint *at, struct listen_socket *ret,
                                       struct why *why);
/* Removes the socket file if it is still ours. */
void listen_socket_close(struct listen_socket *s);

#endif
