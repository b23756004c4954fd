/* faces/consul/call/query_wait.h -- what an answer depends on, and whether that has moved.
 *
 * query.h asks; its queries name what they depend on, and those that take several turns
 * (long_query.h) wait by the same rules. */
#ifndef FACES_CONSUL_CALL_QUERY_WAIT_H
#define FACES_CONSUL_CALL_QUERY_WAIT_H

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

/* In `index`: look again when a key of this range changes (written as in hub/wait.h). */
void consul_depends(struct consul_call *c, enum space space, struct bytes key, struct bytes end);
void consul_depends_prefix(struct consul_call *c, enum space space, struct bytes prefix);

/* On all that was named when the same was asked before, as it was written down in face->ranges. */
void consul_depends_again(struct consul_call *c, struct bytes ranges);

/* True: the wait is over. */
bool consul_query_has_moved(const struct consul_call *c, const struct view *view);
void consul_query_go_on_waiting(struct consul_call *c);
void consul_query_stop_waiting(struct consul_call *c);

#endif
