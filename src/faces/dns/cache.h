/* faces/dns/cache.h -- rendered answers of one io thread.
 *
 * An answer is kept in several orders, which take turns; each is drawn anew after some uses, so
 * that load spreads over more instances than fit into one packet. When the catalog has changed each
 * entry is held against its stamp at its next use; above the limit everything is forgotten. */
#ifndef FACES_DNS_CACHE_H
#define FACES_DNS_CACHE_H

#include "faces/dns/query.h"
#include "faces/dns/render.h"
#include "faces/dns/stamp.h"

struct dns_cache;

enum {
    DNS_CACHE_BYTES = 16 << 20,
    DNS_CACHE_ORDERS = 8,
    DNS_CACHE_USES = 64 /* of one order */
};

struct dns_cache *dns_cache_new(size_t bytes_max);
void dns_cache_free(struct dns_cache *c);
void dns_cache_drop(struct dns_cache *c);
/* The catalog has changed, in some of its things. */
void dns_cache_doubt(struct dns_cache *c);
size_t dns_cache_bytes(const struct dns_cache *c);

/* An answer to the same name and type with as much room that stands in VIEW, lent until the next
 * call; P is NULL if none is kept or the next order is to be rendered. */
struct bytes dns_cache_find(struct dns_cache *c, const struct dns_query *q,
                            const struct dns_room *room, const struct view *view);
/* Keeps a copy of what dns_render made, and of its stamp, from the same view as all that is kept or
 * not in doubt. IS_ONLY: there is no other order. */
void dns_cache_put(struct dns_cache *c, const struct dns_query *q, const struct dns_room *room,
                   struct bytes answer, const struct dns_stamp *stamp, bool is_only);

#endif
