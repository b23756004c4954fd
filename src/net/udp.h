/* net/udp.h -- a UDP port with a socket on every io thread.
 *
 * The sockets share the port by SO_REUSEPORT; a bind without it goes before, so that a second
 * server on the port fails (kernel.md 2). Packets come in runs, one system call each, and what a
 * turn sends leaves at its end in as few. Where several addresses are listened on, an answer leaves
 * from the one that was asked. A socket belongs to its thread. */
#ifndef NET_UDP_H
#define NET_UDP_H

#include <netinet/in.h>

#include "loop/loop.h"
#include "net/endpoint.h"

struct metrics;
struct udp_port;
struct udp_socket;

enum {
    UDP_RUN_MAX = 64,       /* packets handed over together */
    UDP_IN_MAX = 4 * 1024,  /* longer ones are dropped and counted */
    UDP_OUT_MAX = 65507,    /* what an IPv4 packet can carry */
    UDP_WAITING_MAX = 1024, /* packets, and 8 MiB, that one turn sends: more are dropped */
};

struct udp_peer { /* who sent a packet, and to which address of ours; to be copied */
    union {
        struct sockaddr any;
        struct sockaddr_in in;
        struct sockaddr_in6 in6;
    } from;
    union {
        struct in_pktinfo in;
        struct in6_pktinfo in6;
    } at;
    bool has_at;
};

struct udp_packet { /* lent until udp_resume */
    struct bytes in;
    struct udp_peer peer;
};

struct udp_reader {
    /* N packets have come. No more do until udp_resume is called, in this call or later. */
    void (*packets)(void *context, struct udp_socket *s, const struct udp_packet *packets,
                    size_t n);
};

/* LOOPS are the io threads, before they run; CONTEXTS one each, kept, as READER and LOOPS' loops
 * are. METRICS may be NULL. AT is TCP's kind of address: a port 0 is any free one. ERR_INVALID,
 * ERR_ADDRESS_IN_USE, ERR_DENIED, ERR_SYSTEM: WHY says what to do. */
MUST_CHECK enum err udp_open(struct loop *const *loops, size_t loop_n, const struct endpoint *at,
                             const struct udp_reader *reader, void *const *contexts,
                             struct metrics *metrics, struct udp_port **ret, struct why *why);
uint16_t udp_port_number(const struct udp_port *u);
/* When the loops have ended. */
void udp_close(struct udp_port *u);

/* BYTES are copied and leave at the end of the turn; what the system does not take is lost, as
 * packets may be. */
void udp_send(struct udp_socket *s, const struct udp_peer *to, struct bytes bytes);
void udp_resume(struct udp_socket *s);

/* True if the peer is this machine. */
bool udp_peer_is_loopback(const struct udp_peer *peer);
/* "127.0.0.1:4711" */
void udp_peer_print(const struct udp_peer *peer, char *into, size_t n);

#endif
