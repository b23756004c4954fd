/* faces/etcd/stream.h -- what watch and keepalive streams have in common: how they begin and end.
 */
#ifndef FACES_ETCD_STREAM_H
#define FACES_ETCD_STREAM_H

#include "faces/etcd/core.h"

struct etcd_stream {
    struct list link;       /* in face->streams while it is open */
    struct etcd_face *face; /* NULL before its first message */
    struct grpc_call *call;
    struct arena arena; /* of one message: the call's own lives as long as the stream */
    bool ended;         /* nothing more is to be sent */
    bool paused;        /* its client is not read */
};

/* At the first message; false: refused and finished. */
bool stream_begin(struct etcd_stream *s, struct grpc_call *call);
/* The request in the stream's arena, or NULL: refused and ended. */
void *stream_decode(struct etcd_stream *s, const ProtobufCMessageDescriptor *descriptor,
                    struct bytes message);
/* Its client is not read while IS_BUSY, nor while too much that it was sent waits to be read. */
void stream_pace(struct etcd_stream *s, bool is_busy);
/* Ends it with etcd's words; ETCD_FINE: well. */
void stream_end(struct etcd_stream *s, enum etcd_refusal r);
/* Its memory, when the call is closed. */
void stream_fini(struct etcd_stream *s);

#endif
