/* faces/dns/answer_node.h -- the inside of answers: names of nodes. */
#ifndef FACES_DNS_ANSWER_NODE_H
#define FACES_DNS_ANSWER_NODE_H

#include "catalog/label.h"
#include "faces/dns/lookup.h"

void lookup_node(struct lookup *l, const struct dns_asked *asked, uint16_t type);
/* The node's metadata as TXT records in SECTION. */
void lookup_put_meta(struct lookup *l, struct dns_records *section, struct bytes owner,
                     const struct labels *metadata, uint32_t ttl, size_t of);

#endif
