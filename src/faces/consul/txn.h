/* faces/consul/txn.h -- the operations of a transaction, as they were sent. */
#ifndef FACES_CONSUL_TXN_H
#define FACES_CONSUL_TXN_H

#include "faces/consul/change.h"

enum { TXN_OPS_MAX = 128 };

struct txn_item {
    struct change_op op;
    const char *refused;  /* why it cannot even be tried; NULL: it can */
    struct bytes session; /* of a pair, as it was sent */
    bool writes;
};

struct txn_request {
    struct txn_item *items;
    size_t n;
    bool writes; /* one of them does */
};

/* Reads the body; false: refused and answered. */
bool consul_txn_read(struct consul_call *c, struct txn_request *ret);

#endif
