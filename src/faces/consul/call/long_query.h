/* faces/consul/call/long_query.h -- queries whose answer is too much for one turn.
 *
 * `index` of such a query looks at no more than a turn may take and gives ERR_AGAIN if that is not
 * all. It then begins anew on a view that is held, and goes on turn by turn (hub_long_read): its
 * index first, and unless that says that it has to wait the answer, which is packed as it is
 * written. Rights that end meanwhile end it. */
#ifndef FACES_CONSUL_CALL_LONG_QUERY_H
#define FACES_CONSUL_CALL_LONG_QUERY_H

#include "faces/consul/call/call.h"
#include "wire/json_writer.h"

/* Each step takes a millisecond or so; what it puts into face->scratch is gone after it. */
struct consul_long_steps {
    /* Names what may move the index, with consul_depends. */
    void (*depend)(struct consul_call *c);
    /* From the beginning, if it was ended before. *RET is the index once *RET_DONE. */
    enum err (*index)(struct consul_call *c, const struct view *view, bool *ret_done,
                      uint64_t *ret);
    /* Then: more of the answer into J, whose text is taken away in between. */
    enum err (*write)(struct consul_call *c, const struct view *view, struct json_writer *j,
                      bool *ret_done);
    /* When it is written; false: the answer is 404 without a body. */
    bool (*is_there)(const struct consul_call *c);
    /* Gives up what the steps hold; also if they never began. */
    void (*end)(struct consul_call *c);
};

/* -- for query.c ------------------------------------------------------------------------------ */

/* C waits for nothing but a change. */
void consul_long_begin(struct consul_call *c);
bool consul_long_is_under_way(const struct consul_call *c);
/* A change of what it depends on, while it is under way. */
void consul_long_note_change(struct consul_call *c);

#endif
