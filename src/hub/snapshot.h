/* hub/snapshot.h -- a snapshot of the present state for a face, streamed.
 *
 * struct snapshot_stream (replica/replica.h, which hub.h brings) is embedded by who asks; its mail
 * arrives on the asker's thread. */
#ifndef HUB_SNAPSHOT_H
#define HUB_SNAPSHOT_H

#include "hub/hub.h"

void hub_snapshot_begin(struct hub *h, struct snapshot_stream *s);
/* BYTES have left for the reader: that many more may come. */
void hub_snapshot_ack(struct snapshot_stream *s, size_t bytes);
/* No more pieces; `end` still comes. */
void hub_snapshot_cancel(struct snapshot_stream *s);

#endif
