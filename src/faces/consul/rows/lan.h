/* faces/consul/rows/lan.h -- addresses of either family of an instance or a node. */
#ifndef FACES_CONSUL_ROWS_LAN_H
#define FACES_CONSUL_ROWS_LAN_H

#include "base/arena.h"
#include "base/bytes.h"

/* What is tagged lan_ipv4 and lan_ipv6 in the EXTRAS of a row of Consul's; empty: nothing. In
 * ARENA. */
void consul_lan_addresses(struct bytes extras, struct arena *arena, struct bytes *ret_v4,
                          struct bytes *ret_v6);

#endif
