/* faces/etcd/hash.h -- Hash and HashKV. */
#ifndef FACES_ETCD_HASH_H
#define FACES_ETCD_HASH_H

#include "faces/etcd/long_read.h"
#include "store/hash.h"

struct hash_call {
    struct etcd_call call;
    struct long_read long_read;
    bool of_keys;      /* HashKV */
    uint64_t revision; /* of it; 0 = the newest */
    uint64_t began_ns;
    struct hash_job *job;
    uint64_t hash; /* when it is done */
};

void hash_message(struct grpc_call *call, struct bytes message);
void hash_kv_message(struct grpc_call *call, struct bytes message);

#endif
