/* Streams begin with their first message and end once. */
#include "faces/etcd/stream.h"

void stream_end(struct etcd_stream *s, enum etcd_refusal r)
{
    if (s->ended)
        return;
    struct etcd_status status = etcd_status_of(r);
    s->ended = true;
    list_remove(&s->link);
    grpc_call_finish(s->call, status.code, status.text);
}

bool stream_begin(struct etcd_stream *s, struct grpc_call *call)
{
    s->face = grpc_call_context(call);
    s->call = call;
    arena_init(&s->arena, 0);
    list_append(&s->face->streams, &s->link);
    enum etcd_refusal r = face_admit(s->face, call, true);
    if (r == ETCD_FINE && s->face->draining)
        r = ETCD_STOPPED;
    if (r != ETCD_FINE)
        stream_end(s, r);
    return r == ETCD_FINE;
}

/* gRPC words it otherwise on a stream than in a unary call. */
static enum etcd_refusal on_a_stream(enum etcd_refusal r)
{
    if (r == ETCD_CUT_SHORT)
        return ETCD_STREAM_CUT_SHORT;
    return r == ETCD_UNREADABLE ? ETCD_STREAM_UNREADABLE : r;
}

void *stream_decode(struct etcd_stream *s, const ProtobufCMessageDescriptor *descriptor,
                    struct bytes message)
{
    ProtobufCMessage *m;
    arena_clear(&s->arena);
    enum etcd_refusal r = etcd_decode(descriptor, message, &s->arena, &m);
    if (r == ETCD_FINE)
        return m;
    stream_end(s, on_a_stream(r));
    return NULL;
}

void stream_pace(struct etcd_stream *s, bool is_busy)
{
    bool full = is_busy || grpc_call_pending(s->call) > s->face->pending_max;
    if (full == s->paused || s->ended)
        return;
    s->paused = full;
    if (full)
        grpc_call_pause(s->call);
    else
        grpc_call_resume(s->call);
}

void stream_fini(struct etcd_stream *s)
{
    list_remove(&s->link);
    if (s->face != NULL)
        arena_fini(&s->arena);
}
