/* faces/etcd/txn.h -- the KV service's Txn. */
#ifndef FACES_ETCD_TXN_H
#define FACES_ETCD_TXN_H

#include "faces/etcd/call.h"

struct etcd_txn_call {
    struct etcd_call call;
    struct txn *txn; /* of a read-only one */
    uint64_t begun_ns;
};

void etcd_handle_txn(struct grpc_call *call, struct bytes message);

#endif
