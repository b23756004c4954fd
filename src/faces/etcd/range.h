/* faces/etcd/range.h -- the KV service's Range. */
#ifndef FACES_ETCD_RANGE_H
#define FACES_ETCD_RANGE_H

#include "faces/etcd/long_range.h"

struct range_call {
    struct etcd_call call;
    struct range_query query;
    bool serializable;
    uint64_t begun_ns;
    uint64_t until_ms;  /* it may wait for its turn or for room */
    struct list link;   /* in the face's list while it waits for its turn */
    struct timer timer; /* while it waits for either */
    bool has_turn;
    struct long_range more; /* if it takes more than one turn */
};

void range_message(struct grpc_call *call, struct bytes message);
void range_drained(struct grpc_call *call);
void range_closed(struct grpc_call *call, enum err why);

#endif
