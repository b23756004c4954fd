/* net/grpc_call_core.h -- a call's inside, for the files that end and that answer it. */
#ifndef NET_GRPC_CALL_CORE_H
#define NET_GRPC_CALL_CORE_H

#include "base/metric.h"
#include "net/grpc.h"
#include "net/grpc_head.h"
#include "net/http2_stream.h"

/* See grpc_call.c. */
enum grpc_call_state { GRPC_CALL_RUNNING, GRPC_CALL_FINISHED, GRPC_CALL_OVER };

struct grpc_call {
    struct http2_stream *stream;
    const struct grpc_route *route; /* NULL: none was found */
    enum grpc_call_state state;
    bool has_message; /* a kind with one request message has got it */
    struct grpc_head head;
    void *user_state;
    size_t begin_at; /* where the message that is being written begins */
    size_t owed;     /* bytes that a long message still lacks */
    struct timer deadline;
    uint64_t deadline_ms;
};

static inline void grpc_call_count(struct metric *metric)
{
    if (metric != NULL)
        metric_add(metric, 1);
}

#endif
