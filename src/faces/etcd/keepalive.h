/* faces/etcd/keepalive.h -- LeaseKeepAlive streams: a renewal a message, answered in order. */
#ifndef FACES_ETCD_KEEPALIVE_H
#define FACES_ETCD_KEEPALIVE_H

#include "faces/etcd/stream.h"

struct keepalive {
    struct etcd_stream stream;
    const struct granted *granted;
    struct list renewals; /* under way, in order */
    size_t renewal_n;
    bool half_closed;
};

void keepalive_message(struct grpc_call *call, struct bytes message);
void keepalive_half_closed(struct grpc_call *call);
void keepalive_drained(struct grpc_call *call);
void keepalive_closed(struct grpc_call *call, enum err why);

#endif
