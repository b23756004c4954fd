/* faces/dns/query.h -- a query out of its bytes. */
#ifndef FACES_DNS_QUERY_H
#define FACES_DNS_QUERY_H

#include "base/err.h"
#include "faces/dns/dname.h"

/* What a client that understands EDNS may ask for at most: upstream's greatest packet. */
enum { DNS_PLAIN_MAX = 512, DNS_EDNS_MAX = 65467, DNS_SUBNET_MAX = 20 };

struct dns_query {
    uint16_t id;
    uint8_t opcode;
    bool recursion_desired, checking_disabled;
    uint8_t rcode; /* what is wrong with it, of RFC 1035 and 6891; 0: nothing */
    /* The question; NAME.n is 0 if there is none that can be read. */
    struct dname name;          /* in lower case */
    uint8_t spelled[DNAME_MAX]; /* as it came */
    uint16_t type, class;
    bool has_edns, wants_dnssec;
    size_t edns_bytes; /* of an answer, as the client says; DNS_PLAIN_MAX to DNS_EDNS_MAX */
    uint8_t subnet[DNS_SUBNET_MAX]; /* the client's subnet, as the option carries it */
    size_t subnet_n;                /* 0: it did not say */
};

/* ERR_MALFORMED for what is to be dropped without an answer: shorter than a header, or an answer
 * itself. Everything else is OK, with an rcode if it is not to be answered further. */
MUST_CHECK enum err dns_query_read(struct bytes in, struct dns_query *ret);

#endif
