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
 *     n namespace node                           node; beside the spaces: its state
 *     c namespace node instance check            check; instance is empty for one of the node
 *     g namespace type name                      config entry
 *     q namespace type name                      prepared query
 *     l namespace type node                      where a node stands in the network; no type
 *     i namespace type service                   the virtual address of a service; no type
 *     x namespace session                        session
 *     v namespace number                         event that a user has fired
 *
 * and beside the spaces
 *
 *     w namespace node face part                 the service of what is published from a node, by
 *                                                the face and part of its owner
 *     i namespace id                             the name of the node that has this id
 *     t namespace                                last revisions of its tables
 *     i namespace                                the last virtual address that was given
 *     a namespace group name address port cluster face owner part
 *                                                who publishes at a place
 *     j key                                      the place that appears under this key of etcd
 *     b namespace node check session             what a session depends on
 *     h session key                              a key that a session may hold; without one: how
 *                                                many there are
 *     d key                                      until when it cannot be locked
 *     e age key                                  the same, by when it ends
 *
 * Face is one byte, port two, age and number eight (all big-endian), a session sixteen, all without
 * a closing zero. An empty cluster is written as DEFAULT. A key of h, d and e is one of Consul's.
 */
#ifndef CATALOG_KEY_H
#define CATALOG_KEY_H

#include "base/uuid.h"
#include "catalog/identity.h"
#include "store/command.h"

/* Who says that an instance is there. NAME is the connection, the client, the agent's node, or
 * empty where PART says all; PART tells apart what one owner publishes in one service: an instance
 * id (compared without case if it is Consul's), or the whole etcd key. The same address may be
 * published by many owners. */
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
void node_id_key(struct bytes ns, struct bytes id, struct buf *out);
void check_key(const struct check_id *id, struct buf *out);
void from_node_key(struct bytes ns, const struct owner *owner, struct buf *out);
void tables_key(struct bytes ns, struct buf *out);
void at_place_key(const struct service_id *service, struct bytes address, uint16_t port,
                  struct bytes cluster, const struct owner *owner, struct buf *out);
void appears_key(struct bytes key, struct buf *out);

enum object_kind { /* stored in commands */
                   OBJECT_CONFIG,
                   OBJECT_QUERY,
                   OBJECT_COORDINATE, /* coordinate.h */
                   OBJECT_VIRTUAL,    /* virtual.h */
                   OBJECT_KINDS
};
enum { OBJECT_NAME_MAX = 1024 };
/* TYPE may not hold a zero byte. */
void object_key(enum object_kind kind, struct bytes ns, struct bytes type, struct bytes name,
                struct buf *out);
void session_key(struct bytes ns, const struct uuid *session, struct buf *out);
/* CHECK is empty: it depends on the node. */
void bound_key(struct bytes ns, struct bytes node, struct bytes check, const struct uuid *session,
               struct buf *out);
void held_key(const struct uuid *session, struct bytes key, struct buf *out);
void lock_delay_key(struct bytes key, struct buf *out);
void lock_delay_end_key(uint64_t until_ms, struct bytes key, struct buf *out);
void user_event_key(struct bytes ns, uint64_t number, struct buf *out);

void virtual_last_key(struct bytes ns, struct buf *out);

/* Prefixes, for ranges. */
void publication_prefix(const struct service_id *service, struct buf *out);
/* Publications of all services of a namespace. */
void publications_prefix(struct bytes ns, struct buf *out);
void overlay_prefix(const struct service_id *service, struct buf *out);
void service_prefix(struct bytes ns, struct buf *out);
void node_prefix(struct bytes ns, struct buf *out);
/* Checks of a node; with INSTANCE.p not NULL, those of one instance (empty: the node's own). */
void check_prefix(struct bytes ns, struct bytes node, struct bytes instance, struct buf *out);
/* Checks of a namespace. */
void checks_prefix(struct bytes ns, struct buf *out);
void at_place_prefix(const struct service_id *service, struct bytes address, uint16_t port,
                     struct bytes cluster, struct buf *out);
void from_node_prefix(struct bytes ns, struct bytes node, struct buf *out);
void object_prefix(enum object_kind kind, struct bytes ns, struct buf *out);
void session_prefix(struct bytes ns, struct buf *out);
void bound_prefix(struct bytes ns, struct bytes node, struct bytes check, struct buf *out);
void held_prefix(const struct uuid *session, struct buf *out);
void user_event_prefix(struct bytes ns, struct buf *out);

/* Appends the end of the range of all keys that begin with PREFIX, whatever that is (store's
 * range_query.h: a zero byte if nothing ends it). */
void prefix_end(struct bytes prefix, struct buf *out);

#endif
