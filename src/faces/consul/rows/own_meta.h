/* faces/consul/rows/own_meta.h -- the metadata of Muster's own node. */
#ifndef FACES_CONSUL_ROWS_OWN_META_H
#define FACES_CONSUL_ROWS_OWN_META_H

#include "catalog/label.h"
#include "faces/consul/call/options.h"

/* META, ascending by name, among what Consul says of each of its agents. In ARENA; texts are lent.
 */
struct labels consul_own_meta(const struct consul_meta *meta, size_t n, struct arena *arena);

#endif
