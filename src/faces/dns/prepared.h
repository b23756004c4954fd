/* faces/dns/prepared.h -- what a prepared query gives to be answered. */
#ifndef FACES_DNS_PREPARED_H
#define FACES_DNS_PREPARED_H

#include "catalog/instance.h"
#include "faces/dns/ip.h"

struct dns_asking { /* who asks, and whom */
    struct bytes own_node;
    struct ip own_address;
    struct ip asker; /* or the subnet that a resolver asks for; N 0: nobody knows */
};

struct dns_prepared {                 /* lent by the arena and the view */
    const struct instance *instances; /* in the query's order, those to be left out left out */
    size_t n;
    struct bytes token;   /* the secret that it is asked with instead of DNS's; may be empty */
    struct bytes service; /* whose time to live counts if the query says none */
    bool is_ordered;      /* else it may come in any */
    bool is_for_asker;    /* others may get another */
    bool has_ttl;
    uint32_t ttl_s;
};

#endif
