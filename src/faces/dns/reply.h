/* faces/dns/reply.h -- an answer as records, before it has a size and an order. */
#ifndef FACES_DNS_REPLY_H
#define FACES_DNS_REPLY_H

#include <libknot/rrset.h>

#include "base/arena.h"
#include "faces/dns/dname.h"
#include "faces/dns/stamp.h"

/* What an additional record belongs to, beside the number of an answer. */
#define DNS_OF_AUTHORITY (SIZE_MAX - 1)
#define DNS_OF_QUESTION SIZE_MAX

struct dns_record {
    knot_rrset_t rr; /* one record; OWNER NULL: the question's name */
    size_t of;       /* of an additional one: goes when that goes */
};

struct dns_records {
    struct dns_record *all;
    size_t n, room;
};

struct dns_reply { /* all of it in the arena */
    struct arena *arena;
    uint8_t rcode;
    bool shuffles;     /* its answers may come in any order */
    bool is_for_asker; /* of another subnet another */
    bool may_be_kept;  /* the same as long as STAMP holds */
    struct dns_stamp stamp;
    size_t answers_max; /* of them, however large the packet; 0 = no limit */
    /* The name an answer leads to that somebody else must resolve; empty: there is none. */
    struct bytes chase;
    struct dns_records answer, authority, additional;
};

/* Each adds a record to SECTION. OWNER is a whole name, kept; empty: the question's. OF is used in
 * the additional section. */
void dns_add_address(struct dns_reply *r, struct dns_records *section, struct bytes owner,
                     uint32_t ttl, struct bytes address /* 4 or 16 bytes */, size_t of);
/* CNAME, NS, PTR: TYPE's data is the name TARGET. */
void dns_add_name(struct dns_reply *r, struct dns_records *section, struct bytes owner,
                  uint16_t type, uint32_t ttl, struct bytes target);
void dns_add_srv(struct dns_reply *r, struct bytes owner, uint32_t ttl, uint16_t weight,
                 uint16_t port, struct bytes target);
/* TEXT in strings of at most 255 bytes. */
void dns_add_txt(struct dns_reply *r, struct dns_records *section, struct bytes owner, uint32_t ttl,
                 struct bytes text, size_t of);

/* One that was made for a reply of the same arena. */
void dns_add_record(struct dns_reply *r, struct dns_records *section, const knot_rrset_t *rr,
                    size_t of);

struct dns_soa {
    uint32_t serial, refresh, retry, expire, min_ttl;
};
/* Of DOMAIN, with the names ns.DOMAIN and hostmaster.DOMAIN. */
void dns_add_soa(struct dns_reply *r, struct dns_records *section, struct bytes domain,
                 const struct dns_soa *soa);

/* A name out of the arena; empty if D is none. */
struct bytes dns_reply_name(struct dns_reply *r, const struct dname *d);

#endif
