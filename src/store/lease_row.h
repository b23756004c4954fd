/* store/lease_row.h -- leases in their table, inside of the store. */
#ifndef STORE_LEASE_ROW_H
#define STORE_LEASE_ROW_H

#include "store/tables.h"

struct lease;

/* ERR_LEASE_NOT_FOUND. */
MUST_CHECK enum err lease_row_get(const struct view *v, int64_t id, struct lease *ret);
MUST_CHECK enum err lease_row_put(const struct view *v, const struct lease *lease);
MUST_CHECK enum err lease_row_remove(const struct view *v, int64_t id);
/* Adds or takes away KEY and counts it; a lease that is gone is not an error when taking away. */
MUST_CHECK enum err lease_attach(const struct view *v, int64_t id, enum space space,
                                 struct bytes key, uint32_t *next_layer);
MUST_CHECK enum err lease_detach(const struct view *v, int64_t id, enum space space,
                                 struct bytes key);
/* The first key of the lease in order of space and key, in ARENA; ERR_NOT_FOUND if it has none. */
MUST_CHECK enum err lease_first_key(const struct view *v, int64_t id, struct arena *arena,
                                    enum space *ret_space, struct bytes *ret_key);

#endif
