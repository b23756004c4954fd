/* faces/consul/kv/txn.h -- the operations of a transaction, as they were sent. */
#ifndef FACES_CONSUL_KV_TXN_H
#define FACES_CONSUL_KV_TXN_H

#include "faces/consul/registry/catalog_body.h"
#include "faces/consul/registry/change.h"
#include "faces/consul/rows/rows.h"
#include "wire/json_writer.h"

enum { TXN_OPS_MAX = 128 };

enum txn_what { TXN_KV, TXN_NODE, TXN_SERVICE, TXN_CHECK };

struct txn_item {
    enum txn_what what;
    const char *refused; /* why it cannot even be tried; NULL: it can */
    bool writes;
    bool has_op;   /* else there is nothing to do */
    bool has_more; /* MORE follows behind all: what goes with it, and nothing is said of */
    struct change_op op, more;
    struct bytes session; /* of a pair, as it was sent */
    /* of what is registered */
    struct op_when when;
    struct bytes node, id; /* of the node; of the service or check on it */
    struct consul_node_row node_row;
    struct consul_service_row *service;
    struct consul_check_row *check;
    struct bytes shown; /* of a pair: what was written of it, objects with commas between */
};

struct txn_request {
    struct txn_item *items;
    size_t n;
    bool writes;       /* one of them does */
    bool has_registry; /* one of them is about what is registered */
};

/* Reads the body; false: refused and answered. */
bool consul_txn_read(struct consul_call *c, struct txn_request *ret);

/* -- txn_registry.c: nodes, services and checks -------------------------------------------------
 */

/* Each reads the object of an operation into RET; its refusal may be set. ERR_MALFORMED, with a
 * sentence. */
MUST_CHECK enum err consul_txn_take_node(struct consul_call *c, const struct json_node *node,
                                         struct txn_item *ret, struct why *why);
MUST_CHECK enum err consul_txn_take_service(struct consul_call *c, const struct json_node *node,
                                            struct txn_item *ret, struct why *why);
MUST_CHECK enum err consul_txn_take_check(struct consul_call *c, const struct json_node *node,
                                          struct txn_item *ret, struct why *why);

/* Makes the operation, or sets why not. Fails only if the store does. */
MUST_CHECK enum err consul_txn_make(struct consul_call *c, const struct consul_rows *rows,
                                    struct txn_item *item);
/* Why it was refused. */
const char *consul_txn_refusal(struct consul_call *c, const struct txn_item *item,
                               const struct change_result *result);
/* Writes what stands there into J, if the caller may see it; nothing after a removal.
 * ERR_NOT_FOUND. */
MUST_CHECK enum err consul_txn_show(struct consul_call *c, const struct consul_rows *rows,
                                    const struct txn_item *item, struct json_writer *j);

#endif
