/* catalog/registration.h -- what a value that somebody puts into etcd says of an instance.
 *
 * The forms in use: `addr:port`; Go's naming.Update {"Op","Addr","Metadata"}; an object with
 * address (or addr, host, ip), port, metadata (or meta) and weight; or anything, if the key itself
 * ends with addr:port. */
#ifndef CATALOG_REGISTRATION_H
#define CATALOG_REGISTRATION_H

#include "catalog/label.h"

struct registration {
    struct bytes address; /* lent, or in the arena */
    uint16_t port;        /* never 0 */
    uint32_t weight;      /* hundredths */
    struct labels metadata;
};

/* ID is what stands in the key. ERR_MALFORMED if it registers nothing. */
MUST_CHECK enum err registration_read(struct bytes id, struct bytes value, struct arena *arena,
                                      struct registration *ret);

/* `addr:port`, `[addr]:port`: the whole of TEXT; false otherwise. */
bool address_split(struct bytes text, struct bytes *ret_address, uint16_t *ret_port);
/* The inverse; ERR_INVALID, and nothing written, for an address that would not come back. */
MUST_CHECK enum err address_join(struct bytes address, uint16_t port, struct buf *out);

#endif
