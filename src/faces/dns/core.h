/* faces/dns/core.h -- the inside of the face: shared by this folder's files only. One io thread's.
 */
#ifndef FACES_DNS_CORE_H
#define FACES_DNS_CORE_H

#include "faces/dns/answer.h"
#include "faces/dns/cache.h"
#include "faces/dns/limit.h"
#include "hub/hub.h"
#include "net/framed.h"
#include "net/udp.h"

struct dns_counts; /* counts.h */
struct dns_recurse;
struct dns_reverse;

enum { DNS_RUNS_MAX = 64 /* sockets of a thread */ };

struct dns_face {
    struct hub *hub;
    struct loop *loop;
    const struct dns_config *config;
    struct dns_cache *cache;
    struct dns_limit *limit; /* NULL: there is none */
    struct dns_counts *counts;
    struct dns_reverse *reverse;
    struct dns_recurse *recurse;
    struct hub_listener listener;
    struct hub_read read;
    bool is_reading;
    struct arena asking;         /* of what is granted for READ */
    struct access_reader reader; /* what may be seen, while queries are answered from its view */
    struct dns_run {             /* packets of a socket, lent until they are answered */
        struct udp_socket *socket;
        const struct udp_packet *packets;
        size_t n, at; /* the next to be answered */
    } runs[DNS_RUNS_MAX];
    size_t run_n;
    struct list messages; /* struct message of face.c */
    struct arena arena;   /* of one query */
    struct buf out;       /* one answer */
    uint64_t seed;
};

struct dns_asker { /* whom an answer goes to; one of the two is set */
    struct udp_socket *udp;
    struct udp_peer peer;
    struct framed *tcp; /* NULL as well once it is gone: nobody waits any more */
};

static inline enum dns_carrier dns_asker_carrier(const struct dns_asker *a)
{
    return a->udp != NULL ? DNS_UDP : DNS_TCP;
}
/* Sends what FACE->out holds and empties it; nothing in it: the query is not answered. */
void dns_asker_send(struct dns_face *face, const struct dns_asker *asker);

/* The secret that queries are asked with; may be empty. */
struct bytes dns_face_token(struct dns_face *face);
/* Renders REPLY for Q into FACE->out. */
void dns_face_reply(struct dns_face *face, const struct dns_query *q, enum dns_carrier carrier,
                    const struct dns_reply *reply);
/* An answer without records. */
void dns_face_rcode(struct dns_face *face, const struct dns_query *q, uint8_t rcode);
/* What DNS may see now, for a turn: nothing, if its token is nobody's. ARENA is used meanwhile. */
struct access_reader dns_face_reader(struct dns_face *face, struct arena *arena);
/* Where FACE answers from now. VIEW may be NULL. */
struct dns_source dns_face_source(struct dns_face *face, const struct view *view);

#endif
