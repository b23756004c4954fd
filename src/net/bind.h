/* net/bind.h -- the address of a socket that is bound, and the sentence a person needs when that
 * fails. */
#ifndef NET_BIND_H
#define NET_BIND_H

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "net/endpoint.h"

struct bind_address {
    union {
        struct sockaddr any;
        struct sockaddr_in in;
        struct sockaddr_in6 in6;
        struct sockaddr_un un;
    } as;
    socklen_t n;
};

/* Without a host: all addresses of the machine, of both families where there are two. N is 0 for
 * what is no address. */
struct bind_address bind_address_of(const struct endpoint *at);
/* What the system said (ERROR, as errno) as a sentence in WHY, and our error. */
enum err bind_refuse(const struct endpoint *at, int error, struct why *why);
/* What FD is bound to; 0 for what has no port. */
uint16_t bind_port(int fd);

#endif
