/* faces/etcd/range.h -- the KV service's Range. */
#ifndef FACES_ETCD_RANGE_H
#define FACES_ETCD_RANGE_H

#include "faces/etcd/call.h"

struct range_call {
    struct etcd_call call;
    struct range_query query;
    uint64_t begun_ns;
    /* a long answer, from its second piece on */
    struct hub_work work;
    bool working;
    struct buf body;    /* fields 2 to 4 so far */
    struct arena arena; /* of one piece */
    uint64_t revision;  /* pinned */
    uint64_t count;
};

void range_message(struct grpc_call *call, struct bytes message);
void range_closed(struct grpc_call *call, enum err why);

#endif
