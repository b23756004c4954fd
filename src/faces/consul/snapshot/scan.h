/* faces/consul/snapshot/scan.h -- all that Consul shows, out of a view, item by item: what a
 * snapshot holds. */
#ifndef FACES_CONSUL_SNAPSHOT_SCAN_H
#define FACES_CONSUL_SNAPSHOT_SCAN_H

#include "faces/consul/snapshot/scan_rows.h"

/* What keys in SYSTEM begin with that are Consul's. */
extern const char *const snapshot_prefixes[];
extern const size_t snapshot_prefix_n;

/* EACH for some items of VIEW, always the same; what it is given is lent for the call. *RET_DONE:
 * there are no more. SCRATCH is used and cleared. */
MUST_CHECK enum err snapshot_scan_some(struct snapshot_scan *s, const struct view *view,
                                       const struct consul_self *self, struct arena *scratch,
                                       void (*each)(void *ctx, enum archive_kind kind,
                                                    const struct restore_item *item,
                                                    bool is_member),
                                       void *ctx, bool *ret_done);

#endif
