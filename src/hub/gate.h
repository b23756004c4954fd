/* hub/gate.h -- nothing is read or proposed without having been checked.
 *
 * A handler takes its caller and an operation to access_check and gets a `struct granted`, which
 * only that function makes; hub_read, hub_submit and watch_open want it. Until users exist the
 * server runs in open mode: everyone is granted everything, and the origin still says who came from
 * where. */
#ifndef HUB_GATE_H
#define HUB_GATE_H

#include "access/rule.h"
#include "base/arena.h"
#include "store/command.h"
#include "store/space.h"

struct caller { /* who asks, as the face learned it; lends */
    enum face face;
    const char *peer;        /* "127.0.0.1:4711" */
    const char *client_name; /* certificate's common name or NULL */
    struct bytes token;      /* whatever credential the protocol carries */
    struct bytes why;        /* reason given, or empty */
};

struct operation {
    enum access_verb verb;
    enum space space;
    struct bytes key, end; /* the range it touches */
};

struct granted; /* a caller who may do what was asked; lives in the arena it was made in */

/* ERR_DENIED, ERR_UNAUTHENTICATED. OPERATIONS are all that the request does, nested ones included.
 */
MUST_CHECK enum err access_check(const struct caller *caller, const struct operation *operations,
                                 size_t n, struct arena *arena, const struct granted **ret);
/* The server's own chores. */
const struct granted *granted_self(void);
const struct origin *granted_origin(const struct granted *g);
uint64_t granted_policy_mark(const struct granted *g);

#endif
