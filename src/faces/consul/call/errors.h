/* faces/consul/call/errors.h -- refusals: the one table from what went wrong to a status and a
 * text.
 *
 * Clients search these texts. What transient trouble is called must be 500: Go's locks retry on
 * nothing else. */
#ifndef FACES_CONSUL_CALL_ERRORS_H
#define FACES_CONSUL_CALL_ERRORS_H

#include "base/err.h"

/* clang-format off */
#define CONSUL_REFUSALS(X)                                                                          \
    X(CONSUL_DENIED,            403, "Permission denied")                                          \
    X(CONSUL_ACL_NOT_FOUND,     403, "ACL not found")                                              \
    X(CONSUL_ACL_DISABLED,      401, "ACL support disabled")                                       \
    X(CONSUL_NO_LEADER,         500, "No cluster leader")                                          \
    X(CONSUL_NO_PATH,           500, "No path to datacenter")                                      \
    X(CONSUL_OUTCOME_UNKNOWN,   500, "rpc error making call: leadership lost while committing log") \
    X(CONSUL_STOPPING,          500, "Not ready to serve consistent reads")                        \
    X(CONSUL_OVERLOADED,        429, "rate limit exceeded, try again later or against a different server") \
    X(CONSUL_NO_SPACE,          500, "rpc error making call: no space left on device")             \
    X(CONSUL_TOO_BIG,           413, "Request body too large")                                     \
    X(CONSUL_TIMED_OUT,         500, "rpc error making call: deadline passed")                     \
    X(CONSUL_DAMAGED,           500, "rpc error making call: stored data is damaged")              \
    X(CONSUL_INTERNAL,          500, "rpc error making call: internal error")                      \
    X(CONSUL_BAD_INDEX,         400, "Invalid index")                                              \
    X(CONSUL_BAD_WAIT,          400, "Invalid wait time")                                          \
    X(CONSUL_BAD_LEVELS,        400, "Cannot specify ?stale with ?consistent, conflicting semantics.") \
    X(CONSUL_BAD_CACHED,        400, "Cannot specify ?cached with ?consistent, conflicting semantics.") \
    X(CONSUL_BAD_CACHE_CONTROL, 400, "Invalid Cache-Control header.")                              \
    X(CONSUL_NOT_API,           404, "Invalid URL path: not a recognized HTTP API endpoint\n")     \
    X(CONSUL_NOT_V1,            404, "Invalid URL path: if attempting to use the HTTP API, ensure the path starts with '/v1/'\n")
/* clang-format on */

enum consul_refusal {
#define X(name, status, text) name,
    CONSUL_REFUSALS(X)
#undef X
};

struct consul_status {
    int status;
    const char *text;
};

struct consul_status consul_status_of(enum consul_refusal r);
/* What an error of the kernel is for a client. E is not OK. */
enum consul_refusal consul_refusal_of(enum err e);

#endif
