/* catalog/key.h -- the keys of the catalog's rows.
 *
 * A key is a letter for the kind of row and parts, each closed by a zero byte but the last, in
 * which anything may stand; no other part can hold a zero. So rows sort by their parts, and what
 * has the first parts in common is one range: from the prefix to the prefix with its closing zero
 * made a one. Parts that are compared without case are folded in the key; the row holds them as
 * they were given.
 *
 *     p namespace group name face owner part     publication
 *     o namespace group name address port cluster   overlay of an address
 *     s namespace group name                     service; beside the spaces: its state
 *     n namespace node                           node
 *     c namespace node instance check            check; instance is empty for one of the node
 *     w face owner namespace group name part     beside the spaces: what an owner has published
 *
 * Face is one byte, port two (big-endian), both without a closing zero. An empty cluster is written
 * as DEFAULT. */
#ifndef CATALOG_KEY_H
#define CATALOG_KEY_H

#include "catalog/identity.h"
#include "store/command.h"

/* Who says that an instance is there. NAME is the connection, the client, the agent's node, or
 * empty where PART says all; PART tells apart what one owner publishes in one service: an instance
 * id, or the whole etcd key. The same address may be published by many owners. */
struct owner { /* lent */
    enum face face;
    struct bytes name, part;
};

/* ERR_INVALID for a name with a zero byte, or no face; ERR_TOO_BIG above NODE_NAME_MAX and
 * OWNER_PART_MAX. */
enum { OWNER_PART_MAX = 32 * 1024 /* an etcd key */ };
MUST_CHECK enum err owner_check(const struct owner *owner);
bool owner_eq(const struct owner *a, const struct owner *b);

struct check_id { /* lent */
    struct bytes ns, node;
    struct bytes instance; /* the part of the owner it belongs to; empty: the node's own */
    struct bytes check;
};

/* Each appends to OUT. */
void publication_key(const struct service_id *service, const struct owner *owner, struct buf *out);
void overlay_key(const struct service_id *service, struct bytes address, uint16_t port,
                 struct bytes cluster, struct buf *out);
void service_key(const struct service_id *service, struct buf *out);
void node_key(struct bytes ns, struct bytes node, struct buf *out);
void check_key(const struct check_id *id, struct buf *out);
void owned_key(const struct service_id *service, const struct owner *owner, struct buf *out);

/* Prefixes, for ranges. */
void publication_prefix(const struct service_id *service, struct buf *out);
void overlay_prefix(const struct service_id *service, struct buf *out);
void service_prefix(struct bytes ns, struct buf *out);
void node_prefix(struct bytes ns, struct buf *out);
/* Checks of a node; with INSTANCE.p not NULL, those of one instance (empty: the node's own). */
void check_prefix(struct bytes ns, struct bytes node, struct bytes instance, struct buf *out);
void owned_prefix(enum face face, struct bytes owner_name, struct buf *out);

/* Appends the end of the range of all keys that begin with PREFIX. */
void prefix_end(struct bytes prefix, struct buf *out);

/* The owner of a publication's key, lent; its name is folded. ERR_MALFORMED. */
MUST_CHECK enum err publication_key_owner(struct bytes key, struct owner *ret);
/* What an overlay is laid over, lent from what follows overlay_prefix in its key; the address is
 * folded. ERR_MALFORMED. */
MUST_CHECK enum err overlay_key_place(struct bytes rest, struct bytes *ret_address,
                                      uint16_t *ret_port, struct bytes *ret_cluster);

#endif
