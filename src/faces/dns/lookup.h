/* faces/dns/lookup.h -- one name being answered, and what all kinds of names share: answer*.c
 * alone.
 */
#ifndef FACES_DNS_LOOKUP_H
#define FACES_DNS_LOOKUP_H

#include <libknot/codes.h>
#include <libknot/descriptor.h>

#include "catalog/identity.h"
#include "faces/dns/reply.h"
#include "faces/dns/source.h"

enum {
    DNS_FOLLOW_MAX = 3,    /* aliases of ours that lead to each other */
    DNS_EXPLAINED_MAX = 16 /* targets of ours that come with addresses, and addresses of each */
};

struct lookup { /* one name being answered */
    const struct dns_source *source;
    struct dns_reply *reply;
    struct bytes owner;  /* of its records; empty: the question's name */
    struct bytes domain; /* that names in the answer get */
    unsigned depth;
    uint16_t type;      /* what is asked for */
    unsigned explained; /* targets that were */
    /* What any name of ours is answered with: where an alias leads to one. */
    void (*answer)(struct lookup *l, const struct dns_asked *asked, uint16_t type);
};

static inline bool wants(uint16_t type, uint16_t record)
{
    return type == record || type == KNOT_RRTYPE_ANY;
}

struct dns_soa lookup_soa(const struct lookup *l);
/* There is nothing: RCODE, and the SOA that says how long that holds. */
void lookup_deny(struct lookup *l, uint8_t rcode);
/* `LABELS.kind.datacenter.domain`; empty if it cannot be written. */
struct bytes lookup_name(struct lookup *l, const struct dname *labels, const char *kind);
/* The name of a node; empty if it is not one that DNS can carry. */
struct bytes lookup_node_name(struct lookup *l, struct bytes node);
/* An alias for HOST, and what HOST leads to as far as it is ours. */
void lookup_follow(struct lookup *l, struct bytes host, uint32_t ttl, uint16_t type);

/* What HOST, the target of answer OF, leads to as far as it is ours: beside the answer. */
void lookup_explain(struct lookup *l, struct bytes target, uint32_t ttl, size_t of);
/* Of the addresses of what Consul registered with these EXTRAS the one that fits the question. */
struct bytes lookup_address(const struct lookup *l, struct bytes address, struct bytes extras);

/* True if who asks may see the service or node of that name. What may not be seen is not there. */
bool lookup_may(const struct lookup *l, enum access_kind kind, struct bytes name);
/* True if NAME in namespace NS (empty: the default one) is this server's own node. */
bool lookup_is_own_node(const struct lookup *l, struct bytes ns, struct bytes name);
static inline struct bytes lookup_namespace(struct bytes ns)
{
    return ns.n == 0 ? bytes_str(NAMESPACE_DEFAULT) : ns;
}

#endif
