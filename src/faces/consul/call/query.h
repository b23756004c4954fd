/* faces/consul/call/query.h -- reads that may block until what they ask for has changed.
 *
 * The index of what is asked is found first; if it has not passed ?index, the call hangs on what
 * the index depends on and is looked at again when that changes, until ?wait is over: then it is
 * answered with what there is. An index that nobody has given out yet, as a client has after a
 * restore, is answered at once. */
#ifndef FACES_CONSUL_CALL_QUERY_H
#define FACES_CONSUL_CALL_QUERY_H

#include "faces/consul/call/call.h"

struct consul_long_steps;

struct consul_query {
    /* The index in VIEW. Whatever may move it is named with consul_depends. What it allocates in
     * face->scratch is there for `answer` of the same view. */
    enum err (*index)(struct consul_call *c, const struct view *view, uint64_t *ret);
    /* Answers from VIEW; c->index is set. */
    void (*answer)(struct consul_call *c, const struct view *view);
    bool until_differs; /* the index is no revision: the wait is over when it is another one */
    /* How it goes on if `index` gives ERR_AGAIN (long_query.h); NULL: it does not. */
    const struct consul_long_steps *steps;
};

/* Keeps QUERY. The route has CONSUL_BLOCKS, or it never waits. */
void consul_query(struct consul_call *c, const struct consul_query *query);

/* In `index`: look again when a key of this range changes (written as in hub/wait.h). */
void consul_depends(struct consul_call *c, enum space space, struct bytes key, struct bytes end);
void consul_depends_prefix(struct consul_call *c, enum space space, struct bytes prefix);

/* For face.c: the wait is over, answer with what there is now. */
void consul_query_answer_now(struct consul_call *c);

/* -- for long_query.c ------------------------------------------------------------------------- */

/* True: the wait is over. */
bool consul_query_has_moved(const struct consul_call *c, const struct view *view);
void consul_query_go_on_waiting(struct consul_call *c);
void consul_query_stop_waiting(struct consul_call *c);

#endif
