/* faces/dns/name.h -- what a name asks for: Consul's forms of names, read from the right.
 *
 * Pure: a name and the zones in, what is asked out. */
#ifndef FACES_DNS_NAME_H
#define FACES_DNS_NAME_H

#include "faces/dns/dname.h"

struct dns_zones {            /* what this server answers for */
    struct dname domain, alt; /* in lower case; ALT.n is 0 if there is none */
    struct bytes datacenter;  /* its own */
};

enum dns_kind {
    DNS_OUTSIDE, /* of all zones */
    DNS_INVALID, /* inside, and nothing has such a name */
    DNS_APEX,    /* the domain itself */
    DNS_NODE,
    DNS_SERVICE,
    DNS_CONNECT, /* instances of a service that speak the mesh's protocol */
    DNS_INGRESS, /* gateways that lead to it */
    DNS_VIRTUAL, /* its address in the mesh */
    DNS_QUERY,   /* a prepared query */
    DNS_ADDRESS, /* one that stands in the name */
    DNS_REVERSE, /* who has an address */
};

struct dns_asked { /* texts are in lower case, and lie in the arena or the name */
    enum dns_kind kind;
    bool alt;            /* asked under the alternative domain */
    struct bytes name;   /* of node, service, query; dots put back */
    struct bytes tag;    /* empty: any */
    struct bytes ns;     /* namespace; empty: the default one */
    uint8_t address[16]; /* of ADDRESS and REVERSE */
    size_t address_n;    /* 4, 16, or 0 for a name below arpa that is no address */
    bool elsewhere;      /* in another datacenter, or from a peer: not here */
};

/* NAME is well-formed and in lower case. IS_SRV: the question is for SRV, which may leave
 * "service" out. */
void dns_name_parse(const struct dns_zones *zones, struct bytes name, bool is_srv,
                    struct arena *arena, struct dns_asked *ret);
/* The domain of an answer: that of the question. */
struct bytes dns_name_domain(const struct dns_zones *zones, const struct dns_asked *asked);

#endif
