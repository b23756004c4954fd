/* faces/etcd/txn.h -- the KV service's Txn. */
#ifndef FACES_ETCD_TXN_H
#define FACES_ETCD_TXN_H

#include "faces/etcd/long_read.h"
#include "store/txn_read.h"

struct etcd_txn_call {
    struct etcd_call call;
    struct txn *txn;
    struct long_read long_read; /* of a read-only one */
    struct txn_read *reading;   /* in the call's arena */
    uint64_t begun_ns;
};

void etcd_handle_txn(struct grpc_call *call, struct bytes message);

#endif
