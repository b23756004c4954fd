/* faces/etcd/lease_list.h -- LeaseTimeToLive and LeaseLeases. */
#ifndef FACES_ETCD_LEASE_LIST_H
#define FACES_ETCD_LEASE_LIST_H

#include "faces/etcd/long_read.h"

struct ttl_call {
    struct etcd_call call;
    struct long_read long_read;
    int64_t id;
    bool wants_keys, gone;
    uint64_t ttl_ms, remaining_ms;
    struct buf keys; /* fields 5 as far as they are listed */
    struct buf next; /* the key to go on from */
};

void ttl_message(struct grpc_call *call, struct bytes message);

struct leases_call {
    struct etcd_call call;
    struct long_read long_read;
    struct buf leases; /* fields 2 as far as they are listed */
    int64_t next;      /* the id to go on from */
};

void leases_message(struct grpc_call *call, struct bytes message);

#endif
