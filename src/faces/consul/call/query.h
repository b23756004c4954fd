/* faces/consul/call/query.h -- reads that may block until what they ask for has changed.
 *
 * The index of what is asked is found first; if it has not passed ?index, the call hangs on what
 * the index depends on and is looked at again when that changes, until ?wait is over: then it is
 * answered with what there is. An index that nobody has given out yet, as a client has after a
 * restore, is answered at once. */
#ifndef FACES_CONSUL_CALL_QUERY_H
#define FACES_CONSUL_CALL_QUERY_H

#include "faces/consul/call/query_wait.h"

/* Keeps QUERY. The route has CONSUL_BLOCKS, or it never waits. */
void consul_query(struct consul_call *c, const struct consul_query *query);

/* For face.c: the wait is over, answer with what there is now. */
void consul_query_answer_now(struct consul_call *c);

#endif
