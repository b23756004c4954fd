/* Faces know the hub and not the replica: this is the way through. */
#include "hub/snapshot.h"

void hub_snapshot_begin(struct hub *h, struct snapshot_stream *s)
{
    replica_snapshot_stream(hub_replica(h), s);
}

void hub_snapshot_ack(struct snapshot_stream *s, size_t bytes)
{
    snapshot_stream_ack(s, bytes);
}

void hub_snapshot_cancel(struct snapshot_stream *s)
{
    snapshot_stream_cancel(s);
}
