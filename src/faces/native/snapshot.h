/* faces/native/snapshot.h -- GET /api/v1/cluster/snapshot */
#ifndef FACES_NATIVE_SNAPSHOT_H
#define FACES_NATIVE_SNAPSHOT_H

#include "hub/hub.h"
#include "net/http.h"

/* Answers R with a snapshot, whose pieces arrive by BOX. */
void snapshot_send(struct hub *hub, struct mailbox *box, struct http_request *r);

#endif
