/* faces/dns/face.h -- the DNS face on one io thread: packets and messages in, answers out.
 *
 * What has come in a turn is answered at its end from the hub's view, all of it together. */
#ifndef FACES_DNS_FACE_H
#define FACES_DNS_FACE_H

#include "faces/dns/config.h"
#include "hub/hub.h"
#include "net/framed.h"
#include "net/udp.h"

struct dns_face;

enum {
    DNS_TCP_WAITING_MAX = 128, /* queries of a connection that wait for their answers */
    DNS_TCP_IDLE_MS = 30000
};

/* Keeps HUB, CONFIG and METRICS. Before the hub's loop is started. */
struct dns_face *dns_face_new(struct hub *hub, const struct dns_config *config,
                              struct metrics *metrics);
/* On its loop's thread or after it has ended, when its ports and connections are gone. */
void dns_face_free(struct dns_face *face);

/* What is to be listened with; the context of both is the thread's struct dns_face. */
extern const struct udp_reader dns_udp_reader;
extern const struct framed_service dns_tcp_service;

#endif
