/* faces/dns/stamp.h -- what a kept answer was made of, and whether that still stands.
 *
 * An answer hangs on a few things of the catalog, each with an index that moves when it changes:
 * services, the nodes they are published from, and whole tables. They are listed beside the answer
 * with one number that all their indexes make. */
#ifndef FACES_DNS_STAMP_H
#define FACES_DNS_STAMP_H

#include "base/arena.h"
#include "catalog/last.h"
#include "catalog/read.h"

struct dns_stamp {
    struct bytes things; /* in the arena; empty: it hangs on nothing */
    uint64_t print;      /* of their indexes, in the view that the answer was made from */
    bool is_lost;        /* something could not be read: the answer is not to be kept */
};

/* Each adds a thing. */
void dns_stamp_service(struct dns_stamp *s, const struct view *view, const struct service_id *id,
                       const struct service_rows *rows, struct arena *arena);
void dns_stamp_node(struct dns_stamp *s, const struct view *view, struct bytes ns,
                    struct bytes node, struct arena *arena);
void dns_stamp_table(struct dns_stamp *s, const struct view *view, struct bytes ns,
                     enum registry_table table, struct arena *arena);
/* True if nothing that THINGS lists has changed since they made PRINT. */
bool dns_stamp_holds(struct bytes things, uint64_t print, const struct view *view);

#endif
